"""The phrase banks that subject and judge share, and nothing else."""

from functools import lru_cache
from importlib.resources import files

from pydantic import RootModel

from standfast.cards import load


class Banks(RootModel[dict[str, tuple[str, ...]]]):
    """Bank -> phrases."""


@lru_cache
def banks() -> dict[str, tuple[str, ...]]:
    """Return the phrase banks."""
    return load(files("standfast.simulated") / "phrases.yaml", Banks).root


def shows(text: str, bank: str) -> bool:
    """Tell whether the text holds a phrase of the bank."""
    return any(phrase in text for phrase in banks()[bank])
