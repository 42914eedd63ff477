"""A YAML file, or a folder of them, -> frozen models; every mistake with file:line:column."""

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from itertools import islice
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from standfast import _validation, _yaml
from standfast._problems import Mark, Problem, lines_of, quoted, suggest
from standfast.errors import SuiteError

MAX_BYTES = 5_000_000
_BYTE_ORDER_MARK = "\ufeff"
_SOUGHT = 1000  # problems of one kind; a file that is all wrong must not take minutes to explain
_SHOWN = 50  # problems in one message; more help nobody


class Card(BaseModel):
    """Base of everything that is read from YAML."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


M = TypeVar("M", bound=BaseModel)


class CardError(SuiteError):
    """A YAML file is wrong.

    Attributes:
        problems: All of them, in the order of the file.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.mark))
        super().__init__(self.problems)

    def __str__(self) -> str:
        """Return every problem with its source line."""
        shown = [str(problem) for problem in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            shown.append(f"and {len(self.problems) - _SHOWN} more problems")
        return "\n".join(shown)


@dataclass(frozen=True, slots=True)
class Reference:
    """A name in the file that must be one of those known.

    Attributes:
        path: Where it is: keys and indices from the top. Where the name is the last step, it is a key.
        kind: What is named, such as `profile`.
        name: The name.
        known: All names that would be right, in the order in which a hint lists them.
    """

    path: tuple[str | int, ...]
    kind: str
    name: str
    known: Collection[str]


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that a valid file breaks.

    Attributes:
        path: Where: keys and indices from the top.
        message: What is wrong.
        hint: What would be right.
    """

    path: tuple[str | int, ...]
    message: str
    hint: str = ""


def load(
    path: Path | Traversable, model: type[M], *, check: Callable[[M], Iterable[Reference | Fault]] | None = None
) -> M:
    """Read one YAML file into a model.

    Raises:
        SuiteError: The file cannot be read, or is wrong; the message lists every problem.
    """
    file = str(path)
    raw = _read_bytes(path, file)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = lines_of(raw[: error.start].decode("utf-8"))
        mark = Mark(len(before), len(before[-1]) + 1)
        raise CardError([Problem(file=file, mark=mark, message="the file is not UTF-8")]) from None
    return loads(text, file, model, check=check)


def _read_bytes(path: Path | Traversable, file: str) -> bytes:
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        message = f"{file}: there is no such file"
        raise SuiteError(message) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        message = f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}"
        raise SuiteError(message) from None
    if len(raw) > MAX_BYTES:
        message = f"{file}: larger than {MAX_BYTES // 1_000_000} MB"
        raise SuiteError(message)
    return raw


def loads(
    text: str, file: str, model: type[M], *, check: Callable[[M], Iterable[Reference | Fault]] | None = None
) -> M:
    """Read YAML text into a model.

    Args:
        text: The YAML.
        file: What to call it in messages.
        model: What it must be.
        check: Rules that the model's types cannot say. It runs once everything else is right.

    Raises:
        SuiteError: The text is wrong; the message lists every problem.
    """
    text = text.removeprefix(_BYTE_ORDER_MARK)
    root, problems = _yaml.read(text, file)
    if root is None:
        raise CardError(problems)
    card, complaints = _validate(root, model)
    if card is not None and not problems and check is not None:
        wrong = (found for found in check(card) if not _holds(found))
        complaints = [_complaint(found, root, text) for found in islice(wrong, _SOUGHT)]
    problems += _placed(complaints, text, file)
    if card is None or problems:
        raise CardError(problems)
    return card


def load_folder(folder: Traversable, model: type[M]) -> dict[str, M]:
    """Read every `*.yaml` in a folder, by file stem and in its order.

    Raises:
        SuiteError: A file is wrong.
    """
    paths = {entry.name.removesuffix(".yaml"): entry for entry in folder.iterdir() if entry.name.endswith(".yaml")}
    return {stem: load(paths[stem], model) for stem in sorted(paths)}


def _validate(root: _yaml.Node, model: type[M]) -> tuple[M | None, list[_validation.Complaint]]:
    # Through JSON, because strict mode then takes a list for a tuple, but still no "3" for 3 and no 1 for true.
    document = json.dumps(root.data())
    try:
        return model.model_validate_json(document, strict=True), []
    except ValidationError as error:
        return None, _validation.explain(error.errors(include_url=False)[:_SOUGHT], root, model)


def _holds(found: Reference | Fault) -> bool:
    return isinstance(found, Reference) and found.name in found.known


def _complaint(found: Reference | Fault, root: _yaml.Node, text: str) -> _validation.Complaint:
    if isinstance(found, Fault):
        mark = _validation.find(root, found.path)
        return _validation.Complaint(mark=mark, message=found.message, hint=found.hint)
    mark = _validation.find(root, found.path, key=found.path[-1:] == (found.name,))
    return _validation.Complaint(
        mark=_narrowed(mark, found.name, text),
        message=f"{found.kind} {quoted(found.name)} not found",
        hint=suggest(found.name, found.known),
    )


def _narrowed(mark: Mark, name: str, text: str) -> Mark:
    """Mark the name alone where it is a part of a longer text, such as a contrast."""
    line = lines_of(text)[mark.line - 1]
    start = line.find(name, mark.column - 1, mark.column - 1 + mark.length) if name else -1
    return mark if start < 0 else Mark(mark.line, start + 1, len(name))


def _placed(complaints: Iterable[_validation.Complaint], text: str, file: str) -> list[Problem]:
    lines = lines_of(text)
    return [
        Problem(file=file, mark=c.mark, message=c.message, hint=c.hint, source=lines[c.mark.line - 1])
        for c in complaints
    ]
