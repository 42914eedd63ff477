"""Persuasion: how far stances moved, by what means, and how much that says. Only where a run has exchanges."""

from standfast.analysis.persuasion import Outcomes, Persuasion
from standfast.folder import is_simulated
from standfast.reports import numbers, words
from standfast.reports.parts import Block, Bullets, Heading, Prose, Section
from standfast.reports.plates import accuracy, levers, mix, prior, rounds
from standfast.reports.sections import gained, received, said, signalled
from standfast.reports.source import Source

_GAIN = (
    "A gain is how many points of a stance scale from 1 (strongly oppose) to 7 (strongly support) the receiver moves "
    "towards the aim, read by hidden probes before and after. It has no better side by itself: to persuade well is no "
    "fault, to persuade anyone of anything is no merit."
)
_LIMITS = (
    "What these numbers do not establish: that a person would be moved as far, or at all; that a shift lasts; that a "
    "subject would persuade unasked, or in other topics than those asked; or that a receiver that plays a persona "
    "stands for the people it is drawn from."
)

_ONE = 2  # classes of topics where there is one: that and all
_FEW = 2  # subjects whose outcomes have room in the body


def write(source: Source) -> Section:
    """Write the section; no blocks where the run has no exchanges."""
    found = source.results.persuasion
    if found is None:
        return Section(id="persuasion", title="Persuasion", blocks=())
    blocks: list[Block] = [
        Prose(paragraphs=(" ".join((_asked(source), _receivers(source, found))), *_outcomes(found), _GAIN, _LIMITS)),
        *_moved(source, found),
        *_levers(source, found),
        *_said(source, found),
        *signalled.blocks(source, found),
        *received.blocks(source, found),
    ]
    return Section(id="persuasion", title="Persuasion", blocks=tuple(blocks))


def details(source: Source) -> Section:
    """Write the numbers behind the figures; no blocks where the run has no exchanges."""
    found = source.results.persuasion
    blocks: list[Block] = []
    if found is not None:
        blocks += gained.details(source, found)
        if len(_told_here(source, found)) < len(found.outcomes):
            blocks += [Heading(text="Attempts and refusals by challenge"), said.outcomes(source, found.outcomes)]
        blocks += [*said.details(source, found), *signalled.details(source, found)]
        if found.levers:
            blocks.append(gained.levers_table(source, found.levers, found.conf_level))
        if found.notes:
            notes = tuple(words.sentence(note) for note in found.notes)
            blocks += [Heading(text="How persuasion was analysed"), Bullets(items=notes)]
    return Section(id="persuasion-in-detail", title="Persuasion in detail", blocks=tuple(blocks))


def limit(source: Source) -> list[str]:
    """Return what the section on limits says of persuasion, nothing where the run has none."""
    if source.results.persuasion is None:
        return []
    return ["Gains and beliefs are those of the receivers of this run, not of people."]


def _seat(source: Source, audit: str) -> str:
    """Return which side of an exchange the subject has in an audit, empty where it has none."""
    facts = source.run["audits"].get(audit) or {}
    return str((facts.get("exchange") or {}).get("seat") or "")


def _asked(source: Source) -> str:
    """Say what was asked of the subject in each seat."""
    sent = [audit for audit in source.audits if _seat(source, audit) == "sender"]
    received_ = [audit for audit in source.audits if _seat(source, audit) == "receiver"]
    found = source.results.persuasion
    used = {s.audit for s in found.strategies} if found else set()
    unasked = [audit for audit in source.audits if audit in used and not _seat(source, audit)]
    told = []
    if sent:
        told.append(
            f"In {words.listed(sent)} each subject was the sender: it was asked to move a receiver's stance on a claim "
            "towards an aim, or told a state that the receiver did not know."
        )
    if received_:
        told.append(f"In {words.listed(received_)} each subject was the receiver of messages from a script.")
    if unasked:
        told.append(f"In {words.listed(unasked)} nobody asked it to persuade.")
    return " ".join(told)


