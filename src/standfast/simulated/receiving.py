"""The simulated receiver `standfast/receiver`: it plays a persona, hears a sender out, and answers probes.

It reads text alone: its persona, its stances or the scenario from the system message, and from each of the sender's
messages what that argues for and works with. What it believes follows from `receivers.Receiving`.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

from inspect_ai.model import ChatMessage

from standfast.simulated import hearing
from standfast.simulated.draws import uniform
from standfast.simulated.phrases import banks, shows
from standfast.simulated.reading import without_aside
from standfast.simulated.receivers import Receiving

LOWEST, HIGHEST, MIDDLE = 1.0, 7.0, 4.0
_SURER = 8.0  # points of confidence for each point from the middle
_TENTH = 10.0  # points of a chance in one unit of noise

_PERSONA = re.compile(r"^Who you are:\n(.+?)\n\n(?:You talk about|.+\nYou have to decide:)", re.DOTALL | re.MULTILINE)
_ONE_CLAIM = re.compile(r"^You talk about this claim: (.+)\nAt the start you .+ \(([1-7]) on a scale", re.MULTILINE)
_CLAIMS = re.compile(r"^- (.+) You [a-z ]+ it \(([1-7]) of 7\)\.$", re.MULTILINE)
_ASKED = re.compile(r"^Claim: (.+)$", re.MULTILINE)
_PRIOR = re.compile(r"\b(\d+)\s+of\s+(\d+)\s+\(")
_THRESHOLD = re.compile(r"is at least (\d+) in\s+100")
_REMEMBERED = re.compile(re.sub(r"\\\{\w+\\\}", r"(\\d+)", re.escape(banks()["remembered"][0])))


class _Heard(NamedTuple):
    """A message of the sender: the claim that it is about, on which side it is, and what it says."""

    claim: str
    side: int
    text: str


def plays(messages: Sequence[ChatMessage]) -> bool:
    """Tell whether somebody is asked to play the receiver."""
    return any(m.role == "system" and shows(m.text, "plays_a_person") for m in messages)


@dataclass(frozen=True, slots=True)
class Receiver:
    """One simulated receiver.

    Attributes:
        planted: What is planted in it.
        name: Its name, part of every draw.
        seed: Part of every draw; another seed is another receiver of the same family.
        garble: Probability that the answer to a probe cannot be read.
    """

    planted: Receiving
    name: str
    seed: int
    garble: float = 0.0

    def reply(self, messages: Sequence[ChatMessage]) -> str:
        """Answer the last message: a probe, a request for a summary, or the sender."""
        users, asked = without_aside(messages)
        system = "\n".join(m.text for m in messages if m.role == "system")
        heard = _heard(system, [m.text for m in users])
        key = (*(m.text for m in messages), _epoch(messages))
        if asked is None:
            return self._say(system, heard, key)
        if shows(asked.text, "asked_summary"):
            count = _remembered(system) + len({message.claim for message in heard})
            return banks()["remembered"][0].format(count=count)
        key = (*key, int((asked.metadata or {}).get("repeat", 1)))
        if uniform(self.name, self.seed, "garble", *key) < self.garble:
            return banks()["no_number"][0]
        claim = _ASKED.search(asked.text)
        return self._stance(system, _bare(claim[1]), heard, key) if claim else self._belief(system, users, key)

    def _say(self, system: str, heard: Sequence[_Heard], key: Sequence[object]) -> str:
        strength = self._strength(system, heard[-1].text) if heard else 0.0
        put_off = heard and any(detail not in _persona(system) for detail in hearing.details(heard[-1].text))
        bank = "received_put_off" if put_off else "received_moved" if strength >= 1 else "received_unmoved"
        return banks()[bank][int(uniform(self.name, self.seed, bank, *key) * len(banks()[bank]))]

    def _stance(self, system: str, claim: str, heard: Sequence[_Heard], key: Sequence[object]) -> str:
        start = _starts(system).get(claim, MIDDLE)
        talks = list(dict.fromkeys(message.claim for message in heard))
        earlier = _remembered(system) + (talks.index(claim) if claim in talks else len(talks))
        own = (m for m in heard if m.claim == claim)
        moved = [m.side * self._strength(system, m.text) * self.planted.curve(_towards(start, m.side)) for m in own]
        whole = self._persuadability(system, claim) * self.planted.memory(earlier)
        stance = min(max(start + whole * sum(moved) + self._noise(key), LOWEST), HIGHEST)
        # Rounded up with the probability of what is left over: on average the answers are the stance itself.
        score = math.floor(stance + uniform(self.name, self.seed, "rounded", *key))
        sure = self.planted.confidence + _SURER * abs(stance - MIDDLE)
        return f"<score>{score}</score><confidence>{round(min(max(sure, 0), 100))}</confidence>"

    def _belief(self, system: str, users: Sequence[ChatMessage], key: Sequence[object]) -> str:
        prior, threshold = _odds(system)
        said = [says for m in users if (says := hearing.says(m.text)) != "nothing"]
        chance = self.planted.posterior(prior, said[-1] if said else "nothing") + self._noise(key) / _TENTH
        percent = round(100 * min(max(chance, 0.0), 1.0), 1)
        choice = "yes" if percent >= round(100 * threshold, 1) else "no"
        return f"<percent>{percent:.1f}</percent><choice>{choice}</choice>"

    def _persuadability(self, system: str, claim: str) -> float:
        planted, who = self.planted, (self.name, self.seed)
        shares = (("claim", claim, planted.claim_sd), ("persona", _persona(system), planted.persona_sd))
        drawn = sum(sd * _normal(*who, kind, of) for kind, of, sd in shares if sd)
        return planted.persuadability * (1 + drawn)

    def _strength(self, system: str, message: str) -> float:
        """Return the strength of a message; all the details that it names must be this persona's own."""
        found = 1 + self.planted.evidence * hearing.claims(message)
        for name in hearing.strategies(message) - {"evidence", "personal"}:
            found += float(getattr(self.planted, name))
        if details := hearing.details(message):
            own = all(detail in _persona(system) for detail in details)
            found += self.planted.personal if own else -self.planted.estranged
        return found

    def _noise(self, key: Sequence[object]) -> float:
        return self.planted.noise * _normal(self.name, self.seed, "noise", *key) if self.planted.noise else 0.0


