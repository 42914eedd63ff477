"""Text from outside must stay text in Markdown and in the commands of a runner."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from standfast.reports.escapes import BREAK, command, line, markdown
from tests.reports.test_hostile import HOSTILE

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HOSTILE_MARKDOWN = {
    **HOSTILE,
    "heading": "# x",
    "list": "- x",
    "number": "1. x",
    "rule": "---",
    "underline": "===",
    "fence": "```sh\nrm -rf /\n```",
    "cell": r"a | b \| c \\| d",
    "details": "</details><details open>",
    "comment": "--> x <!--",
    "quick action": "/close\n/merge",
    "entity": "&lt;b&gt; &#64;all",
    "reference": "[x]: http://evil.example",
}


def _text(rendered: str) -> str:
    """Return what a reader of HTML sees."""
    return html.unescape(re.sub(r"<[^>]*>", "", rendered)).replace(BREAK, "").strip()


def _tags(rendered: str) -> list[str]:
    return re.findall(r"<(\w+)", rendered)


def _is_shown(text: str) -> None:
    """Check that a text is shown letter by letter in a list, in a table and in bold, and does nothing else there."""
    said = markdown(text)
    shown = line(text).replace(BREAK, "")
    listed = MARKDOWN.render(f"- {said}\n")
    assert (_text(listed), _tags(listed)) == (shown, ["ul", "li"])
    tabled = MARKDOWN.render(f"| a |\n| --- |\n| {said} |\n")
    assert _text(tabled.partition("<tbody>")[2]) == shown
    assert _tags(tabled) == ["table", "thead", "tr", "th", "tbody", "tr", "td"]
    bold = MARKDOWN.render(f"x **Say {said}.** y")
    assert (_text(bold), _tags(bold)) == (" ".join(f"x Say {shown}. y".split()), ["p", "strong"])


@pytest.mark.parametrize("text", [t for t in HOSTILE_MARKDOWN.values() if line(t)])
def test_hostile_text_is_shown_as_it_is(text: str) -> None:
    _is_shown(text)


@given(st.text(min_size=1, max_size=60).filter(line))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    _is_shown(text)


@given(st.text(alphabet="\\|`*_[]()<>!#-+=~1. &;:/a\n", min_size=1, max_size=30).filter(line))
def test_any_markup_is_shown_as_it_is(text: str) -> None:
    _is_shown(text)


@pytest.mark.parametrize("live", ["@everyone", "#12", "!12", "acme/x#3", "GH-7", "http://e.example", "www.e.example"])
def test_what_a_forge_makes_a_link_of_is_parted(live: str) -> None:
    rendered = html.unescape(MARKDOWN.render(f"- {markdown(live)}"))
    assert live not in rendered
    assert live in rendered.replace(BREAK, "")


COMMAND = re.compile(r"::([a-z]+)(?: ([^:]*))?::(.*)")


def _read(said: str) -> tuple[str, dict[str, str], str]:
    """Read a command as the runner does: what stands between colons, split at commas, then unescaped."""
    kind, told, message = COMMAND.fullmatch(said).groups()
    pairs = (pair.split("=", 1) for pair in (told or "").split(",") if pair)
    codes = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}

    def plain(text: str) -> str:
        for code, ch in codes.items():
            text = text.replace(code, ch)
        return text

    return kind, {name: plain(value) for name, value in pairs}, plain(message)


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_runner_reads_a_command_as_it_was_meant(title: str, message: str) -> None:
    said = command("error", line(message), title=title, line=3)
    assert "\n" not in said
    assert "\r" not in said
    kind, properties, told = _read(said)
    assert (kind, told, properties.get("title", ""), properties["line"]) == ("error", line(message), line(title), "3")


def test_a_message_cannot_give_a_second_command() -> None:
    said = command("notice", "a\n::error::b\r\n::set-output name=x::y%0A::stop-commands::z", title="t::error::u")
    assert len(re.split(r"[\r\n\x85\u2028\u2029\v\f]", said)) == 1
    assert _read(said)[0] == "notice"
