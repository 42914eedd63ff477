"""Formula text -> words; what stands in a function call, a subscript or braces is Python's, and one word."""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from standfast._problems import printable, quoted
from standfast.errors import FitError

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<backtick>`[^`]+`)
      | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
      | (?P<number>[0-9][\w.]*|\.[0-9]+)
      | (?P<name>[\w.]+)
      | (?P<bar>\|\|?)
      | (?P<open>[(\[{])
      | (?P<close>[)\]}])
      | (?P<operator>.)""",
    re.VERBOSE | re.DOTALL,
)
_CLOSES = {"(": ")", "[": "]", "{": "}"}
_ENDS = {"backtick", "text", "number", "name", "code", "close"}  # after these, an operator or nothing
_STARTS = {"backtick", "text", "number", "name", "code", "open"}


class Word(NamedTuple):
    """A word of the text; start and end count characters from 0."""

    kind: str
    text: str
    start: int
    end: int


def split(text: str) -> list[Word]:
    """Return the words of a formula.

    Raises:
        FitError: A quote or bracket is not closed, or an operator is missing between two words.
    """
    tokens = _fold(text, _lex(text))
    _check_operators(tokens)
    return tokens


def error(at: int, wrong: str) -> FitError:
    """Return the exception that says what is wrong at a place, counted from 0 here and from 1 in the message."""
    return FitError(printable(f"formula, column {at + 1}: {wrong}"))


def depths(tokens: Sequence[Word]) -> Iterator[int]:
    """Return how many brackets are open after each token."""
    return accumulate((token.kind == "open") - (token.kind == "close") for token in tokens)


def join(tokens: Sequence[Word]) -> str:
    """Return the words with one space where there was any, and none inside brackets."""
    tight = [a.end == b.start or a.kind == "open" or b.kind == "close" for a, b in pairwise(tokens)]
    gaps = ["" if close else " " for close in tight]
    return "".join(token.text + gap for token, gap in zip(tokens, [*gaps, ""], strict=True))


def _lex(text: str) -> list[Word]:
    matches = _TOKEN.finditer(text)
    tokens = [Word(str(m.lastgroup), m.group(), m.start(), m.end()) for m in matches if m.lastgroup != "space"]
    for token in tokens:
        if token.kind == "operator" and token.text in "`'\"":
            raise error(token.start, f"the quote {token.text} is not closed, or holds nothing")
    return tokens


def brackets(tokens: Sequence[Word]) -> dict[int, int]:
    """Return the place of the closing bracket of each opening one."""
    waiting: list[int] = []
    pairs = {}
    for i, token in enumerate(tokens):
        if token.kind == "open":
            waiting.append(i)
        elif token.kind == "close":
            if not waiting or _CLOSES[tokens[waiting[-1]].text] != token.text:
                raise error(token.start, f"the bracket {token.text} closes nothing that is open")
            pairs[waiting.pop()] = i
    if waiting:
        raise error(tokens[waiting[-1]].start, f"the bracket {tokens[waiting[-1]].text} is not closed")
    return pairs


def _fold(text: str, tokens: Sequence[Word]) -> list[Word]:
    """Make one token of each function call, subscript and piece of Python in braces: a bar in there is Python's."""
    pairs = brackets(tokens)
    folded: list[Word] = []
    i = 0
    while i < len(tokens):
        token, last = tokens[i], folded[-1] if folded else None
        called = last is not None and last.kind in {"name", "code"} and last.end == token.start
        if i in pairs and (called or token.text == "{"):
            start = folded.pop().start if called else token.start
            i = pairs[i]
            folded.append(Word("code", text[start : tokens[i].end], start, tokens[i].end))
        else:
            folded.append(token)
        i += 1
    return folded


def _check_operators(tokens: Sequence[Word]) -> None:
    """Refuse two words without an operator between them, as in `(1 item)`."""
    for first, second in pairwise(tokens):
        if first.kind in _ENDS and second.kind in _STARTS:
            wrong = f"nothing stands between {quoted(first.text)} and {quoted(second.text)}"
            raise error(second.start, f"{wrong}; write +, : or *, or | before a group")
