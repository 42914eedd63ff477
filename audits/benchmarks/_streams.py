"""Read published files that are larger than memory should hold: one entry at a time, with its place in the file."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from standfast.audits.benchmarks._rows import Row
from standfast.errors import SuiteError

MAX_ENTRY = 2**24  # characters; the longest published debate has a tenth of it
_CHUNK = 2**20
_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


def json_lines(path: str | Path) -> Iterator[Row]:
    """Yield the objects of a JSONL file; a row's number is its line.

    Raises:
        SuiteError: The file cannot be read, a line is longer than `MAX_ENTRY`, or is no JSON object.
    """
    with _opened(path) as file:
        number = 0
        while line := _text(path, file, MAX_ENTRY + 1, line=True):
            number += 1
            where = f"{path}: line {number}"
            if len(line) > MAX_ENTRY:
                message = f"{where}: is longer than {MAX_ENTRY} characters; expected one JSON object a line"
                raise SuiteError(message)
            if line.strip():
                yield Row(where, number, _object(where, line))


def entries(path: str | Path) -> Iterator[tuple[str, Row]]:
    """Yield key and object of each entry of a JSON object of objects; a row's number is its place.

    Raises:
        SuiteError: The file cannot be read, is no such object, or an entry is longer than `MAX_ENTRY`.
    """
    with _opened(path) as file:
        text = _Buffer(path, file, str(path))
        text.expect("{", "a JSON object of objects")
        number = 0
        while text.peek() != "}":
            if number:
                text.expect(",", "a comma or the end of the object")
            number += 1
            text.where = f"{path}: entry {number}"
            key = text.value()
            text.expect(":", "a colon and an object")
            value = text.value()
            if not isinstance(key, str) or not isinstance(value, dict):
                message = f"{text.where}: is {str(value)[:60]!r}; expected an object under a name"
                raise SuiteError(message)
            yield key, Row(text.where, number, value)


@dataclass(slots=True)
class _Buffer:
    """What was read of a file and not yet taken.

    Attributes:
        path: The file's path.
        file: The open file.
        where: File and entry, as an error names them.
        text: What was read.
        at: Where in it what was not taken begins.
    """

    path: str | Path
    file: TextIO
    where: str
    text: str = ""
    at: int = 0

    def peek(self) -> str:
        """Return the next character that is no white space, empty at the end of the file."""
        while True:
            self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]  # it matches nothing as well
            if self.at < len(self.text):
                return self.text[self.at]
            self.text, self.at = _text(self.path, self.file, _CHUNK), 0
            if not self.text:
                return ""

    def expect(self, mark: str, meant: str) -> None:
        """Take one character, which must be the mark."""
        if self.peek() != mark:
            message = f"{self.where}: has {self.text[self.at : self.at + 20]!r}; expected {meant}"
            raise SuiteError(message)
        self.at += 1

    def value(self) -> Any:
        """Take one JSON value; more is read until it is whole."""
        self.peek()
        while True:
            try:
                found, self.at = _DECODER.raw_decode(self.text, self.at)
            except RecursionError as error:
                message = f"{self.where}: cannot be read as JSON: nested too deeply"
                raise SuiteError(message) from error
            except ValueError as error:
                rest = self.text[self.at :]
                # Doubling, so that a long entry is not tried too often.
                more = _text(self.path, self.file, max(_CHUNK, len(rest)))
                if not more or len(rest) > MAX_ENTRY:
                    message = f"{self.where}: cannot be read as JSON: {error}"
                    raise SuiteError(message) from error
                self.text, self.at = rest + more, 0
            else:
                return found


def _object(where: str, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except RecursionError as error:
        message = f"{where}: cannot be read as JSON: nested too deeply"
        raise SuiteError(message) from error
    except ValueError as error:
        message = f"{where}: cannot be read as JSON: {error}"
        raise SuiteError(message) from error
    if not isinstance(found, dict):
        message = f"{where}: is {type(found).__name__} {line.strip()[:60]}; expected an object"
        raise SuiteError(message)
    return found


def _opened(path: str | Path) -> TextIO:
    try:
        return Path(path).open(encoding="utf-8-sig")
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror or error}"
        raise SuiteError(message) from error


def _text(path: str | Path, file: TextIO, size: int, *, line: bool = False) -> str:
    try:
        return file.readline(size) if line else file.read(size)
    except UnicodeDecodeError as error:
        message = f"{path}: cannot be read as UTF-8: byte {error.object[error.start]:#04x} near {error.start}"
        raise SuiteError(message) from error
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror or error}"
        raise SuiteError(message) from error
