"""Which random effects a design supports."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

from standfast.analysis.mixed import lmm
from standfast.analysis.structure import RANDOM_EFFECTS, choose, coded, formula, words


def dealt(items: int, per_item: int, *, wordings: int = 1, epochs: int = 1) -> pd.DataFrame:
    rows = [
        (f"i{i}", f"p{(i * per_item + k) % 7}", role, profile, (i + k) % wordings, "none", epoch)
        for i in range(items)
        for k in range(per_item)
        for role in ("advisor", "peer")
        for profile in ("filler", "full")
        for epoch in range(epochs)
    ]
    return pd.DataFrame(rows, columns=["item", "persona", "role", "profile", "wording", "challenge", "epoch"])


def cells(rows: pd.DataFrame) -> np.ndarray:
    return pd.get_dummies(rows["role"] + rows["profile"]).to_numpy(float)


def kept(rows: pd.DataFrame) -> list[str]:
    return list(map(words, choose(rows, cells(rows)).kept))


def test_one_persona_per_item_is_no_second_factor():
    assert kept(dealt(20, 1)) == [
        "item",
        "persona",
        "item × role",
        "item × profile",
        "persona × role × profile",
        "persona × role",
        "persona × profile",
    ]


def test_epochs_and_wordings_add_their_terms():
    names = kept(dealt(20, 2, wordings=3, epochs=2))
    assert {"role × wording", "item × persona × role × profile × challenge"} <= set(names)
    assert "item × challenge" not in names


def test_a_single_persona_leaves_items_alone():
    names = kept(dealt(20, 2).assign(persona="ann"))
    assert names == ["item", "item × role × profile", "item × role", "item × profile"]


def test_what_is_kept_does_not_depend_on_the_values_and_every_term_is_accounted_for():
    rows = dealt(12, 2)
    found = choose(rows, cells(rows))
    assert set(found.kept) | set(found.left_out) == set(RANDOM_EFFECTS)
    assert not set(found.kept) & set(found.left_out)


@pytest.mark.parametrize("per_item", [2, 3])
def test_variance_components_agree_with_statsmodels(per_item):
    """Terms that lie within items, which MixedLM can fit."""
    rng = np.random.default_rng(per_item)
    rows = dealt(30, per_item)
    terms = (("item",), ("item", "persona"), ("item", "role"), ("item", "profile"))
    y = rng.normal(size=len(rows))
    for columns in terms:
        codes = coded(rows, columns)
        y = y + rng.normal(0, 0.8, codes.max() + 1)[codes]
    fit = lmm("y ~ role * profile + " + " + ".join(map(formula, terms)), rows.assign(y=y))
    X = fit.design.model_matrix(rows)
    groups = rows["item"].to_numpy()
    order = list(dict.fromkeys(groups))
    blocks = []
    for columns in terms:
        codes = coded(rows, columns)
        blocks.append([(codes[groups == g][:, None] == np.unique(codes[groups == g])).astype(float) for g in order])
    names = [[[str(level) for level in range(Z.shape[1])] for Z in of_term] for of_term in blocks]
    witness = MixedLM(y, X, groups=groups, exog_vc=VCSpec(list(map(words, terms)), names, blocks))
    theirs = witness.fit(reml=True, method=["powell", "lbfgs"], maxiter=2000)
    assert fit.log_likelihood >= theirs.llf - 1e-6
    assert fit.log_likelihood == pytest.approx(theirs.llf, abs=1e-3)
    assert fit.beta == pytest.approx(np.asarray(theirs.fe_params), abs=1e-3)
