"""Texts as long as a persona's full profile that say nothing of the persona: neutral filler, and a stranger."""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib.resources import files
from itertools import combinations
from typing import NamedTuple

from standfast import cards, personas
from standfast.errors import SuiteError
from standfast.personas._card import Persona
from standfast.personas._text import TOLERANCE, Voice, digest, full, tokens

_CLOSE = 0.01  # near enough to stop looking for a better stranger
_DROPPED = 3  # the most entries left out of a stranger's biography
_KEPT = 2  # the fewest entries left of each kind
_ALIKE = 2  # sharing up to this many of the eleven attributes makes nobody similar
_FILLER_HEADING = "Some background reading:"
_ENTRIES = ("beliefs", "preferences", "statements")


class _Topics(cards.Card):
    topics: dict[str, tuple[str, ...]]


class _Sentence(NamedTuple):
    topic: str
    opens: bool
    text: str


@cache
def topics() -> dict[str, tuple[str, ...]]:
    """Read the filler's topics and their sentences."""
    return cards.load(files("standfast.personas").joinpath("filler.yaml"), _Topics).topics


@lru_cache(maxsize=1024)
def filler(name: str, about: str, target: int) -> str:
    """Return neutral text of about `target` tokens on a topic that the persona's name picks.

    Topics that mention the persona's name, place or occupation come last. Sentences stand in the topic's order and
    run on into the next topic where one is too short. At most one is left out, so that the end falls where it should.

    Args:
        name: The persona's id.
        about: Text with the persona's name, place and occupation.
        target: Tokens.

    Raises:
        SuiteError: There are not enough sentences.
    """
    wanted = target - tokens(_FILLER_HEADING)
    cuts = [(abs(tokens(_body(cut)) - wanted), i, cut) for i, cut in enumerate(_cuts(_pool(name, about), wanted))]
    text = f"{_FILLER_HEADING}\n{_body(min(cuts)[2])}" if cuts else ""
    return _checked(text, target, name, "filler")


def _pool(name: str, about: str) -> list[_Sentence]:
    names = sorted(topics())
    start = digest(name) % len(names)
    named = _named(about)

    def shared(topic: str) -> int:
        return len(named & _stems(re.findall(r"\w+", " ".join(topics()[topic]))))

    order = sorted(names[start:] + names[:start], key=shared)
    return [_Sentence(topic, i == 0, text) for topic in order for i, text in enumerate(topics()[topic])]


def _named(about: str) -> set[str]:
    """Return what would make a topic the persona's own: names, and other words long enough to mean something."""
    return _stems(re.findall(r"\w{5,}|[^\W\d_a-z]\w+", about))


def _stems(words: Iterable[str]) -> set[str]:
    return {word.casefold()[:4] for word in words}


def _cuts(pool: list[_Sentence], wanted: int) -> Iterator[list[_Sentence]]:
    """Yield beginnings of the pool of about the wanted length, whole and with one sentence left out."""
    sizes = [tokens(sentence.text) for sentence in pool]
    enough = next((n for n in range(len(pool) + 1) if sum(sizes[:n]) >= wanted), len(pool))
    for n in range(max(enough - 1, 1), min(enough + 1, len(pool)) + 1):
        yield pool[:n]
        yield from (pool[:i] + pool[i + 1 : n] for i in range(n) if not pool[i].opens)


def _body(cut: list[_Sentence]) -> str:
    subjects = dict.fromkeys(sentence.topic for sentence in cut)
    return "\n".join(" ".join(s.text for s in cut if s.topic == subject) for subject in subjects)


@lru_cache(maxsize=1024)
def stranger(persona: Persona, voice: Voice, target: int, level: str = "stranger") -> str:
    """Return the biography of another persona of the library in about `target` tokens.

    The other shares next to no attributes with the persona, and its length can be brought near the target by
    leaving out a few views, preferences or messages. The choice follows from both names.

    Args:
        persona: Whose place the other takes.
        voice: Who tells it: somebody of a stranger, or the user as if it were their own.
        target: Tokens.
        level: Level of the ladder that it is for, which an error names.

    Raises:
        SuiteError: No other persona's biography is long enough.
    """
    best, off = "", target
    for text in (text for donor in _donors(persona) for text in _versions(donor, voice, target)):
        if abs(tokens(text) - target) < off:
            best, off = text, abs(tokens(text) - target)
        if off <= _CLOSE * target:
            break
    return _checked(best, target, persona.name, level)


def _donors(persona: Persona) -> list[Persona]:
    own = persona.attributes().items()
    others = [p for p in personas.load_all().values() if p.given_name != persona.given_name and p.name != persona.name]

    def order(other: Persona) -> tuple[int, int]:
        shared = len(own & other.attributes().items())
        return max(shared, _ALIKE), digest(f"{persona.name} {other.name}")

    return sorted(others, key=order)


def _versions(donor: Persona, voice: Voice, target: int) -> Iterator[str]:
    """Yield the biography whole and, where that is too long, with one entry left out, with two, and so on."""
    whole = _biography(donor, voice)
    yield whole
    if tokens(whole) < target:
        return
    entries = [(kind, text) for kind in _ENTRIES for text in getattr(donor, kind)]
    for dropped in range(1, _DROPPED + 1):
        for gone in combinations(entries, dropped):
            kept = {kind: tuple(t for t in getattr(donor, kind) if (kind, t) not in gone) for kind in _ENTRIES}
            if all(len(texts) >= _KEPT for texts in kept.values()):
                yield _biography(donor.model_copy(update=kept), voice)


def _biography(donor: Persona, voice: Voice) -> str:
    return f"{voice.heading}\n{full(donor, voice)}"


def _checked(text: str, target: int, name: str, level: str) -> str:
    if abs(tokens(text) - target) > TOLERANCE * target:
        message = f"{name}: no {level} text within {TOLERANCE:.0%} of {target} tokens; closest {tokens(text)}"
        raise SuiteError(message)
    return text
