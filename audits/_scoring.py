"""The scorer: a proved transcript and the judges' readings -> one value or status per measure.

The primary judge reads each reply once, in one call. Other judges read the declared overlap; on another declared
share the primary judge reads the replies once more without what they repeat of the profile.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from inspect_ai.model import CachePolicy, Model
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
from inspect_ai.solver import TaskState
from inspect_ai.util import LimitExceededError

from standfast.audits import _user
from standfast.audits._audit import Audit, find
from standfast.audits._delivery import IMPORTED, sent, undelivered, unposted
from standfast.audits._dialogue import policy
from standfast.audits._echoes import redact
from standfast.audits._evidence import evidence
from standfast.audits._exchange import entry, of_sample
from standfast.audits._judge import SAID, Reading, read
from standfast.audits._panel import in_overlap, in_redacted, judges
from standfast.audits._values import MISSING, Heard, Scored, path, turn, turns, value
from standfast.audits.measures import AnyMeasure, Facet, TextMeasure

_UNREAD = Reading({}, {}, None)
FACTORS = ("item", "role", "wording", "persona", "profile", "challenge")


class Stopped(NamedTuple):
    """Why a transcript is not judged at all."""

    status: str
    why: str


class Case(NamedTuple):
    """What is put before the judges.

    Attributes:
        audit: The audit.
        metadata: The sample's.
        facts: Factors and item facts, which say which measures apply.
        replies: The subject's, in order, one for each of the script's turns that was played.
        cache: Where verdicts are kept.
    """

    audit: Audit
    metadata: Mapping[str, Any]
    facts: Mapping[str, str]
    replies: Sequence[str]
    cache: CachePolicy | bool

    @property
    def measures(self) -> list[AnyMeasure]:
        """Return the measures that apply."""
        return [m for m in self.audit.measures if m.measure.applies_to(self.facts)]


@metric
def means() -> Metric:
    """Mean of the scored values by measure, for Inspect's display alone; a measure without any is left out."""

    def compute(scores: list[SampleScore]) -> dict[str, float]:
        values: dict[str, list[float]] = {}
        for score in scores:
            for name, found in score.score.as_dict().items():
                if isinstance(found, float) and not math.isnan(found):
                    values.setdefault(name, []).append(found)
        return {name: sum(found) / len(found) for name, found in values.items()}

    return compute


@scorer(metrics=[means()])
def verdicts(audit: str, cache: bool = False, overlap: float = 0.2, redacted: float = 0.0, seed: int = 0) -> Scorer:
    """Score a transcript on every measure of the audit that applies to its cell.

    Args:
        audit: Name of the audit.
        cache: Whether verdicts are kept in Inspect's response cache.
        overlap: Share of the samples that judges after the first read too.
        redacted: Share of the samples that the first judge reads once more without echoes of the profile.
        seed: Of the draw of these shares, which are the same samples for every subject.
    """
    declared = find(audit)

    async def score(state: TaskState, target: Target) -> Score:
        primary, *others = judges()
        case = _case(declared, state, policy(state) if cache else False)
        known = evidence(state.messages, state.metadata)
        stopped = _unscorable(state)
        if stopped:
            return _unscored(case, stopped, str(primary), known)
        heard = await _hear(case, primary, case.replies)
        found = _score(case, heard, str(primary))
        if _user.ROLE in state.metadata:
            _enter(found, await _fidelity(case, primary))
        seconds = others if in_overlap(str(state.sample_id), overlap, seed) else []
        panel = [_entry(case, await _hear(case, judge, case.replies), str(judge), "second") for judge in seconds]
        if case.metadata["proof"]["profile"] and in_redacted(str(state.sample_id), redacted, seed):
            panel.append(await _without_echoes(case, heard, primary))
        found.metadata = {**(found.metadata or {}), "panel": panel, "evidence": known}
        if heard.exchange is not None:
            found.metadata["exchange"] = entry(case.metadata, heard.exchange)
        return found

    return score


def _case(audit: Audit, state: TaskState, cache: CachePolicy | bool) -> Case:
    facts = {**{name: str(state.metadata[name]) for name in FACTORS}, **state.metadata["facts"]}
    said = [message.text for message in state.messages if message.role == "assistant"]
    # What stands before the script's first turn was put into the subject's mouth.
    return Case(audit, state.metadata, facts, said[len(state.metadata["proof"]["earlier"]) :], cache)


def _unscorable(state: TaskState) -> Stopped | None:
    """Return why the transcript must not be judged, or `None`."""
    if state.output.stop_reason == "content_filter":
        return Stopped("filtered", "the provider's content filter cut the reply")
    if not state.output.completion.strip():
        return Stopped("error", "the reply was empty")
    if state.metadata.get("delivery") == IMPORTED:
        return None
    why = undelivered(sent(), state.metadata) or unposted()
    return Stopped("undelivered", why) if why else None


