"""Whether what a log holds has the shape that a scorer writes: nothing in a log is trusted."""

import re
from collections.abc import Mapping
from typing import Any, Protocol

_TURN = re.compile(r"turn [1-9][0-9]{0,3}")


class Ended(Protocol):
    """A sample that ended: of a log, or of an evaluation under way."""

    @property
    def id(self) -> int | str:
        """Its id."""

    @property
    def epoch(self) -> int:
        """Epoch, from 1."""

    @property
    def metadata(self) -> dict[str, Any]:
        """The sample's own."""

    @property
    def scores(self) -> Mapping[str, Any] | None:
        """By scorer."""

    @property
    def error(self) -> Any:
        """What it ended with, if with an error."""


def are_answers(answers: Any) -> bool:
    """Tell whether these are a judge's answers by turn and facet."""
    given = answers.values() if isinstance(answers, Mapping) and all(map(_TURN.fullmatch, answers)) else [None]
    return all(isinstance(one, Mapping) and all(isinstance(answer, str) for answer in one.values()) for one in given)


def is_panel(panel: Any) -> bool:
    """Tell whether this is a list of other readings."""
    return isinstance(panel, list) and all(
        isinstance(entry, Mapping)
        and isinstance(entry.get("judge"), str)
        and entry.get("kind") in ("second", "redacted")
        and are_turns([entry, *entry.get("turns", [])])
        and all(value is None or isinstance(value, int | float) for value in entry["values"].values())
        and are_answers(entry.get("answers", {}))
        for entry in panel
    )


def is_evidence(evidence: Any) -> bool:
    """Tell whether this is what a sample is evidence of; parts that are not known are absent."""
    if not isinstance(evidence, Mapping):
        return False
    hashes = (evidence.get(name, "") for name in ("question", "opening", "asked", "replied"))
    counts = (evidence.get(name, 0) for name in ("length", "cached"))
    served = evidence.get("served", [])
    return (
        all(isinstance(text, str) for text in hashes)
        and all(isinstance(number, int) and number >= 0 for number in counts)
        and isinstance(served, list)
        and all(isinstance(name, str) for name in served)
    )


_LISTS = ("probes", "beliefs", "kinds", "attempts", "says", "strategies", "claims", "accuracy", "similarity")


def is_exchange(exchange: Any) -> bool:
    """Tell whether this is what an exchange left behind; empty where there was none."""
    if not isinstance(exchange, Mapping):
        return False
    if not exchange:
        return True
    lists = [exchange.get(name) for name in _LISTS]
    return (
        exchange.get("seat") in ("sender", "receiver")
        and exchange.get("kind") in ("claim", "state")
        and exchange.get("aim") in (1, -1)
        and all(isinstance(exchange.get(name), str) for name in ("sender", "receiver"))
        and all(isinstance(found, list) for found in lists)
        and all(_is_probe(probe, "scores", 1, 7) for probe in exchange["probes"])
        and all(_is_probe(probe, "percent", 0, 100) for probe in exchange["beliefs"])
    )


def _is_probe(probe: Any, name: str, low: float, high: float) -> bool:
    """Tell whether this is a probe whose repeats are missing or in their range."""
    if not isinstance(probe, Mapping) or not isinstance(probe.get("after"), int):
        return False
    if not isinstance(probe.get("episode", 1), int):
        return False
    found = probe.get(name)
    return isinstance(found, list) and all(
        one is None or (isinstance(one, int | float) and not isinstance(one, bool) and low <= one <= high)
        for one in found
    )


def are_turns(turns: Any) -> bool:
    """Tell whether this is a list of values and statuses by turn."""
    return isinstance(turns, list) and all(map(_is_turn, turns))


def _is_turn(turn: Any) -> bool:
    return (
        isinstance(turn, Mapping)
        and isinstance(turn.get("values"), Mapping)
        and isinstance(turn.get("status"), Mapping)
    )
