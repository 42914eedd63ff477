"""Untrusted text for other programs: the Markdown of code forges, and the commands of a CI runner.

`text.show` spells out what cannot be seen first, so that no control character, no surrogate and nothing that XML 1.0
forbids comes through here.
"""

import re

from standfast.reports.text import SHORT, show

BREAK = "\u200b"  # a zero-width space, which parts what a forge would make a link of
_MARKUP = re.compile(r"([\\`*_{}\[\]#!~$^|])")
_OPENING = re.compile(r"^(?:([-+=])(?!\d)|(\d+)([.)])(?!\d))")  # what would open a list or draw a line
# People, issues, merge requests and addresses: forges find these in the text after the markup is gone.
_LIVE = re.compile(r"([@#!]|:(?=//)|www(?=\.)|GH(?=-\d))", re.IGNORECASE)


def line(text: str, longest: int = SHORT) -> str:
    """Return the text in one line, with everything that cannot be seen spelled out."""
    return " ".join(show(text, longest=longest).split())


def markdown(text: str, longest: int = SHORT) -> str:
    r"""Return the text for one line of Markdown: no markup, no HTML, no mention, no link.

    It may stand in a table or a list; at the start of a line only after something of our own, because a forge takes a
    line that begins with a slash for a command.

    Example:
        >>> markdown("<b> | `x` *y*")
        '&lt;b&gt; \\| \\`x\\` \\*y\\*'
    """
    told = _LIVE.sub(rf"\1{BREAK}", line(text, longest))
    told = told.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _OPENING.sub(r"\2\\\1\3", _MARKUP.sub(r"\\\1", told))


def command(kind: str, message: str, **properties: str | int) -> str:
    r"""Return a command of a GitHub runner, on one line; neither message nor properties can end it or add to it.

    Example:
        >>> command("error", "50 %\nof it", title="a, b: c")
        '::error title=a%2C b%3A c::50 %25%0Aof it'
    """
    told = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{kind}{' ' if told else ''}{told}::{_data(message)}"


def _data(text: str) -> str:
    return show(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(line(text)).replace(":", "%3A").replace(",", "%2C")
