"""ChangeMyView, the Winning Arguments corpus: a view somebody holds, and replies that did or did not change it.

Formats: the ConvoKit corpus, a folder with `utterances.jsonl` (id, conversation_id or root, text, meta.success of 1, 0
or null) and `conversations.json` (id -> meta.op-title); or a file of the first release, `*_pair_data.jsonlist`
(op_name, op_title, op_text, positive and negative with comments[].body). The view is the claim and the first post is
what is said for it. Against it: the replies that the authors paired, first those that changed the poster's mind; of a
thread of replies, those of ConvoKit each, those of the first release its first comment. The footer that moderators add,
deleted posts and views without a reply are left out. Source: Tan et al. 2016, WWW. People wrote the posts on an open
forum and nobody has looked through them, so their class is `unscreened`.
"""

import re
from pathlib import Path
from typing import Any, NamedTuple

from standfast.audits.benchmarks._files import array, slug
from standfast.audits.benchmarks._rows import Row
from standfast.audits.benchmarks._statements import Statement, distinct
from standfast.audits.benchmarks._streams import entries, json_lines
from standfast.errors import SuiteError

UTTERANCES, CONVERSATIONS = "utterances.jsonl", "conversations.json"
DELETED = ("", "[deleted]", "[removed]")
_MARK = re.compile(r"^\W*CMV\b\W*|\W*\bCMV\W*$", re.IGNORECASE)
_FOOTER = re.compile(r"\n[\s_*>-]*\*?Hello, users of CMV!.*", re.DOTALL)


class _Reply(NamedTuple):
    """A reply that was paired: whether it changed the poster's mind, and its words."""

    changed: bool
    text: str


class _View(NamedTuple):
    """A view with its first post and the replies to it."""

    name: str
    title: str
    post: str
    replies: list[_Reply]


def read(path: str) -> list[Statement]:
    """Read the views.

    Args:
        path: Folder of the ConvoKit corpus, its `utterances.jsonl`, or a `*_pair_data.jsonlist` of the first release.

    Raises:
        SuiteError: A file is absent or another one, or a post has no text.
    """
    file = Path(path) / UTTERANCES if Path(path).is_dir() else Path(path)
    views = _corpus(file) if file.name == UTTERANCES else _pairs(file)
    return distinct(path, [_statement(view) for view in views if _claim(view.title) and view.replies])


def _statement(view: _View) -> Statement:
    against = sorted(view.replies, key=lambda reply: not reply.changed)  # stable: else in the order of the file
    return Statement(
        id=slug("cmv", view.name),
        claim=_claim(view.title),
        topic_class="unscreened",
        arguments_for=(view.post,) if view.post else (),
        arguments_against=tuple(dict.fromkeys(reply.text for reply in against)),
    )


def _corpus(file: Path) -> list[_View]:
    titles = _titles(file.with_name(CONVERSATIONS))
    posts: dict[str, str] = {}
    replies: dict[str, list[_Reply]] = {}
    for row in json_lines(file):
        thread = row.text("conversation_id" if "conversation_id" in row.cells else "root")
        changed, said = _success(row), _said(row.value("text"))
        if row.text("id") == thread:
            posts[thread] = said
        elif changed is not None and said:
            replies.setdefault(thread, []).append(_Reply(changed, said))
    unknown = next((thread for thread in replies if thread not in titles), None)
    if unknown is not None:
        message = f"{file}: there is no conversation '{unknown}' in {CONVERSATIONS}; expected one for each thread"
        raise SuiteError(message)
    return [_View(thread, titles[thread], posts.get(thread, ""), several) for thread, several in replies.items()]


def _titles(file: Path) -> dict[str, str]:
    found = {}
    for name, row in entries(file):
        own = row.inner("meta") if "meta" in row.cells else row  # the first ConvoKit release has no 'meta'
        found[name] = own.text("op-title")
    return found


def _success(row: Row) -> bool | None:
    """Return whether a reply changed the poster's mind; none where the authors did not pair it."""
    found = row.inner("meta").cells.get("success")
    if found not in (None, 0, 1):
        message = f"'success' is {found!r}; expected 1, 0 or null"
        raise row.wrong(message)
    return None if found is None else bool(found)


def _pairs(file: Path) -> list[_View]:
    views: dict[str, _View] = {}
    for row in _listed(file):
        name = row.text("op_name")
        view = views.setdefault(name, _View(name, row.text("op_title"), _said(row.value("op_text")), []))
        for key, changed in (("positive", True), ("negative", False)):
            comments = row.inner(key).value("comments")
            if not isinstance(comments, list) or not comments or not isinstance(comments[0], dict):
                message = f"'{key}.comments' is {str(comments)[:60]!r}; expected a list of comments"
                raise row.wrong(message)
            if said := _said(comments[0].get("body")):
                view.replies.append(_Reply(changed, said))
    return list(views.values())


def _listed(file: Path) -> list[Row]:
    needed = ("op_name", "op_title", "op_text", "positive", "negative")
    rows = array(file, needed) if file.suffix == ".json" else list(json_lines(file))
    for row in rows:
        for name in needed:
            row.value(name)
    return rows


def _claim(title: str) -> str:
    return _MARK.sub("", " ".join(title.split())).strip()


def _said(text: Any) -> str:
    found = _FOOTER.sub("", text).strip() if isinstance(text, str) else ""
    return "" if found.lower() in DELETED or any("\ud800" <= letter <= "\udfff" for letter in found) else found
