"""The same model with fewer random effects: terms that vary within one group, taken together.

(1 | item), (1 | item:role), (1 | item:profile) and (1 | item:role:profile) give an item 1 + 2 + 4 + 8 effects, yet these
only ever show in eight sums, one per combination of role and profile. The sums of an item have the covariance

    Sigma = Σ_k theta_k² B_k,

where B_k tells which combinations share a level of term k. In a complete table of combinations the B_k commute, so that
one rotation Q serves all theta: Sigma = Q diag(λ) Q', λ = Σ_k theta_k² e_k, and Q diag(√λ) is a factor of it. Columns of
Z are then the combinations, eight in the place of fifteen, and the likelihood is that of the terms to the last digit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from standfast.analysis.mixed.likelihood.terms import Floats, Ints, Term, pack, unpack

# Combinations that are taken together at most, and the share of a B_k that counts as rounding.
_MOST, _ROUNDING = 64, 1e-9


class Family(NamedTuple):
    """Terms that are taken together.

    Attributes:
        members: Their places among the terms.
        rotation: Q, shape (m, m).
        shares: e_k of each member, shape (members, m).
    """

    members: tuple[int, ...]
    rotation: Floats
    shares: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Terms, and what they became.

    Attributes:
        terms: As the user gave them; theta is theirs.
        merged: One for each family, then those that stayed alone.
        families: Shape of the first of `merged`.
        alone: Places among the terms of those that stayed alone.
    """

    terms: tuple[Term, ...]
    merged: tuple[Term, ...]
    families: tuple[Family, ...]
    alone: tuple[int, ...]

    def factors(self, theta: Floats) -> list[Floats]:
        """Return L of each merged term at the terms' theta, each of shape (s, s)."""
        L = unpack(self.terms, theta)
        sizes = [np.array([L[k][0, 0] for k in family.members]) for family in self.families]
        joined = [
            family.rotation * np.sqrt(size**2 @ family.shares)
            for family, size in zip(self.families, sizes, strict=True)
        ]
        return [*joined, *(L[k] for k in self.alone)]

    def gradient(self, theta: Floats, slopes: Sequence[Floats]) -> Floats:
        """Return a gradient with respect to theta, shape (k,), from one with respect to each merged L."""
        L = unpack(self.terms, theta)
        found: list[Floats] = [np.zeros(0)] * len(self.terms)
        for family, slope in zip(self.families, slopes, strict=False):
            size = np.array([L[k][0, 0] for k in family.members])
            root = np.sqrt(size**2 @ family.shares)
            along = (family.rotation * slope).sum(axis=0)  # with respect to √λ
            each = np.divide(along, root, out=np.zeros_like(root), where=root > 0)
            for k, value in zip(family.members, size * (family.shares @ each), strict=True):
                found[k] = np.array([[value]])
        for k, slope in zip(self.alone, slopes[len(self.families) :], strict=True):
            found[k] = slope
        return pack(self.terms, found)


class Candidate(NamedTuple):
    """Terms that vary within the groups of one of them, by what a design cell tells.

    Attributes:
        base: Place of the term whose groups they vary in.
        members: Places of the terms, the base among them.
        labels: Of each member, the level of each design cell within a group, each of shape (C,).
        finest: Place among the members of the one that tells all cells apart that any of them does.
    """

    base: int
    members: tuple[int, ...]
    labels: tuple[Ints, ...]
    finest: int


def merge(terms: Sequence[Term], candidates: Sequence[Candidate]) -> Merged | None:
    """Take terms together where that leaves fewer columns; `None` where it leaves none fewer.

    Args:
        terms: All terms.
        candidates: What may be taken together; of those that share a term the one that saves most is taken.
    """
    worth = sorted(candidates, key=lambda one: -_saved(terms, one))
    families: list[Family] = []
    merged: list[Term] = []
    taken: set[int] = set()
    for one in worth:
        if _saved(terms, one) <= 0 or taken & set(one.members):
            continue
        family = _family(one)
        if family is not None:
            families.append(family)
            merged.append(_joined(terms[one.base], one.labels[one.finest]))
            taken |= set(one.members)
    if not families:
        return None
    alone = tuple(k for k in range(len(terms)) if k not in taken)
    return Merged(
        terms=tuple(terms), merged=(*merged, *(terms[k] for k in alone)), families=tuple(families), alone=alone
    )


def _saved(terms: Sequence[Term], one: Candidate) -> float:
    """Return by how many columns a group gets smaller, on average."""
    m = int(one.labels[one.finest].max()) + 1
    return sum(terms[k].q for k in one.members) / terms[one.base].q - m if m <= _MOST else 0.0


def _family(one: Candidate) -> Family | None:
    """Return the rotation that serves all members, `None` where there is none."""
    _, first = np.unique(one.labels[one.finest], return_index=True)
    shared = [(label[first][:, None] == label[first][None, :]).astype(np.float64) for label in one.labels]
    _, rotation = np.linalg.eigh(sum(np.sqrt(k + 2.0) * B for k, B in enumerate(shared)))
    turned = [rotation.T @ B @ rotation for B in shared]
    if any(np.abs(B - np.diag(np.diag(B))).max() > _ROUNDING * len(B) for B in turned):
        return None
    shares = np.array([np.diag(B) for B in turned])
    return Family(one.members, rotation, np.where(shares > _ROUNDING * len(first), shares, 0.0))


def _joined(base: Term, label: Ints) -> Term:
    """Return the term that has an effect for each label."""
    m = int(label.max()) + 1
    return Term(
        name=base.name,
        group=base.group,
        levels=base.levels,
        columns=tuple(map(str, range(m))),
        correlated=True,
        codes=base.codes,
        table=np.eye(m)[label],
    )
