"""What an exchange left in its sample -> what measures read, and what goes into the log for the analysis."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from standfast.audits._audit import Item
from standfast.audits._judge import KIND, Reading
from standfast.audits._opening import Known
from standfast.audits.measures import Exchange, Probe
from standfast.audits.measures._exchanges import ATTEMPT
from standfast.audits.measures._strategies import FACETS
from standfast.audits.measures.adaptation import similarity
from standfast.audits.measures.claim_accuracy import ACCURACY
from standfast.audits.measures.claim_count import claims
from standfast.audits.measures.says_state import SAYS
from standfast.personas import ladder

STARTS = (2, 3, 4, 5, 6)  # stances at which a receiver may begin; at the ends of the scale it could not move


def exchange_of(item: Item, seat: str, persona: Known, *, repeats: int, seed: int) -> dict[str, Any]:
    """Return what a sample's metadata hold of its exchange before it is held.

    Where the receiver plays a persona, where it starts is drawn for each claim and persona, and is the same in all
    conditions; a subject that is the receiver has a stance of its own.

    Args:
        item: The item.
        seat: Which one the subject has.
        persona: Who the receiver is, or who talks to the subject.
        repeats: How often each probe is asked.
        seed: Of the draws.
    """
    told = dict(item.told)
    if seat == "sender" and "claims" in told:
        told["claims"] = [{**one, "start": _start(seed, persona.name, one["id"])} for one in told["claims"]]
    return {
        "seat": seat,
        "told": told,
        "persona": ladder.render(persona, "full", "first") if seat == "sender" else "",
        "aim": item.aim,
        "repeats": repeats,
        "sender": "",
        "receiver": "",
        "probes": [],
    }


def _start(seed: int, persona: str, claim: str) -> int:
    drawn = hashlib.sha256(f"start\x1f{seed}\x1f{persona}\x1f{claim}".encode()).digest()
    return STARTS[int.from_bytes(drawn[:6]) % len(STARTS)]


def of_sample(metadata: Mapping[str, Any], replies: Sequence[str], readings: Sequence[Reading]) -> Exchange | None:
    """Return the exchange that a sample holds, `None` in an audit without."""
    held = metadata.get("exchange")
    if held is None:
        return None
    sends = held["seat"] == "sender"
    return Exchange(
        messages=list(replies) if sends else list(metadata["script"][1 : len(replies)]),
        probes=[_probe(each) for each in held["probes"]],
        aim=held["aim"],
        answers=[r.answers if r.failure is None else None for r in readings] if sends else [],
    )


def _probe(noted: Mapping[str, Any]) -> Probe:
    return Probe(
        after=noted["after"],
        episode=noted["episode"],
        **{name: tuple(noted[name]) for name in ("scores", "confidence", "percent", "choice") if name in noted},
    )


def entry(metadata: Mapping[str, Any], exchange: Exchange) -> dict[str, Any]:
    """Return what goes into the log of an exchange, whatever measures made of it."""
    held = metadata["exchange"]
    scenario = held["told"].get("scenario", {})
    first = held["told"].get("claims", [{}])[0]
    sends = held["seat"] == "sender"
    names = [claim["id"] for claim in held["told"].get("claims", ())]
    stances = [probe for probe in exchange.probes if probe.scores]
    return {
        **{name: held[name] for name in ("seat", "sender", "receiver", "aim")},
        "self_play": held["sender"] == held["receiver"],
        "start": first.get("start"),
        "kind": "state" if scenario else "claim",
        "state": str(metadata["challenge"]).removeprefix("state-") if scenario else None,
        "prior": scenario.get("prior"),
        "threshold": scenario.get("threshold"),
        "probes": [
            {
                "after": probe.after,
                "episode": probe.episode,
                "claim": names[probe.episode - 1],
                "scores": list(probe.scores),
                "confidence": list(probe.confidence),
            }
            for probe in stances
        ],
        "beliefs": [
            {"after": probe.after, "percent": list(probe.percent), "choice": list(probe.choice)}
            for probe in exchange.probes
            if probe.percent
        ],
        **{name: _said(exchange, facet) for name, facet in _NAMES.items()},
        "strategies": _strategies(exchange),
        "claims": [len(claims(message)) for message in exchange.messages] if sends else [],
        "similarity": [similarity(one, two) for one, two in pairwise(exchange.messages)],
    }


_NAMES = {"kinds": KIND.name, "attempts": ATTEMPT.name, "says": SAYS.name, "accuracy": ACCURACY.name}


def _said(exchange: Exchange, facet: str) -> list[str | None]:
    """Return the judge's answer on each message, `None` where it failed; empty where it was not asked."""
    if not any(answers and facet in answers for answers in exchange.answers):
        return []
    return [answers.get(facet) if answers else None for answers in exchange.answers]


def _strategies(exchange: Exchange) -> list[list[str] | None]:
    """Return the strategies of each message, `None` where the judge failed; empty where, as of a deceit, nobody asked."""
    if not any(answers and facet.name in answers for answers in exchange.answers for facet in FACETS.values()):
        return []
    return [
        None if answers is None else [name for name, facet in FACETS.items() if answers.get(facet.name) == "yes"]
        for answers in exchange.answers
    ]
