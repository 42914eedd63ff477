"""YAML text -> a tree that knows where each value stands in the file.

A small, strict YAML: one document, no tags, no merge keys, no duplicate keys. Plain words are read as in
YAML 1.2: only `true` and `false` are booleans, numbers are finite and decimal, so that `no`, `1:30` and
`2024-01-01` stay text. Limits on nesting and on the size after aliases keep hostile files cheap.
"""

import math
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import yaml

from standfast._problems import Mark, Problem, lines_of, quoted

MAX_VALUES = 100_000
MAX_DEPTH = 50

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 100  # characters; more is no number that anyone means

Scalar = str | int | float | bool | None


@dataclass(slots=True)
class Node:
    """One value of the file.

    Attributes:
        mark: Where it stands; of a mapping or list only its first character.
        value: A scalar, a list of nodes, or key -> node.
        text: A scalar as it is written in the file.
        keys: Where each key of a mapping stands.
        size: Values in it, aliases written out.
        height: Levels in it.
        plain: Whether a scalar stands without quotes.
    """

    mark: Mark
    value: "Scalar | list[Node] | dict[str, Node]"
    text: str = ""
    keys: dict[str, Mark] | None = None
    size: int = 1
    height: int = 1
    plain: bool = False

    def data(self) -> Any:
        """Return plain Python data, aliases written out."""
        if isinstance(self.value, list):
            return [node.data() for node in self.value]
        if isinstance(self.value, dict):
            return {key: node.data() for key, node in self.value.items()}
        return self.value


class _StopReading(Exception):  # noqa: N818 -- ends the walk; never leaves this module
    """The rest of the file cannot be read."""


def read(text: str, file: str) -> tuple[Node | None, list[Problem]]:
    """Read one YAML document.

    Returns:
        The tree, `None` where the text cannot be read to its end, and every problem met.
    """
    return _Reader(text, file).read()


