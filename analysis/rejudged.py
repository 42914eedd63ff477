"""A finding as another judge would have it, from the replies that both of them read.

Another judge mostly reads a part of the replies, the overlap. Its own finding on those alone would be a small run's,
and differ for want of replies and not of opinion. So the first judge's finding is corrected by how far the other one
differs on the overlap, as people's labels correct it. Where the other judge read everything, its values take the place
of the first one's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from standfast.analysis.bias import Labelled
from standfast.analysis.correction import corrected
from standfast.analysis.findings import Finding
from standfast.analysis.intervals import two_sided_p
from standfast.measure import Measure

_UNIT = ["model", "audit", "sample", "epoch", "measure"]


class Reader(NamedTuple):
    """Another judge, and what it made of samples.

    Attributes:
        judge: Its name.
        instead: Who read everything, in words.
        values: One row per sample and measure that both read: the unit, `first` and `other`.
    """

    judge: str
    instead: str
    values: pd.DataFrame


def readers(readings: pd.DataFrame) -> Iterator[Reader]:
    """Yield the judges that read part of the samples or all, beside the first.

    Args:
        readings: As from `panel.read`.
    """
    whole = readings[(readings["turn"] == 0) & readings["value"].notna()]
    first = whole[whole["kind"] == "primary"]
    own = first.set_index(_UNIT)["value"]
    for judge, rows in whole[whole["kind"] == "second"].groupby("judge"):
        other = rows.drop_duplicates(_UNIT).set_index(_UNIT)["value"]
        both = pd.DataFrame({"first": own.reindex(other.index), "other": other}).dropna().reset_index()
        instead = ", ".join(name for name in sorted(first["judge"].unique()) if name != judge)
        if instead and len(both):
            yield Reader(str(judge), instead, both)


def complete(rows: pd.DataFrame, reader: Reader) -> pd.DataFrame | None:
    """Return rows with the other judge's values, or `None` where it did not read all that was scored.

    Args:
        rows: Of one subject, audit and measure, with every status.
        reader: The other judge.
    """
    other = reader.values.set_index(_UNIT)["other"]
    place = pd.MultiIndex.from_frame(rows[_UNIT])
    found = other.reindex(place).to_numpy(float)
    scored = (rows["status"] == "scored").to_numpy()
    if pd.isna(found[scored]).any():
        return None
    return rows.assign(value=rows["value"].where(~scored, found))


def shifted(
    finding: Finding, rows: pd.DataFrame, measure: Measure, reader: Reader, clusters: Mapping[str, str]
) -> Finding | None:
    """Return a finding corrected by what another judge read otherwise; `None` where it read too little to tell.

    Args:
        finding: As the first judge has it.
        rows: Those that it was estimated on, with every status.
        measure: The measure.
        reader: The other judge.
        clusters: Item -> pair, for items that tell one situation.
    """
    planned = {
        (str(r), str(p), str(c)) for r, p, c in zip(rows["role"], rows["profile"], rows["challenge"], strict=True)
    }
    units = _units(rows, reader, clusters)
    found = corrected(finding, planned, measure, units)
    if found.status != "ok":
        return None
    below, above = finding.conf_low - finding.bound_low, finding.bound_high - finding.conf_high
    over = f", taken to be the same over {found.pooled}" if found.pooled else ""
    return replace(
        finding,
        estimate=found.estimate,
        std_error=found.std_error,
        df=found.df,
        df_method="Welch and Satterthwaite",
        statistic=found.estimate / found.std_error,
        p_value=two_sided_p(found.estimate / found.std_error, found.df),
        conf_low=found.conf_low,
        conf_high=found.conf_high,
        bound_low=found.conf_low - below,
        bound_high=found.conf_high + above,
        method=f"{finding.method} Corrected by what {reader.judge} read otherwise on {found.n_labels} replies to "
        f"{found.n_items} items{over}.",
        second=None,
        link_estimate=float("nan"),
        link_std_error=float("nan"),
    )


def _units(rows: pd.DataFrame, reader: Reader, clusters: Mapping[str, str]) -> list[Labelled]:
    """Return the replies that both judges read; the overlap is drawn by chance, each reply alike."""
    scored = rows[rows["status"] == "scored"]
    both = scored.merge(reader.values, on=_UNIT)
    return [
        Labelled(
            model=str(row["model"]),
            audit=str(row["audit"]),
            sample=str(row["sample"]),
            epoch=int(row["epoch"]),
            item=clusters.get(str(row["item"]), str(row["item"])),
            role=str(row["role"]),
            profile=str(row["profile"]),
            challenge=str(row["challenge"]),
            probability=1.0,
            human={str(row["measure"]): float(row["other"])},
            judge={str(row["measure"]): float(row["first"])},
        )
        for row in both.to_dict("records")
    ]
