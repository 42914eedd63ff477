"""Hashes of what an audit says: whole, which tell whether two logs belong together, and text by text, for comparisons."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from standfast.audits._audit import Audit, Item, digest, item_digest, items_digest
from standfast.audits._judge import rubric_digest

DIGITS = 16  # of the hash of one text


class Texts(NamedTuple):
    """What an audit says.

    Attributes:
        items: The items.
        prompts: Role -> wordings of its prompt.
        profiles: Persona -> profile level -> what is shown of it.
        told: Persona -> what it says where it argues from its own life; empty where nobody does.
        placement: Where the profile stands if its name does not say.
    """

    items: Sequence[Item]
    prompts: Mapping[str, Sequence[str]]
    profiles: Mapping[str, Mapping[str, str]]
    told: Mapping[str, Sequence[str]]
    placement: str


def whole(audit: Audit, said: Texts) -> dict[str, str]:
    """Return one hash over all items, one over all role prompts, one over all personas, and the rubric's."""
    profiles = [list(levels.values()) for levels in said.profiles.values()]
    told = [list(texts) for texts in said.told.values()]
    return {
        "items": items_digest(said.items),
        "rubric": rubric_digest(audit),
        "role_prompts": digest({role: list(wordings) for role, wordings in said.prompts.items()}),
        "personas": digest([list(said.profiles), profiles, said.placement, told]),
    }


def each(said: Texts) -> dict[str, dict[str, str]]:
    """Return the hash of each item, role prompt and persona at each level, so that runs that share some can be compared."""
    shown = {f"{name}/{level}": text for name, levels in said.profiles.items() for level, text in levels.items()}
    argued = {f"{name}/personal": list(texts) for name, texts in said.told.items()}
    return {
        "items": {item.id: item_digest(item)[:DIGITS] for item in said.items},
        "role_prompts": {role: digest(list(wordings))[:DIGITS] for role, wordings in said.prompts.items()},
        "personas": {name: digest(text)[:DIGITS] for name, text in {**shown, **argued}.items()},
    }