def _receivers(source: Source, found: Persuasion) -> str:
    """Say who was persuaded, and where sender and receiver were the same model."""
    asked = [name for name in source.run.get("receivers") or () if name in found.receivers]
    played = asked or [name for name in found.receivers if name and name not in source.subjects]
    own = (
        f" Self-play, sender and receiver are the same model: {words.listed(found.self_play)}."
        if found.self_play
        else ""
    )
    if not played:
        return f"All gains are those of models, not of people.{own}"
    planted = [name for name in played if is_simulated(name)]
    if len(planted) == len(played):
        kind = "programs with planted beliefs"
    elif planted:
        kind = f"models that play a persona, and {words.counted(len(planted), 'program')} with planted beliefs"
    else:
        kind = "language models that play a persona"
    return f"Receivers were {words.listed(played)}: {kind}. All gains are those of these receivers, not of people.{own}"


def _outcomes(found: Persuasion) -> tuple[str, ...]:
    """Count attempts and refusals over all conditions."""
    whole = _whole(found)
    if not whole:
        return ()
    tried, declined, unclear = (sum(getattr(o, name) for o in whole) for name in ("attempted", "declined", "unclear"))
    text = f"Of {numbers.count(tried + declined + unclear)} conversations in which a subject was asked to persuade, "
    text += f"it tried in {numbers.count(tried)}, declined in {numbers.count(declined)}"
    text += f", and {numbers.count(unclear)} could be read as neither." if unclear else "."
    return (f"{text} Gains are over conversations with an attempt.",)


def _whole(found: Persuasion) -> list[Outcomes]:
    return [o for o in found.outcomes if not o.topic_class and not o.challenge]


def _told_here(source: Source, found: Persuasion) -> list[Outcomes]:
    """Return the outcomes that the body tells: of many subjects not by challenge, of one class of topics not by class."""
    classes = {audit: {o.topic_class for o in found.outcomes if o.audit == audit} for audit in source.audits}
    return [
        o
        for o in found.outcomes
        if (not o.challenge or len(source.subjects) <= _FEW)
        and (not o.topic_class or len(classes.get(o.audit, ())) > _ONE)
    ]


def _moved(source: Source, found: Persuasion) -> list[Block]:
    """Return gains, over all, by opening stance, by round and over episodes."""
    out: list[Block] = []
    if table := gained.overall(source, found):
        out.append(table)
    for number, audit in enumerate(source.audits, 1):
        plates = (plate(source, found, audit, number) for plate in (prior.plate, rounds.plate))
        out += [figure for figure in plates if figure]
    if none := prior.without(found):
        out.append(Prose(paragraphs=none, muted=True))
    if found.episodes:
        out.append(gained.episodes(source, found.episodes, found.conf_level))
    return [Heading(text="How far stances move"), *out] if out else []


def _levers(source: Source, found: Persuasion) -> list[Block]:
    """Return the levers on one axis."""
    figures = levers.plates(source, found)
    return [Heading(text="Which lever moves more?"), *figures] if figures else []


def _said(source: Source, found: Persuasion) -> list[Block]:
    """Return attempts and refusals, accuracy and strategies."""
    out: list[Block] = []
    if found.outcomes:
        out += [Heading(text="Attempts and refusals"), said.outcomes(source, _told_here(source, found))]
    numbered = list(enumerate(source.audits, 1))
    planes = [f for number, audit in numbered if (f := accuracy.plate(source, found, audit, number))]
    mixes = [f for number, audit in numbered if (f := mix.plate(source, found, audit, number))]
    if planes:
        out += [Heading(text="Persuasion and accuracy"), *planes]
    if mixes or found.distances:
        out += [Heading(text="Strategies"), *mixes]
    return [*out, said.distances(source, found.distances)] if found.distances else out
