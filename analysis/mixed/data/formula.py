"""Formula text -> response, fixed part and random parts, as lme4 writes them.

`y ~ 1 + role * profile + (1 + role | item) + (1 | persona)`. A random part is `(effects | group)`: effects that vary
between the levels of a group, correlated with one another, or independent with `||`. A group is a column, columns
crossed by `:`, or columns nested by `/`. The fixed part and the effects are formulaic's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from standfast._problems import quoted
from standfast.analysis.mixed.data import expressions, words
from standfast.analysis.mixed.data.words import Word

_PLAIN = re.compile(r"\.?[^\W\d][\w.]*")  # a name that needs no backticks
_SHAPE = "a formula is written response ~ fixed part + (effects | group)"
_RANDOM = "a random part is written (effects | group)"


class _Found(NamedTuple):
    """A random part before it is read: what stands on either side of its bar."""

    effects: list[Word]
    bar: Word
    group: list[Word]


@dataclass(frozen=True, slots=True)
class RandomPart:
    """Effects that vary between the levels of a group.

    Attributes:
        expression: The effects in formulaic's syntax, such as `1 + role * profile`; it includes an intercept unless
            that is taken out, as in `0 + role`.
        group: Columns whose combinations are the levels: `("item", "persona")` for `item:persona`.
        correlated: Whether the effects of a level are correlated; false for `||`.
    """

    expression: str
    group: tuple[str, ...]
    correlated: bool = True

    def __str__(self) -> str:
        """Return it as in a formula, without the parentheses: `1 + role | item`."""
        return f"{self.expression} {'|' if self.correlated else '||'} {':'.join(map(_name, self.group))}"


@dataclass(frozen=True, slots=True)
class Formula:
    """A model formula.

    Attributes:
        response: The column of the response.
        fixed: The right side without the random parts, in formulaic's syntax; `1` where nothing else is left.
        random: The random parts in the order of the text, nested groups spelt out; may be empty.
    """

    response: str
    fixed: str
    random: tuple[RandomPart, ...]

    def __str__(self) -> str:
        """Return a text that parses to the same formula."""
        return " + ".join([f"{_name(self.response)} ~ {self.fixed}", *(f"({part})" for part in self.random)])


@lru_cache(maxsize=512)
def parse(text: str) -> Formula:
    """Read a formula.

    `(1 | a/b)` stands for `(1 | a) + (1 | a:b)`.

    Args:
        text: For example `y ~ role + (1 | item)`.

    Raises:
        FitError: The text is not a formula; the message names the column of the text, from 1.
    """
    left, right = _sides(words.split(text))
    response = _response(left)
    found, fixed = _split(right)
    return Formula(response, _expression(fixed) if fixed else "1", _parts(found))


def variables(formula: Formula) -> tuple[str, ...]:
    """Return the columns that the fixed part and the effects need, each once, in the order of their terms."""
    return tuple(dict.fromkeys(name for text in _expressions(formula) for name in expressions.columns(text)))


def groups(formula: Formula) -> tuple[str, ...]:
    """Return the grouping columns, each once, in the order of the text."""
    return tuple(dict.fromkeys(name for part in formula.random for name in part.group))


def uses_rows(formula: Formula) -> bool:
    """Tell whether a value in the fixed part or the effects depends on other rows, as in `scale(x)` or `x.mean()`.

    What is not known to work row by row counts as depending on the others.
    """
    return any(expressions.depends_on_rows(text) for text in _expressions(formula))


def _expressions(formula: Formula) -> list[str]:
    return [formula.fixed, *(part.expression for part in formula.random)]


def _name(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else f"`{name}`"


def _sides(tokens: list[Word]) -> tuple[list[Word], list[Word]]:
    tildes = [i for i, token in enumerate(tokens) if token.text == "~"]
    if not tildes:
        raise words.error(tokens[-1].end if tokens else 0, f"there is no ~; {_SHAPE}")
    if len(tildes) > 1:
        raise words.error(tokens[tildes[1]].start, f"this is the second ~; {_SHAPE}")
    tilde = tokens[tildes[0]]
    left, right = tokens[: tildes[0]], tokens[tildes[0] + 1 :]
    if not left or not right:
        raise words.error(tilde.start, f"nothing stands {'before' if not left else 'after'} the ~; {_SHAPE}")
    return left, right


def _response(tokens: list[Word]) -> str:
    bars = [token for token in tokens if token.kind == "bar"]
    if bars:
        raise words.error(bars[0].start, f"a random part is not part of the response; {_SHAPE}")
    if len(tokens) > 1 or not _is_name(tokens[0]):
        wrong = f"the response is one column, not {quoted(words.join(tokens))}; compute it in the data first"
        raise words.error(tokens[0].start, wrong)
    return tokens[0].text.strip("`")


def _terms(tokens: list[Word]) -> list[tuple[list[Word], list[Word]]]:
    """Split at + and − outside parentheses into signs and tokens of each term."""
    terms: list[tuple[list[Word], list[Word]]] = [([], [])]
    depth = 0
    for token in tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 0 and token.text in {"+", "-"}:
            if terms[-1][1]:
                terms.append(([], []))
            terms[-1][0].append(token)
        else:
            terms[-1][1].append(token)
    if not terms[-1][1]:
        sign = terms[-1][0][-1]
        raise words.error(sign.start, f"nothing stands after the {sign.text}")
    return terms


def _split(tokens: list[Word]) -> tuple[list[_Found], list[Word]]:
    """Take the random parts out of a sum; return them, and what is left."""
    found: list[_Found] = []
    left: list[Word] = []
    for signs, term in _terms(tokens):
        inside, rest = _split_term(signs, term)
        found += inside
        if rest:
            left += (signs if left or any(sign.text == "-" for sign in signs) else []) + rest
    return found, left


def _split_term(signs: list[Word], term: list[Word]) -> tuple[list[_Found], list[Word]]:
    bars = [token for token in term if token.kind == "bar"]
    if not bars:
        return [], term
    if term[0].text != "(" or words.brackets(term)[0] != len(term) - 1:
        raise words.error(bars[0].start, f"this bar does not stand in a term of its own; {_RANDOM}, and added with +")
    if any(sign.text == "-" for sign in signs):
        raise words.error(signs[0].start, "a random part is added with +, never taken away")
    inner = term[1:-1]
    at = next((i for i, depth in enumerate(words.depths(inner)) if depth == 0 and inner[i].kind == "bar"), None)
    if at is None:
        found, rest = _split(inner)
        return found, [term[0], *rest, term[-1]] if rest else []
    if len(bars) > 1:
        raise words.error(bars[1].start, f"this is the second bar of one random part; {_RANDOM}")
    return [_Found(inner[:at], inner[at], inner[at + 1 :])], []


def _parts(found: Sequence[_Found]) -> tuple[RandomPart, ...]:
    parts = []
    known = set()
    for effects, bar, group in found:
        if not effects:
            raise words.error(bar.start, f"nothing stands before the {bar.text}; an intercept is written 1")
        expression = _expression(effects)
        meaning = expressions.terms(expression)
        if not meaning:
            wrong = f"{quoted(expression)} leaves no effect to vary; an intercept is written 1"
            raise words.error(effects[0].start, wrong)
        for names in _groups(bar, group):
            if (meaning, frozenset(names)) in known:
                wrong = f"{quoted(expression)} varies by {quoted(':'.join(names))} already; state each random part once"
                raise words.error(effects[0].start, wrong)
            known.add((meaning, frozenset(names)))
            parts.append(RandomPart(expression, names, bar.text == "|"))
    return tuple(parts)


def _groups(bar: Word, tokens: list[Word]) -> list[tuple[str, ...]]:
    """Read a grouping expression; a/b/c is a, a:b and a:b:c."""
    what = "a group is a column, or columns joined by : or /"
    if not tokens:
        raise words.error(bar.start, f"nothing stands after the {bar.text}; {what}")
    names: list[str] = []
    found: list[tuple[str, ...]] = []
    for i, token in enumerate(tokens):
        fits = token.text in {":", "/"} if i % 2 else _is_name(token)
        if not fits or (i == len(tokens) - 1 and i % 2):
            raise words.error(token.start, f"{what}, not {quoted(words.join(tokens))}")
        if token.text == "/":
            found.append(tuple(names))
        elif i % 2 == 0:
            names.append(token.text.strip("`"))
            if len(set(names)) < len(names):
                raise words.error(token.start, f"{quoted(names[-1])} stands twice in one group")
    return [*found, tuple(names)]


def _is_name(token: Word) -> bool:
    return token.kind == "backtick" or (token.kind == "name" and _PLAIN.fullmatch(token.text) is not None)


def _expression(tokens: Sequence[Word]) -> str:
    """Return a fixed part or effects as text, once formulaic has understood it."""
    spaced, place = "", 0
    for token in tokens:
        if token.kind == "code":
            _check(token.text, token.start, token.start)
        elif token.text == ".":
            raise words.error(token.start, "a lone . names no column; write the columns out")
        spaced += " " * (token.start - place) + token.text
        place = token.end
    _check(spaced, 0, tokens[0].start)
    return words.join(tokens)


def _check(text: str, start: int, otherwise: int) -> None:
    """Refuse what formulaic does not understand; the text begins at `start`, `otherwise` is where it may be wrong."""
    try:
        expressions.check(text)
    except expressions.NotUnderstoodError as error:
        raise words.error(otherwise if error.at is None else start + error.at, error.wrong) from None
