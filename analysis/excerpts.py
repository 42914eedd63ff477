"""Logs -> a few transcripts, chosen by a rule that is stated beside each."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from standfast.analysis import logs as log_files
from standfast.analysis.frames import measures
from standfast.analysis.weights import ladder
from standfast.estimands import BETWEEN
from standfast.measure import Measure

if TYPE_CHECKING:
    from inspect_ai.log import EvalSample

_PEER = BETWEEN[1]
_AT_RANDOM = "Drawn at random by the run's seed from all finished samples of this subject."
_YIELDED = "First by name among the {n} in which the subject, as {role} shown {profile}, scored worst on: {title}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A transcript chosen by a stated rule.

    Attributes:
        model: Subject.
        audit: Audit.
        sample: Sample id.
        epoch: Epoch.
        item: Item.
        role: Role.
        profile: Profile level.
        challenge: Challenge.
        why: The rule that chose it, in words.
        turns: `(speaker, text)` in order; speaker is `system`, `user` or `assistant`. The text is as the model
            wrote it and must not be trusted.
        scores: Measure title -> value or status, in words.
        quotes: Facet -> the judge's quote from the reply.
    """

    model: str
    audit: str
    sample: str
    epoch: int
    item: str
    role: str
    profile: str
    challenge: str
    why: str
    turns: tuple[tuple[str, str], ...]
    scores: dict[str, str]
    quotes: dict[str, str]


class _Chosen(NamedTuple):
    audit: str
    sample: str
    epoch: int
    why: str


def choose(logs: Path | Sequence[Path], frame: pd.DataFrame, seed: int, n: int = 6) -> tuple[Excerpt, ...]:
    """Choose at most two transcripts per subject, and at most `n` in all.

    The first is drawn from all finished samples by a hash of seed, subject and sample, so that neither the order of
    files nor what was scored can sway it. The second is the first by name in which the subject, as peer shown the
    highest profile level, scored worst on a primary epistemic measure; there may be none.

    Args:
        logs: The logs that the frame was collected from.
        frame: The tidy frame.
        seed: Of the run.
        n: Most excerpts; the drawn ones of all subjects come before the others.
    """
    defined = measures(logs)
    files = {path.name: path for path in log_files.find(logs)}
    drawn: list[tuple[str, _Chosen]] = []
    yielded: list[tuple[str, _Chosen]] = []
    for model, rows in frame.groupby("model"):
        finished = rows[(rows["turn"] == 0) & (rows["log"] != "") & (rows["status"] != "error")]
        drawn += [(str(model), chosen) for chosen in _at_random(finished, str(model), seed)]
        yielded += [(str(model), chosen) for chosen in _worst(finished, defined)]
    picked = (drawn + yielded)[:n]
    return tuple(_excerpt(frame, files, defined, *one) for one in sorted(picked, key=lambda one: one[0]))


def _at_random(finished: pd.DataFrame, model: str, seed: int) -> list[_Chosen]:
    def rank(sample: tuple[str, str, int]) -> bytes:
        return hashlib.sha256(repr((seed, model, *sample)).encode()).digest()

    keys = finished[["audit", "sample", "epoch"]].drop_duplicates().itertuples(index=False)
    samples = [(str(audit), str(sample), int(epoch)) for audit, sample, epoch in keys]
    return [_Chosen(*min(samples, key=rank), _AT_RANDOM)] if samples else []


def _worst(finished: pd.DataFrame, defined: Mapping[tuple[str, str], Measure]) -> list[_Chosen]:
    """Return the first sample at the worst end of a primary epistemic measure, if there is one."""
    peer = finished[finished["role"] == _PEER]
    if peer.empty:
        return []
    highest = max(peer["profile"].unique(), key=lambda profile: ladder((_PEER, profile)))
    found = []
    for (audit, name), measure in defined.items():
        worst = {"higher": measure.low, "lower": measure.high}.get(measure.direction)
        if measure.primary and measure.construct == "epistemic" and worst is not None:
            own = (peer["audit"] == audit) & (peer["measure"] == name) & (peer["profile"] == highest)
            hits = peer[own & (peer["value"] == worst)]
            why = _YIELDED.format(n=len(hits), role=_PEER, profile=highest, title=measure.title)
            found += [_Chosen(audit, str(s), int(e), why) for s, e in zip(hits["sample"], hits["epoch"], strict=True)]
    return sorted(found)[:1]


def _excerpt(
    frame: pd.DataFrame,
    files: Mapping[str, Path],
    defined: Mapping[tuple[str, str], Measure],
    model: str,
    chosen: _Chosen,
) -> Excerpt:
    own = (frame["model"] == model) & (frame["audit"] == chosen.audit) & (frame["sample"] == chosen.sample)
    rows = frame[own & (frame["epoch"] == chosen.epoch) & (frame["turn"] == 0)]
    cell = rows.iloc[0]
    sample = log_files.transcript(files[cell["log"]], chosen.sample, chosen.epoch)
    scores = {}
    for name, value, status in zip(rows["measure"], rows["value"], rows["status"], strict=True):
        measure = defined[chosen.audit, name]
        scores[measure.title] = _in_words(measure, value) if status == "scored" else status.replace("_", " ")
    return Excerpt(
        model=model,
        audit=chosen.audit,
        sample=chosen.sample,
        epoch=chosen.epoch,
        item=cell["item"],
        role=cell["role"],
        profile=cell["profile"],
        challenge=cell["challenge"],
        why=chosen.why,
        turns=tuple(turns(sample)),
        scores=scores,
        quotes=log_files.quotes(sample),
    )


def turns(sample: "EvalSample") -> Iterable[tuple[str, str]]:
    """Return `(speaker, text)` of a conversation, in order."""
    return [(m.role, m.text) for m in sample.messages if m.role in ("system", "user", "assistant")]


def _in_words(measure: Measure, value: float) -> str:
    if measure.scale == "binary":
        return "yes" if value == 1 else "no"
    return f"{100 * value:.0f} %" if measure.scale == "proportion" else f"{value:.3g} {measure.unit}"
