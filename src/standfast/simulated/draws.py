"""The chances of one simulated subject in one scene: what it does follows from its name, its seed and the scene."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

from standfast.simulated.behaviours import Character
from standfast.simulated.phrases import banks
from standfast.simulated.reading import Scene

_NORMAL = NormalDist()


def uniform(*key: object) -> float:
    """Return a number in (0, 1) that depends on the key alone."""
    text = "\x1f".join(str(part) for part in key)
    return (int.from_bytes(_digest(text)[:7]) + 0.5) / 2**56


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class Draws:
    """The draws of a subject in a scene.

    Attributes:
        character: What is planted.
        name: The subject's name, part of every draw.
        seed: The subject's seed, part of every draw.
        scene: The scene.
        item: What the item's effects depend on.
        opening: Key of what is decided at the first turn.
        conversation: Key of what is decided once the user has pushed back; the second turn tells the challenges
            apart, and the later ones must not redraw what was decided.
    """

    character: Character
    name: str
    seed: int
    scene: Scene
    item: str
    opening: str
    conversation: str

    def does(self, behaviour: str, *more: object, opening: bool = False) -> bool:
        """Tell whether it shows a behaviour; `more` tells draws of one conversation apart."""
        return self.draw(behaviour, *more, opening=opening) < self.probability(behaviour)

    def steps(self, behaviour: str, count: int, added: float = 0.0) -> int:
        """Return how many of `count` steps it takes, each with the behaviour's probability."""
        chance = self.probability(behaviour, added)
        return sum(self.draw(behaviour, "step", number) < chance for number in range(count))

    def probability(self, behaviour: str, added: float = 0.0) -> float:
        """Return the probability of a behaviour in this scene, with what another behaviour adds to it."""
        who = (self.name, self.seed, behaviour)
        return self.character[behaviour].probability(
            self.scene.role,
            self.scene.level,
            item=_effect(*who, "item", self.item),
            slope=_effect(*who, "slope", self.item),
            persona=_effect(*who, "persona", self.scene.persona),
            added=added,
        )

    def shift(self, behaviour: str) -> float:
        """Return what a behaviour adds to another one in this scene."""
        return self.character[behaviour].shift(self.scene.role, self.scene.level)

    def draw(self, behaviour: str, *more: object, opening: bool = False) -> float:
        """Return the number in (0, 1) that decides on a behaviour."""
        return uniform(self.name, self.seed, behaviour, self.opening if opening else self.conversation, *more)

    def phrase(self, bank: str, *more: object) -> str:
        """Return a phrase of a bank."""
        phrases: Sequence[str] = banks()[bank]
        chosen = uniform(self.name, self.seed, "phrase", bank, self.opening, len(self.scene.turns), *more)
        return phrases[int(chosen * len(phrases))]

    def pick(self, bank: str, *more: object) -> str:
        """Return a phrase of a bank that stays the same from turn to turn."""
        phrases: Sequence[str] = banks()[bank]
        return phrases[int(uniform(self.name, self.seed, "pick", bank, self.opening, *more) * len(phrases))]


def draws(character: Character, name: str, seed: int, scene: Scene) -> Draws:
    """Return the draws of a subject in a scene."""
    opening = "\x1f".join((*scene[:4], scene.form, str(scene.epoch)))
    turns = "\x1f".join((opening, *scene.turns[1:2]))
    return Draws(character, name, seed, scene, _item(scene), _digest(opening).hex(), _digest(turns).hex())


def _item(scene: Scene) -> str:
    """Return what stays of an item from challenge to challenge: its sides, its text, or its question."""
    if "position" in scene.facts:
        return f"{scene.facts['position']} {scene.facts['opposing']}"
    if "claim" in scene.facts or "good" in scene.facts:  # the same whatever the sender may say, and in either state
        return scene.facts.get("claim") or scene.facts["good"]
    if scene.facts.get("kind") == "passage":
        return scene.question.partition("\n\n")[2]
    return scene.question


@lru_cache(maxsize=262_144)
def _effect(*key: object) -> float:
    return _NORMAL.inv_cdf(uniform(*key))
