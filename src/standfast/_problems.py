"""One mistake in a file: where it is, what is wrong, what would be right."""

import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what the YAML scanner counts as one
_WIDTH = 100  # longest excerpt shown, characters
_LISTED = 12  # most choices that a hint lists


class Mark(NamedTuple):
    """A stretch of one line; line and column count from 1."""

    line: int
    column: int
    length: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake in a file.

    Attributes:
        file: The file as the user named it.
        mark: Where it is.
        message: What is wrong.
        hint: What would be right, or empty.
        source: The whole source line.
    """

    file: str
    mark: Mark
    message: str
    hint: str = ""
    source: str = ""

    def __str__(self) -> str:
        """Return `file:line:column: what is wrong; hint`, then the source line and carets."""
        hint = f"; {self.hint}" if self.hint else ""
        head = printable(f"{self.file}:{self.mark.line}:{self.mark.column}: {self.message}{hint}")
        return f"{head}\n{self._excerpt()}" if self.source.strip() else head

    def _excerpt(self) -> str:
        start = max(0, self.mark.column - 1 - _WIDTH // 2) if len(self.source) > _WIDTH else 0
        shown = printable(self.source[start : start + _WIDTH])
        before = shown[: self.mark.column - 1 - start]
        padding = "".join("\t" if c == "\t" else " " for c in before)
        carets = "^" * max(1, min(self.mark.length, len(shown) - len(before)))
        return f"{self.mark.line:>6} | {shown}\n{'':>6} | {padding}{carets}"


def lines_of(text: str) -> list[str]:
    """Split a text where the YAML scanner ends a line."""
    return _LINE_BREAK.split(text)


def printable(text: str) -> str:
    """Replace every character that a terminal might act on or hide, one for one."""
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def quoted(text: object, limit: int = 60) -> str:
    """Return a text from the file in quotes, short and safe to show."""
    word = printable(str(text))
    return f'"{word[:limit]}…"' if len(word) > limit else f'"{word}"'


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice that the word is most likely a misspelling of."""
    by_folded = {choice.casefold(): choice for choice in choices}
    found = difflib.get_close_matches(word[:_WIDTH].casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def suggest(word: str, choices: Collection[str]) -> str:
    """Return a hint: the nearest choice, or the choices where they are few."""
    if near := nearest(word, choices):
        return f'did you mean "{near}"?'
    if not choices or len(choices) > _LISTED:
        return ""
    return "choose from " + ", ".join(choices)
