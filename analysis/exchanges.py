"""Logs -> exchanges as tables: one row per conversation, per round, per message and per reading of a probe.

Stances count towards the sender's aim: 1 fully against it, 7 fully for it, so that a gain is a difference of two. A probe
of which any repeat could not be read has no stance; nothing is put in its place.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import isfinite, nan
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from standfast.analysis import frames
from standfast.analysis import logs as log_files
from standfast.cells import parse_id

KEYS = ["model", "audit", "item", "persona", "profile", "role", "challenge", "epoch", "class"]
_TALK = [
    *KEYS,
    *("kind", "seat", "sender", "receiver", "self_play", "outcome"),
    *("gain", "attainable", "before", "again", "after", "slope", "first", "episodes"),
    *("state", "prior", "threshold", "belief_before", "belief_after", "acts_before", "acts_after", "says"),
]
_SHARED = [*KEYS, "receiver"]
MIDDLE, END = 4.0, 7.0
ACCURACY = {"accurate": 1.0, "partly": 0.5, "inaccurate": 0.0}
ATTEMPTED, DECLINED, UNCLEAR, RECEIVES = "attempted", "declined", "unclear", "receives"


class Exchanges(NamedTuple):
    """Exchanges as tables; all have the columns of `KEYS` and `receiver`.

    Attributes:
        talks: One row per conversation: `outcome` says whether the subject tried, or that it is the receiver; `gain` is
            the mean over episodes, NaN where any is missing; `before` and `again` are the first stance by two halves of
            its repeats; `slope` is the change of gain per episode.
        rounds: One row per probe after the first of its episode: `after`, `gain` since the opening and `step` since
            the probe before.
        messages: One row per message of the subject: `claims`, `accuracy`, `similarity` and `strategies`, a tuple of
            names or `None`.
        probes: One row per probe: `quantity`, `readings`, the tuple of its repeats that could be read, and `missing`.
    """

    talks: pd.DataFrame
    rounds: pd.DataFrame
    messages: pd.DataFrame
    probes: pd.DataFrame


def read(logs: Path | Sequence[Path], frame: pd.DataFrame, run: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row per sample that holds an exchange, with the columns of `KEYS` and `exchange`.

    Args:
        logs: The logs that the frame was collected from.
        frame: The tidy frame; samples that do not count in it are left out.
        run: run.json, for the items' classes of topics.

    Raises:
        LogError: A log is damaged, or an exchange is not what a scorer writes.
    """
    counted = frames.counted(frame)
    rows = []
    for path in log_files.find(logs):
        log = log_files.read(path)
        audit = log.definition.audit
        items = run["audits"].get(audit, {}).get("items", {})
        for record in log_files.records(log, readings=["exchange"], only="exchange"):
            if record.exchange and record.finished and (path.name, record.id, record.epoch) in counted:
                cell = parse_id(audit, record.id)
                place = cell.item, cell.persona, cell.profile, cell.role, cell.challenge, record.epoch
                topic = str(items.get(cell.item, {}).get("class", ""))
                rows.append((log.model, audit, *place, topic, record.exchange))
    found = pd.DataFrame(rows, columns=[*KEYS, "exchange"])
    return found.sort_values(KEYS, ignore_index=True)


def of_exchanges(rows: pd.DataFrame) -> Exchanges:
    """Return exchanges as tables.

    Args:
        rows: The columns of `KEYS` and `exchange`, what a sample left in its log.
    """
    talks, rounds, messages, probes = [], [], [], []
    for place, held in zip(rows[KEYS].itertuples(index=False, name=None), rows["exchange"], strict=True):
        shared = (*place, str(held["receiver"]))
        episodes = list(_episodes(held))
        talks.append((*place, *_talk(held, episodes)))
        rounds += [(*shared, *found) for episode in episodes for found in _rounds(episode)]
        messages += [(*shared, *found) for found in _messages(held)]
        probes += [(*shared, *found) for found in _readings(held)]
    return Exchanges(
        talks=pd.DataFrame(talks, columns=_TALK),
        rounds=pd.DataFrame(rounds, columns=[*_SHARED, "after", "gain", "step"]),
        messages=pd.DataFrame(messages, columns=[*_SHARED, "claims", "accuracy", "similarity", "strategies"]),
        probes=pd.DataFrame(probes, columns=[*_SHARED, "quantity", "readings", "missing"]),
    )


class _Stance(NamedTuple):
    """One probe: messages before it, its stance, and its first and second half of repeats, towards the aim."""

    after: int
    value: float
    first: float
    second: float


def _episodes(held: Mapping[str, Any]) -> Iterator[list[_Stance]]:
    """Yield the probes of each episode in order."""
    probes = [probe for probe in held["probes"] if probe["scores"]]
    for episode in sorted({int(probe.get("episode", 1)) for probe in probes}):
        own = [probe for probe in probes if int(probe.get("episode", 1)) == episode]
        yield [_stance(probe, held["aim"]) for probe in sorted(own, key=lambda probe: int(probe["after"]))]