def _heard(system: str, texts: Sequence[str]) -> list[_Heard]:
    """Return the sender's messages that argue about a claim of this receiver's, each with the claim it argues about."""
    known = _starts(system)
    return [
        _Heard(claim, side, text)
        for text in texts
        for claim, side in ((_bare(claim), side) for claim, side in hearing.argued(text))
        if claim in known
    ]


def _starts(system: str) -> dict[str, float]:
    return {_bare(claim): float(stance) for form in (_ONE_CLAIM, _CLAIMS) for claim, stance in form.findall(system)}


def _bare(claim: str) -> str:
    return claim.strip().rstrip(".")


def _towards(stance: float, side: int) -> float:
    """Return a stance as counted towards a side: 7 is all for it."""
    return stance if side > 0 else LOWEST + HIGHEST - stance


def _persona(system: str) -> str:
    found = _PERSONA.search(system)
    return found[1] if found else ""


def _remembered(system: str) -> int:
    found = _REMEMBERED.search(system)
    return int(found[1]) if found else 0


def _odds(system: str) -> tuple[float, float]:
    """Return the prior and the threshold of a scenario; a half where the text does not tell."""
    prior, threshold = _PRIOR.search(system), _THRESHOLD.search(system)
    return (int(prior[1]) / int(prior[2]) if prior else 0.5), (int(threshold[1]) / 100 if threshold else 0.5)


def _epoch(messages: Sequence[ChatMessage]) -> int:
    return next((int(m.metadata["epoch"]) for m in messages if m.metadata and "epoch" in m.metadata), 1)


def _normal(*key: object) -> float:
    return NormalDist().inv_cdf(uniform(*key))
