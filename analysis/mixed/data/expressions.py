"""What a fixed part, or the effects of a random part, asks of the data.

formulaic reads these texts. Its own list of required variables (1.2) leaves out the arguments of stateful transforms
such as `poly(x, 2)`, so the columns are found here.
"""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from formulaic import Formula, SimpleFormula
from formulaic.errors import FormulaicError
from formulaic.parser.types import Factor
from formulaic.transforms import TRANSFORMS

from standfast._problems import quoted

# formulaic's functions whose value in a row depends on that row alone, apart from the levels of a factor.
_BY_ROW = {"C", "I", "Q", "hashed", "exp10", "Treatment", "Poly", "Sum", "Helmert", "Diff"}
_BY_ROW_NUMPY = {"where", "clip", "round", "isin", "isclose", "asarray", "array"}
_BY_ROW_METHODS = {"astype", "isin", "abs", "clip", "round"}
_TYPES = {"float", "int", "str", "bool", "complex"}  # builtins that stand as arguments, as in x.astype(float)
_MARKED = re.compile(r"⧛(?:\x1b\[[0-9;]*m)?")  # what formulaic puts before the words it did not understand
_BACKTICKS = re.compile(r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|`([^`]*)`""")


class NotUnderstoodError(Exception):
    """A text that is not an expression.

    Attributes:
        wrong: What is wrong, in words.
        at: Where, counting characters from 0; `None` where that is not known.
    """

    def __init__(self, wrong: str, at: int | None = None) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.at = at


def check(text: str) -> None:
    """Find out whether formulaic understands an expression.

    Raises:
        NotUnderstoodError: It does not.
    """
    try:
        parsed = Formula(text)
    except FormulaicError as error:
        message, _, shown = str(error).partition("\n")
        mark = _MARKED.search(shown.strip("\n"))
        wrong = f"{message.rstrip('.')}, in {quoted(text.strip())}"
        raise NotUnderstoodError(wrong, mark.start() if mark else None) from None
    except SyntaxError:
        wrong = f"{quoted(text.strip())} holds Python code that is not valid"
        raise NotUnderstoodError(wrong) from None
    if not isinstance(parsed, SimpleFormula):
        wrong = f"{quoted(text.strip())} is more than one sum of terms"
        raise NotUnderstoodError(wrong)
    for factor in _factors(text):
        _tree(factor)


def terms(text: str) -> frozenset[frozenset[str]]:
    """Return the terms of an expression, each a set of factors; the intercept is `{"1"}`."""
    return frozenset(frozenset(factor.expr for factor in term.factors) for term in Formula(text))


def columns(text: str) -> tuple[str, ...]:
    """Return the columns that an expression needs, each once, in the order of its terms."""
    return tuple(dict.fromkeys(name for factor in _factors(text) for name in _columns(factor)))


def depends_on_rows(text: str) -> bool:
    """Tell whether the value of an expression in a row may depend on other rows."""
    return any(not _by_row(node) for factor in _factors(text) for node in _nodes(_tree(factor)[0]))


@lru_cache(maxsize=64)
def _factors(text: str) -> tuple[Factor, ...]:
    return tuple(dict.fromkeys(factor for term in Formula(text) for factor in term.factors))


def _tree(factor: Factor) -> tuple[ast.Expression | None, dict[str, str]]:
    """Return the Python code of a factor, and the columns behind the names that stand for its backticks."""
    if factor.eval_method is not Factor.EvalMethod.PYTHON:
        return None, {}
    hidden: dict[str, str] = {}

    def replace(match: re.Match[str]) -> str:
        if match[2] is None:
            return match[0]
        name = f"_backticks_{len(hidden)}"
        hidden[name] = match[2]
        return name

    try:
        return ast.parse(_BACKTICKS.sub(replace, factor.expr).strip(), mode="eval"), hidden
    except (SyntaxError, ValueError):
        wrong = f"{quoted(factor.expr)} is not valid Python code"
        raise NotUnderstoodError(wrong) from None


def _nodes(tree: ast.Expression | None) -> Iterator[ast.AST]:
    return ast.walk(tree) if tree else iter(())


def _columns(factor: Factor) -> Iterator[str]:
    if factor.eval_method is Factor.EvalMethod.LOOKUP:
        yield factor.expr
    tree, hidden = _tree(factor)
    nodes = list(_nodes(tree))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    names = [node for node in nodes if isinstance(node, ast.Name)]
    functions = {id(call.func) for call in calls}
    other = {name.id for name in names if not isinstance(name.ctx, ast.Load)} | TRANSFORMS.keys() | _TYPES
    other |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    for name in names:
        if id(name) not in functions and name.id not in other:
            yield hidden.get(name.id, name.id)
    for call in calls:
        if isinstance(call.func, ast.Name) and call.func.id == "Q":
            yield from (str(name.value) for name in call.args if isinstance(name, ast.Constant))


def _by_row(node: ast.AST) -> bool:
    """Tell whether a piece of Python, apart from its parts, works row by row."""
    if isinstance(node, ast.Call):
        return _function_by_row(node.func)
    if isinstance(node, ast.Attribute):
        return _root(node) in {"np", "contr"} or node.attr in _BY_ROW_METHODS
    return not isinstance(node, ast.Subscript | ast.comprehension | ast.Lambda)


def _function_by_row(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id in _BY_ROW or isinstance(TRANSFORMS.get(function.id), np.ufunc)
    if not isinstance(function, ast.Attribute):
        return False
    if isinstance(function.value, ast.Name) and function.value.id == "np":
        return function.attr in _BY_ROW_NUMPY or isinstance(getattr(np, function.attr, None), np.ufunc)
    return _root(function) == "contr" or function.attr in _BY_ROW_METHODS


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
