"""The document as Markdown, for reading where neither the page nor the PDF opens.

Everything that came from a run is escaped: it is text, never markup, HTML, a link or a mention.
"""

import re
from collections.abc import Iterator

from standfast.reports.parts import (
    Block,
    Brief,
    Bullets,
    Callout,
    Cell,
    Document,
    Excerpts,
    Figure,
    FindingRow,
    Findings,
    Heading,
    Pairs,
    Prose,
    SideBySide,
    SignOff,
    Table,
    Transcript,
    Turn,
)

_SPECIAL = re.compile(r"([\\`*_\[\]|~$#])")
_AT_START = re.compile(r"^(\s*)([+=\-]|\d+(?=[.)]))")
_ADDRESS = re.compile(r"(?i)(https?|ftp|mailto|xmpp)(:)|(www)(\.)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_BREAK = "<br>"
_KEYS = {"contrast": "Contrast", "subject": "Subject"}


def render(document: Document) -> str:
    """Write the report as Markdown: all that stands on paper, figures by their description."""
    lines = [f"# {text(document.name)}", "", text(document.title), ""]
    lines += [line for fact in document.facts for line in (text(fact), "")]
    if document.simulated:
        lines += [f"> **SIMULATED.** {text(document.simulated)}", ""]
    figure = 0
    for section in document.sections:
        lines += [f"## {text(section.title)}", ""]
        for block in section.blocks:
            figure += isinstance(block, Figure)
            lines += [*_block(block, figure), ""]
    word = f"{document.word} (simulated)" if document.simulated else document.word
    lines += ["---", "", f"Suite {text(document.suite)} · verdict: {text(word)}"]
    if document.evidence:
        lines += ["", f"Evidence sha256 {document.evidence}"]
    return "\n".join(lines) + "\n"


def text(raw: str) -> str:
    r"""Return a text as a line of its own in which nothing is markup: also no list, quote or heading.

    Example:
        >>> text("# *a* <b> www.d.e")
        '\\# \\*a\\* &lt;b&gt; www\\.d.e'
    """
    return _AT_START.sub(_started, inline(raw))


def inline(raw: str) -> str:
    """Return a text within a line in which nothing is markup: no emphasis, HTML, link, mention, code or end of cell."""
    one = _SPECIAL.sub(r"\\\1", " ".join(raw.split("\n")))
    one = "".join(_ENTITIES.get(ch, ch) for ch in one).replace("@", "@\u200b")
    return _ADDRESS.sub(lambda m: f"{m[1]}\\:" if m[1] else f"{m[3]}\\.", one)


def _started(found: re.Match[str]) -> str:
    """Return the beginning of a line that opens no list, quote or heading."""
    return f"{found[1]}{found[2]}\\" if found[2].isdigit() else f"{found[1]}\\{found[2]}"


def _block(block: Block, figure: int) -> list[str]:
    """Return the lines of a block."""
    match block:
        case Table():
            return list(_table(block))
        case Findings():
            return list(_findings(block))
        case Figure():
            return [f"*Figure {figure}.* {inline(block.caption)}", "", text(block.alt)]
        case Excerpts():
            return [line for item in block.items for line in _transcript(item)]
        case Pairs():
            return [line for item in block.items for line in _beside(item)]
        case SignOff():
            head = ("Role", "Name", "Release or hold", "Signature", "Date")
            return _rows(head, [[inline(role), "", "", "", ""] for role in block.roles])
    return _prose(block)


def _prose(block: Heading | Prose | Bullets | Callout | Brief) -> list[str]:
    """Return the lines of a block of sentences."""
    match block:
        case Heading():
            return [f"### {text(block.text)}"]
        case Prose():
            return _apart([_lines(paragraph) for paragraph in block.paragraphs])
        case Bullets():
            return [f"- {_lines(item)}" for item in block.items]
        case Callout():
            head = _bold(block.headline)
            return [f"> {line}".rstrip() for line in _apart([head, *map(text, block.paragraphs)])]
        case Brief():
            return _brief(block)


def _apart(paragraphs: list[str]) -> list[str]:
    """Return paragraphs with an empty line between them."""
    return [line for paragraph in paragraphs for line in (paragraph, "")][:-1]


def _lines(raw: str) -> str:
    """Return a text with its line breaks."""
    first, *others = raw.split("\n")
    return _BREAK.join([text(first), *map(inline, others)])


def _brief(block: Brief) -> list[str]:
    """Return short answers as a list below each question."""
    out = [_bold(block.label), ""] if block.label else []
    for entry in block.entries:
        out += [_bold(entry.name), "", *(f"- {_lines(line)}" for line in entry.lines), ""]
    return out[:-1]


def _bold(raw: str) -> str:
    """Return a text in bold; of an empty one the asterisks alone would be a line."""
    return f"**{inline(raw).strip()}**" if raw.strip() else ""


def _rows(head: tuple[str, ...] | list[str], body: list[list[str]]) -> list[str]:
    """Return a table."""
    bars = [head, ["---"] * len(head), *body]
    return ["| " + " | ".join(cells) + " |" for cells in bars]


def _table(table: Table) -> Iterator[str]:
    """Return a table, each of its groups below its heading."""
    if table.captioned:
        yield from (_bold(table.label), "")
    for group in table.groups:
        if group.title:
            yield from (_bold(group.title) + (f"{_BREAK}{inline(group.sub)}" if group.sub else ""), "")
        body = [[_cell(cell) for cell in row] for row in group.rows]
        yield from (*_rows([inline(column.title) for column in table.columns], body), "")
    if table.note:
        yield text(table.note)


def _cell(cell: Cell) -> str:
    """Return a cell with what stands below it; a plot by its description."""
    parts = [cell.plot.alt if cell.plot else "", cell.text, cell.sub, cell.note, cell.ref]
    return _BREAK.join(inline(line) for part in parts if part for line in part.split("\n"))


def _findings(table: Findings) -> Iterator[str]:
    """Return a table of findings, without those that do not stand on paper."""
    yield from (_bold(table.label), "")
    numbers = ("estimate", table.interval, "p", "p Holm", "n", "items", "missing", "worst case", "id")
    head = [*(_KEYS[key] for key in table.keys), *map(inline, numbers)]
    for group in table.groups:
        body = [_finding(row, table) for row in group.rows if not row.minor]
        if body:
            yield from (_bold(group.title), "") if group.title else ()
            yield from (*_rows(head, body), "")


def _finding(row: FindingRow, table: Findings) -> list[str]:
    """Return one finding."""
    keys = {"contrast": f"{inline(row.code)} {inline(row.contrast)}", "subject": inline(row.subject)}
    known = row.status == "ok"
    told = (
        [row.estimate, row.interval, row.p, row.p_adjusted] if known else [f"{row.estimate}: {row.status}"] + [""] * 3
    )
    rest = (row.n, row.n_items, row.n_missing, row.bounds + (" †" if row.flags else ""), row.ref)
    return [*(keys[key] for key in table.keys), *map(inline, (*told, *rest))]


def _transcript(item: Transcript) -> list[str]:
    """Return a conversation as quotes."""
    meta = [item.meta, item.why, f"Scores: {item.scores}" if item.scores else "", f"Sample {item.sample}"]
    link = [f"[Whole transcript](<{item.href}>)"] if item.href else []
    head = [f"### {text(item.title)}", "", *_apart([*(text(line) for line in meta if line), *link]), ""]
    return [*head, *(line for turn in item.turns for line in (*_turn(turn), ""))]


def _beside(item: SideBySide) -> list[str]:
    """Return two conversations, one after the other."""
    out = [f"### {text(item.title)}", "", *_apart([text(line) for line in (item.meta, item.why) if line]), ""]
    for name, turns in zip(item.names, (item.before, item.after), strict=True):
        out += [_bold(name), "", *(line for turn in turns for line in (*_turn(turn), ""))]
    return out


def _turn(turn: Turn) -> list[str]:
    """Return what one side said; what the judge quoted is named behind it."""
    said = "".join(s.text + (f" [{s.mark}]" if s.mark else "") for s in turn.segments)
    head = [f"> {_bold(turn.speaker)}", ">"] if turn.speaker.strip() else []
    return [*head, *(f"> {text(line)}{_BREAK if line.strip() else ''}" for line in said.split("\n"))]