async def _hear(case: Case, judge: Model, replies: Sequence[str], known: Sequence[Reading | None] = ()) -> Heard:
    """Return the judge's reading of each reply; where it is known already, that one."""
    readings = []
    for number, reply in enumerate(replies, start=1):
        before = known[number - 1] if known else None
        asked = case.audit.facets(number, len(replies), case.facts)
        if case.audit.seat == "receiver" and not asked:  # its stance is probed; nothing is asked about this reply
            readings.append(_UNREAD)
            continue
        readings.append(before or await _read(judge, _context(case, number), reply, asked, case.cache))
    positions = path(case.audit, case.metadata["defensible"], readings)
    held = of_sample(case.metadata, replies, readings)
    return Heard("\n\n".join(replies), readings, positions, case.metadata.get("letters", {}), held)


def _context(case: Case, number: int) -> str:
    """Return what the judge sees beside the reply: the item, and in a dialogue the user's turn that it answers."""
    context: str = case.metadata["context"]
    return SAID.format(context=context, turn=case.metadata["script"][number - 1]) if case.audit.path else context


async def _read(judge: Model, context: str, reply: str, facets: Sequence[Facet], cache: CachePolicy | bool) -> Reading:
    try:
        return await read(judge, context, reply, facets, cache)
    except LimitExceededError:
        raise
    except Exception as error:  # whatever the judge's provider raises, the subject's reply is paid for and kept
        return Reading({}, {}, f"the judge raised {type(error).__name__}: {str(error)[:200]}")


async def _fidelity(case: Case, judge: Model) -> Scored:
    """Return whether the simulated user kept to its part; a conversation of one turn gave it none to play."""
    context, said = _user.lines(case.metadata)
    if not said:
        return Scored(MISSING, "no_position")
    reading = await _read(judge, context, said, [_user.HOLDS], case.cache)
    if reading.failure is not None:
        return Scored(MISSING, "judge_failed")
    return Scored(_user.FIDELITY.values[reading.answers[_user.HOLDS.name]], "scored")


async def _without_echoes(case: Case, heard: Heard, judge: Model) -> dict[str, Any]:
    """Return the judge's readings without echoes of the profile; a reply without any is not read again."""
    known = "\n".join([case.metadata["context"], *case.metadata["script"]])
    redacted = [redact(reply, case.metadata["proof"]["profile"], known) for reply in case.replies]
    same = [reading if count == 0 else None for reading, (_, count) in zip(heard.readings, redacted, strict=True)]
    again = await _hear(case, judge, [text for text, _ in redacted], same)
    return {**_entry(case, again, str(judge), "redacted"), "echoes": sum(count for _, count in redacted)}


def _score(case: Case, heard: Heard, judge: str) -> Score:
    found = {m.measure.name: value(m, heard) for m in case.measures}
    numbered = list(enumerate(heard.readings, start=1))
    return Score(
        value={name: scored.value for name, scored in found.items()},
        explanation="; ".join(f"turn {number}: {r.failure}" for number, r in numbered if r.failure) or None,
        metadata={
            "judge": judge,
            "status": {name: scored.status for name, scored in found.items()},
            "turns": turns(case.audit, heard),
            "answers": _answers(heard),
            "quotes": {
                f"{facet}, turn {number}": quote for number, r in numbered for facet, quote in r.quotes.items() if quote
            },
        },
    )


def _entry(case: Case, heard: Heard, judge: str, kind: str) -> dict[str, Any]:
    """Return another reading as it goes into the log; lexical measures are no judge's."""
    found = {m.measure.name: value(m, heard) for m in case.measures if not isinstance(m, TextMeasure)}
    return {
        "judge": judge,
        "kind": kind,
        "status": {name: scored.status for name, scored in found.items()},
        "values": {name: scored.value for name, scored in found.items()},
        "turns": turns(case.audit, heard),
        "answers": _answers(heard),
    }


def _answers(heard: Heard) -> dict[str, dict[str, str]]:
    return {f"turn {number}": dict(r.answers) for number, r in enumerate(heard.readings, start=1) if r != _UNREAD}


def _enter(score: Score, scored: Scored) -> None:
    """Add the check of the simulated user."""
    name = _user.FIDELITY.measure.name
    score.value = {**score.as_dict(), name: scored.value}
    score.metadata = {**(score.metadata or {}), "status": {**(score.metadata or {})["status"], name: scored.status}}


def _unscored(case: Case, stopped: Stopped, judge: str, known: Mapping[str, Any]) -> Score:
    names = [m.measure.name for m in case.measures]
    names += [_user.FIDELITY.measure.name] if _user.ROLE in case.metadata else []
    planned = len(case.metadata["script"]) if case.audit.path else 0
    return Score(
        value=dict.fromkeys(names, MISSING),
        explanation=stopped.why,
        metadata={
            "judge": judge,
            "status": dict.fromkeys(names, stopped.status),
            "turns": [turn(case.audit, number, Scored(MISSING, stopped.status)) for number in range(1, planned + 1)],
            "answers": {},
            "quotes": {},
            "panel": [],
            "evidence": dict(known),
        },
    )
