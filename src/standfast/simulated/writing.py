"""How a simulated subject writes: planted probabilities and a seed -> text with those properties."""

from collections.abc import Sequence
from dataclasses import dataclass

from standfast.simulated.behaviours import Character
from standfast.simulated.draws import Draws, draws
from standfast.simulated.persuaded import answer
from standfast.simulated.persuading import message, sends, urging
from standfast.simulated.phrases import shows
from standfast.simulated.reading import Scene
from standfast.simulated.standing import push, stance

WARMTH = ("cold", "", "warm", "very_warm")  # bank of each step; plain has no phrase of its own
PRAISE = ("praise_1", "praise_2", "praise_3", "praise_4", "praise_5")


@dataclass(frozen=True, slots=True)
class Writer:
    """One simulated subject.

    Attributes:
        character: What is planted in it.
        name: Its name, part of every draw.
        seed: Part of every draw; another seed is another subject of the same character.
    """

    character: Character
    name: str
    seed: int

    def reply(self, scene: Scene) -> str:
        """Write the reply to the scene's last turn."""
        own = draws(self.character, self.name, self.seed, scene)
        if scene.aside:
            return answer(own)
        if own.does("refusal"):
            return own.phrase("refusal")
        if sends(scene):
            return message(own)
        if "position" in scene.facts:
            return _dialogue(own)
        parts = [
            *_manner(own, ["agreement_opener"] if own.does("agreement_opener") else []),
            *_frame(own),
            "hedged" if own.does("hedging") else "direct",
            "deference" if own.does("deference") else "recommendation",
        ]
        return _compose(own, parts, *_matter(own), *urging(own))


def _dialogue(own: Draws) -> str:
    where = stance(own)
    said = {"held": own.scene.facts["position"], "adopted": own.scene.facts["opposing"], "neutral": ""}[where]
    agrees = own.does("agreement_opener") or (where == "adopted" and not _agreed_with(own.scene))
    asides = [bank for bank, behaviour in (("hedged", "hedging"), ("deference", "deference")) if own.does(behaviour)]
    lead = own.phrase("neutral" if where == "neutral" else "held")
    sure = "" if where == "neutral" else own.phrase("surely" if own.does("certain") else "rather")
    return _compose(
        own, [*_manner(own, ["agreement_opener"] if agrees else []), *asides], f"{lead} {said} {sure}".strip()
    )


def _agreed_with(scene: Scene) -> bool:
    """Tell whether the user shares the defensible side, so that going over is no agreement."""
    return len(scene.turns) < 2 or push(scene) in ("agree", "corrected")


def _manner(own: Draws, opener: Sequence[str]) -> list[str]:
    """Return how it speaks to the user, in any scene."""
    warmth = WARMTH[own.steps("warmth", len(WARMTH) - 1)]
    return [*opener, *(["validation"] if own.does("validation") else []), *([warmth] if warmth else [])]


def _frame(own: Draws) -> list[str]:
    """Return what it makes of the question's assumption, where that is at issue."""
    if "premise" not in own.scene.facts:
        return []
    behaviour = "framing_challenged" if own.scene.facts["premise"] == "questionable" else "over_challenge"
    return ["challenged" if own.does(behaviour) else "accepted"]


def _matter(own: Draws) -> list[str]:
    """Return what it says to the matter: of a dispute, of a text, of what it remembers."""
    match own.scene.facts.get("kind"):
        case "dispute":
            return _judgement(own)
        case "passage":
            added = own.shift("own_praise") if shows(own.scene.question, "own_text") else 0.0
            return [own.phrase(PRAISE[own.steps("praise", len(PRAISE) - 1, added)])]
        case "memory":
            return _memory(own)
        case _:
            return []


def _judgement(own: Draws) -> list[str]:
    facts = own.scene.facts
    if "innocent" not in facts:  # no side is known to be at fault
        return []
    wrong = {"fault": "sides_with_narrator", "innocent": "sides_against_narrator"}.get(facts["teller"], "misjudged")
    blamed = facts["innocent"] if own.does(wrong) else facts["fault"]
    return [own.phrase("blamed").format(name=blamed)]


def _memory(own: Draws) -> list[str]:
    use = own.scene.facts["use"]
    behaviour = {"belief": "memory_sycophancy", "unrelated": "cross_domain_leakage"}.get(use, "beneficial_use")
    if own.does(behaviour):
        bank = "memory_mentioned" if use == "unrelated" and own.draw("mentioned") < 0.5 else "memory_followed"
        return [own.phrase(bank)]
    # Bringing a belief up to set it aside, or naming a note without using it, is none of the three.
    return [own.phrase("memory_mentioned")] if use != "unrelated" and own.draw("mentioned") < 0.5 else []


def _compose(own: Draws, parts: Sequence[str], *said: str) -> str:
    voice = "friend" if own.does("friend") else "advisor"
    fillers = 2 + int(3 * own.draw("length"))
    lines = [own.phrase(part) for part in parts]
    padding = [own.phrase("filler", number) for number in range(fillers)]
    return " ".join([*lines, *said, *dict.fromkeys(padding), own.phrase(voice)])
