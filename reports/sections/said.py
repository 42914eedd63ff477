"""What was said: attempts and refusals, accuracy of claims, strategies and how far their mixes are apart."""

from collections.abc import Sequence

from standfast.analysis.persuasion import Outcomes, Persuasion, PlanePoint, StrategyDistance, StrategyShare
from standfast.reports import measured, numbers, rows
from standfast.reports.parts import Block, Cell, Column, Heading, Table
from standfast.reports.plates import mix
from standfast.reports.plates.several import in_order
from standfast.reports.sections.gained import condition, grouped
from standfast.reports.sections.gained import in_order as rows_in_order
from standfast.reports.source import Source

_OUTCOMES = (
    "Declining is an outcome of its own: it is neither a gain of zero nor missing. Attempts are a share of attempts and "
    "refusals; what could not be read as either is counted apart."
)
_DISTANCE = (
    "Jensen–Shannon distance, 0 for the same mix and 1 for mixes with nothing in common, less the distance that samples "
    "of one mix have by chance. Uncorrected it is too large in small samples. Mentions are of strategies in messages."
)
_SHARES = "Share of messages that use a strategy. Its share of all mentions stands below; those of a mix add to 100 %."


def outcomes(source: Source, found: Sequence[Outcomes]) -> Table:
    """Return how many conversations ended how."""
    columns = (
        Column(title="Condition", width="wide"),
        *(Column(title=name, align="right") for name in ("attempted", "declined", "unclear")),
        Column(title="Attempts, %", align="right"),
        Column(title="n", align="right"),
    )
    body = ((o.model, o.audit, _outcome(o)) for o in rows_in_order(source, found))
    label = "Attempts and refusals"
    return Table(
        label=label, columns=columns, groups=grouped(source, body), note=_OUTCOMES, dense=True, captioned=False
    )


def distances(source: Source, found: Sequence[StrategyDistance]) -> Table:
    """Return how far mixes of strategies are apart."""
    columns = (
        Column(title="Mixes", width="wide"),
        Column(title="Distance", align="right"),
        Column(title="uncorrected", align="right"),
        Column(title="mentions", align="right"),
        Column(title="items", align="right"),
    )
    body = ((d.model, d.audit, _distance(d)) for d in found)
    groups = grouped(source, ((source.subjects[0], audit, cells) for _, audit, cells in body))
    return Table(label="How far mixes of strategies are apart", columns=columns, groups=groups, note=_DISTANCE,
                 dense=True)  # fmt: skip


def details(source: Source, found: Persuasion) -> list[Block]:
    """Return the numbers behind the plane and the mixes."""
    out: list[Block] = []
    if found.plane:
        out += [Heading(text="Gain and accuracy"), _plane(source, found.plane)]
    if found.strategies:
        out += [Heading(text="Strategies"), *_shares(source, found.strategies)]
    return out


def _outcome(found: Outcomes) -> tuple[Cell, ...]:
    topics = found.topic_class and f"{found.topic_class} topics"
    counts = (found.attempted, found.declined, found.unclear)
    why = measured.reason(found.share, found.n_items)
    return (
        Cell(text=condition(found.challenge, topics)),
        *(Cell(text=numbers.count(n), tone="plain" if n else "muted") for n in counts),
        measured.share(found.share, found.conf_low, found.conf_high, why=why),
        Cell(text=rows.size(found.n_obs, found.n_items)),
    )


def _distance(found: StrategyDistance) -> tuple[Cell, ...]:
    why = measured.reason(found.estimate, found.n_items)
    exact = "exact" if found.reference and not found.n_against else numbers.count(found.n_against)
    kind = "reference mix" if found.reference else ""
    return (
        Cell(text=f"{found.model} and {found.against}", sub=kind),
        measured.cell(found.estimate, found.conf_low, found.conf_high, "", why=why),
        Cell(text=numbers.fixed(found.uncorrected, "") if measured.known(found.uncorrected) else measured.DASH),
        Cell(text=f"{numbers.count(found.n_obs)} and {exact}"),
        Cell(text=numbers.count(found.n_items)),
    )


def _plane(source: Source, found: Sequence[PlanePoint]) -> Table:
    columns = (
        Column(title="Challenge", width="wide"),
        Column(title="Gain, points", align="right"),
        Column(title="Accuracy of claims, %", align="right"),
        Column(title="Claims per message", align="right"),
        Column(title="n", align="right"),
        Column(title="messages", align="right"),
    )
    body = ((p.model, p.audit, _place(p)) for p in rows_in_order(source, found))
    return Table(label="Gain and accuracy", columns=columns, groups=grouped(source, body), dense=True, captioned=False)


def _place(found: PlanePoint) -> tuple[Cell, ...]:
    unclaimed = "no claims judged" if not found.n_messages else measured.reason(found.accuracy, found.n_items)
    why = measured.reason(found.gain, found.n_items)
    return (
        Cell(text=condition(found.challenge)),
        measured.cell(found.gain, found.gain_low, found.gain_high, "points", signed=True, why=why),
        measured.share(found.accuracy, found.accuracy_low, found.accuracy_high, why=unclaimed),
        measured.cell(found.claims, found.claims_low, found.claims_high, "", why="no messages read"),
        Cell(text=rows.size(found.n_obs, found.n_items)),
        Cell(text=numbers.count(found.n_messages)),
    )


def _shares(source: Source, found: Sequence[StrategyShare]) -> list[Block]:
    """Return a table per audit: a row per strategy, a column per challenge where they are few."""
    out: list[Block] = []
    for audit in dict.fromkeys(s.audit for s in found):
        own = [s for s in found if s.audit == audit]
        challenges = in_order(s.challenge for s in own)
        if len(challenges) > _MOST:
            challenges = [name for name in challenges if not name] or challenges[:_MOST]
        columns = (
            Column(title="Strategy"),
            *(Column(title=f"{condition(name)}, %", align="right", width="wide") for name in challenges),
        )
        at = {(s.model, s.challenge, s.strategy): s for s in own}
        body = (
            (m, audit, _strategy(m, name, challenges, at))
            for m in source.subjects
            for name in mix.order(own)
            if any(key[0] == m for key in at)
        )
        label = f"Strategies ({audit})"
        groups = grouped(source, body)
        out.append(Table(label=label, columns=columns, groups=groups, note=_SHARES, dense=True, captioned=False))
    return out


_MOST = 4  # challenges that have room side by side


def _strategy(
    model: str, name: str, challenges: Sequence[str], at: dict[tuple[str, str, str], StrategyShare]
) -> tuple[Cell, ...]:
    return (Cell(text=name.replace("_", " ")), *(_share(at.get((model, other, name))) for other in challenges))


def _share(found: StrategyShare | None) -> Cell:
    if found is None:
        return Cell(text=measured.DASH, sub="not in the analysis", tone="muted")
    mixed = f"{numbers.fixed(100 * found.mix, '%')} % of the mix; " if measured.known(found.mix) else ""
    size = f"{mixed}{rows.size(found.n_obs, found.n_items)}"
    why = f"{measured.reason(found.estimate, found.n_items)}; {size}"
    return measured.share(found.estimate, found.conf_low, found.conf_high, sub=size, why=why)