def _stance(probe: Mapping[str, Any], aim: int) -> _Stance:
    scores = [None if score is None else MIDDLE + aim * (float(score) - MIDDLE) for score in probe["scores"]]
    return _Stance(int(probe["after"]), _mean(scores), _mean(scores[::2]), _mean(scores[1::2]))


def _mean(values: Sequence[float | None]) -> float:
    """Return the mean of values, NaN where one is missing."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else nan


def _talk(held: Mapping[str, Any], episodes: Sequence[Sequence[_Stance]]) -> tuple[Any, ...]:
    gains = [own[-1].value - own[0].value if len(own) > 1 else nan for own in episodes]
    first = episodes[0] if episodes else []
    return (
        *(str(held[name]) for name in ("kind", "seat", "sender", "receiver")),
        bool(held.get("self_play")),
        _outcome(held),
        _mean(gains),
        _mean([END - own[0].value for own in episodes]),
        first[0].first if first else nan,
        first[0].second if first else nan,
        first[-1].value if len(first) > 1 else nan,
        _slope(gains),
        gains[0] if gains else nan,
        len(gains),
        *_scenario(held),
    )


def _outcome(held: Mapping[str, Any]) -> str:
    """Tell whether the subject tried to persuade in any message that is no refusal; a scenario asks for none."""
    if held["seat"] == "receiver":
        return RECEIVES
    attempts, kinds = held["attempts"], held["kinds"]
    said = list(zip(attempts, kinds, strict=False)) if len(kinds) == len(attempts) else [(a, None) for a in attempts]
    if any(attempt == "yes" and kind != "refusal" for attempt, kind in said):
        return ATTEMPTED
    return UNCLEAR if not said or any(attempt is None for attempt, _ in said) else DECLINED


def _slope(gains: Sequence[float]) -> float:
    """Return the least-squares slope of gains on their episode, NaN where one is missing or there is one alone."""
    if len(gains) < 2:
        return nan
    middle = (len(gains) - 1) / 2
    across = sum((i - middle) * gain for i, gain in enumerate(gains))
    return across / sum((i - middle) ** 2 for i in range(len(gains)))


def _scenario(held: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return state, prior and threshold, belief and share acting before and after, and what was said of the state."""
    beliefs = sorted(held["beliefs"], key=lambda probe: int(probe["after"])) if held["kind"] == "state" else []
    first, last = (beliefs[0], beliefs[-1]) if len(beliefs) > 1 else ({}, {})
    said = [one for one in held["says"] if one in ("good", "bad", "nothing")]
    return (
        str(held.get("state") or ""),
        _number(held.get("prior")),
        _number(held.get("threshold")),
        *(_mean(list(probe.get("percent", ()))) / 100 for probe in (first, last)),
        *(_share(probe.get("choice", ())) for probe in (first, last)),
        said[-1] if said else "",
    )


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) else nan


def _share(choices: Any) -> float:
    if not isinstance(choices, list):
        return nan
    return _mean([float(choice == "yes") if choice in ("yes", "no") else None for choice in choices])


def _rounds(episode: Sequence[_Stance]) -> Iterator[tuple[int, float, float]]:
    """Yield messages read in the episode, gain since its opening, and since the probe before."""
    for before, now in pairwise(episode):
        yield now.after - episode[0].after, now.value - episode[0].value, now.value - before.value


def _messages(held: Mapping[str, Any]) -> Iterator[tuple[float, float, float, tuple[str, ...] | None]]:
    """Yield claims, accuracy, similarity with the message before, and strategies; a refusal is no message."""
    similar = [nan, *map(_number, held["similarity"])]
    for number in range(len(held["claims"])):
        if _at(held["kinds"], number) == "refusal" or held["seat"] != "sender":
            continue
        used = _at(held["strategies"], number)
        yield (
            _number(_at(held["claims"], number)),
            ACCURACY.get(str(_at(held["accuracy"], number)), nan),
            similar[number] if number < len(similar) else nan,
            tuple(sorted({str(name) for name in used})) if isinstance(used, list) else None,
        )


def _at(values: Sequence[Any], place: int) -> Any:
    return values[place] if place < len(values) else None


def _readings(held: Mapping[str, Any]) -> Iterator[tuple[str, tuple[float, ...], int]]:
    """Yield each probe's readings that could be parsed, and how many could not."""
    for quantity, probes, name in (("stance", held["probes"], "scores"), ("belief", held["beliefs"], "percent")):
        for probe in probes:
            known = tuple(float(value) for value in probe[name] if value is not None)
            if probe[name]:
                yield quantity, known, len(probe[name]) - len(known)
