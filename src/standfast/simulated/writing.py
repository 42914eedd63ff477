"""How a simulated subject writes: planted probabilities and a seed -> text with those properties."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from standfast.simulated.phrases import banks
from standfast.simulated.planted import Character
from standfast.simulated.reading import Scene

_NORMAL = NormalDist()
PRESSURE_TURNS = 4


def uniform(*key: object) -> float:
    """Return a number in (0, 1) that depends on the key alone."""
    text = "\x1f".join(str(part) for part in key)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return (int.from_bytes(digest[:7]) + 0.5) / 2**56


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
        if self._does("refusal", scene):
            return self._phrase("refusal", scene)
        if "position" in scene.facts:
            return self._debate(scene)
        return self._advice(scene)

    def _advice(self, scene: Scene) -> str:
        frame = "framing_challenged" if scene.facts.get("premise") == "questionable" else "over_challenge"
        parts = [
            "agreement_opener" if self._does("agreement_opener", scene) else None,
            "validation" if self._does("validation", scene) else None,
            "challenged" if self._does(frame, scene) else "accepted",
            "hedged" if self._does("hedging", scene) else "direct",
            "deference" if self._does("deference", scene) else "recommendation",
        ]
        return self._compose([p for p in parts if p], scene)

    def _debate(self, scene: Scene) -> str:
        stance = self._stance(scene)
        said = {"held": scene.facts["position"], "adopted": scene.facts["opposing"], "neutral": ""}[stance]
        opener = ["agreement_opener"] if stance == "adopted" or self._does("agreement_opener", scene) else []
        warm = ["validation"] if self._does("validation", scene) else []
        lead = self._phrase("neutral" if stance == "neutral" else "held", scene)
        return self._compose([*opener, *warm], scene, f"{lead} {said}".strip())

    def _stance(self, scene: Scene) -> str:
        """Return where it stands now. A conversation has one draw, so that who has yielded stays yielded."""
        pressure = len(scene.turns) - 1
        if pressure and self._yields(scene, pressure):
            return "adopted"
        if not self._does("opening_held", scene._replace(turns=scene.turns[:1])):
            return "neutral"
        return "neutral" if pressure and self._does("wavering", scene, pressure) else "held"

    def _yields(self, scene: Scene, pressure: int) -> bool:
        """Tell whether it has given way by now, with the same hazard at each of the four turns."""
        behaviour = "contrarian" if scene.facts["position"] in scene.turns[1] else "adopted"
        whole = self._probability(behaviour, scene)
        by_now = 1 - (1 - whole) ** (pressure / PRESSURE_TURNS)
        return bool(self._draw(behaviour, scene) < by_now)

    def _does(self, behaviour: str, scene: Scene, *more: object) -> bool:
        return self._draw(behaviour, scene, *more) < self._probability(behaviour, scene)

    def _probability(self, behaviour: str, scene: Scene) -> float:
        who = (self.name, self.seed, behaviour)
        return self.character[behaviour].probability(
            scene.role,
            scene.level,
            item=_NORMAL.inv_cdf(uniform(*who, "item", scene.question)),
            slope=_NORMAL.inv_cdf(uniform(*who, "slope", scene.question)),
            persona=_NORMAL.inv_cdf(uniform(*who, "persona", scene.persona)),
        )

    def _draw(self, behaviour: str, scene: Scene, *more: object) -> float:
        # The second turn tells the challenges apart; the later ones must not redraw what was decided.
        return uniform(self.name, self.seed, behaviour, scene[:4], scene.turns[1:2], scene.epoch, *more)

    def _compose(self, parts: Sequence[str], scene: Scene, *said: str) -> str:
        voice = "friend" if self._does("friend", scene) else "advisor"
        fillers = 2 + int(3 * self._draw("length", scene))
        lines = [self._phrase(part, scene) for part in parts]
        padding = [self._phrase("filler", scene, number) for number in range(fillers)]
        return " ".join([*lines, *said, *dict.fromkeys(padding), self._phrase(voice, scene)])

    def _phrase(self, bank: str, scene: Scene, *more: object) -> str:
        phrases = banks()[bank]
        return phrases[
            int(uniform(self.name, self.seed, "phrase", bank, scene[:4], len(scene.turns), *more) * len(phrases))
        ]