class _Reader:
    """Turns the events of one text into nodes."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.lines = lines_of(text)
        self.problems: list[Problem] = []
        self.anchors: dict[str, Node] = {}
        self.open: list[tuple[Node, list[Node]]] = []
        self.root: Node | None = None
        self.documents = 0

    def read(self) -> tuple[Node | None, list[Problem]]:
        try:
            self._refuse_control_characters()
            for event in self._events():
                self._take(event)
        except _StopReading:
            return None, self.problems
        if self.root is None or (self.root.value is None and not self.root.text):
            self._note(Mark(1, 1), "the file is empty")
            return None, self.problems
        return self.root, self.problems

    def _note(self, mark: Mark, message: str, hint: str = "") -> None:
        source = self.lines[mark.line - 1] if mark.line <= len(self.lines) else ""
        self.problems.append(Problem(file=self.file, mark=mark, message=message, hint=hint, source=source))

    def _stop(self, mark: Mark, message: str, hint: str = "") -> _StopReading:
        self._note(mark, message, hint)
        return _StopReading()

    def _refuse_control_characters(self) -> None:
        if found := _FORBIDDEN.search(self.text):
            before = lines_of(self.text[: found.start()])
            raise self._stop(Mark(len(before), len(before[-1]) + 1), _forbidden(found[0]))

    def _events(self) -> Iterable[yaml.Event]:
        """Return the events of the text; libyaml, 12 times as fast, is asked first, and PyYAML where it refuses.

        Both read what they read alike, with the same marks; a text that libyaml refuses is PyYAML's to accept or to
        explain.
        """
        if yaml.__with_libyaml__:
            with suppress(yaml.YAMLError, ValueError, OverflowError):
                return _until_too_deep(yaml.parse(self.text, yaml.CSafeLoader))
        return self._python_events()

    def _python_events(self) -> Iterator[yaml.Event]:
        try:
            yield from yaml.parse(self.text, yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)
            raise self._stop(place, f"this is not YAML: {error.problem or error.context}") from None
        except (ValueError, OverflowError):  # the scanner does not guard chr() and int() of what it finds
            raise self._stop(Mark(1, 1), "this is not YAML: an escape or a directive is out of range") from None

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self._stop(_mark(event), "a second document starts here", "one file holds one document")
        elif isinstance(event, yaml.AliasEvent):
            self._close(self._alias(event), _mark(event))
        elif isinstance(event, yaml.ScalarEvent):
            self._close(self._scalar(event), _mark(event))
        elif isinstance(event, yaml.CollectionStartEvent):
            self._start(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            node, children = self.open.pop()
            self._fill(node, children)
            self._close(node, node.mark)

    def _alias(self, event: yaml.AliasEvent) -> Node:
        node = self.anchors.get(str(event.anchor))
        if node is None:
            raise self._stop(_mark(event), f"there is no anchor {quoted(f'&{event.anchor}')} above this alias")
        if any(node is parent for parent, _ in self.open):
            raise self._stop(_mark(event), "an alias refers to itself")
        return node

    def _scalar(self, event: yaml.ScalarEvent) -> Node:
        self._refuse_tag(event)
        text, plain = event.value, event.implicit[0]
        if found := _FORBIDDEN.search(text):  # only an escape can have brought it here
            self._note(_mark(event), _forbidden(found[0]))
            text = _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
        value = _resolve(text) if plain else text
        return self._anchored(event, Node(_mark(event), value, text=text, plain=plain))

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        self._refuse_tag(event)
        empty: list[Node] | dict[str, Node] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.open.append((self._anchored(event, Node(_mark(event)._replace(length=1), empty)), []))
        self._refuse_depth(_mark(event), 0)

    def _anchored(self, event: yaml.NodeEvent, node: Node) -> Node:
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def _refuse_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._note(_mark(event)._replace(length=1), f"YAML tags are not supported, found {quoted(tag)}")

    def _refuse_depth(self, mark: Mark, below: int) -> None:
        if len(self.open) + below > MAX_DEPTH:
            raise self._stop(mark, f"more than {MAX_DEPTH} levels of nesting")

    def _close(self, node: Node, mark: Mark) -> None:
        """Hang a finished node under the one that is open, or make it the root."""
        if not self.open:
            self.root = node
            return
        self._refuse_depth(mark, node.height)
        parent, children = self.open[-1]
        children.append(node)
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)
        if parent.size > MAX_VALUES:
            raise self._stop(mark, f"the file holds more than {MAX_VALUES} values, aliases written out")

    def _fill(self, node: Node, children: list[Node]) -> None:
        if isinstance(node.value, list):
            node.value.extend(children)
            return
        members = cast("dict[str, Node]", node.value)
        node.keys = {}
        for key, child in zip(children[::2], children[1::2], strict=True):
            if self._is_key(key, node.keys):
                node.keys[key.text] = key.mark
                members[key.text] = child

    def _is_key(self, key: Node, earlier: dict[str, Mark]) -> bool:
        if isinstance(key.value, list | dict) or not key.text:
            self._note(key.mark, "a key must be a word")
        elif key.plain and key.text == "<<":
            self._note(key.mark, "merge keys (<<) are not supported", "write the keys out")
        elif key.text in earlier:
            first = earlier[key.text].line
            self._note(key.mark, f"key {quoted(key.text)} appears twice", f"first on line {first}")
        else:
            return True
        return False


def _until_too_deep(events: Iterable[yaml.Event]) -> list[yaml.Event]:
    """Return the events up to a nesting that is refused, behind which a hostile file may go on at length."""
    found, depth = [], 0
    for event in events:
        found.append(event)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            break
    return found


def _mark(event: yaml.Event) -> Mark:
    start, end = cast("yaml.Mark", event.start_mark), cast("yaml.Mark", event.end_mark)
    length = end.column - start.column if end.line == start.line else 1
    return Mark(start.line + 1, start.column + 1, max(1, length))


def _forbidden(character: str) -> str:
    return f"the character U+{ord(character):04X} is not allowed"


def _resolve(text: str) -> Scalar:
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if len(text) <= _LONGEST_NUMBER:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
            return number
    return text
