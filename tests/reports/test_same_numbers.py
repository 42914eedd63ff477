"""PDF, page, Markdown and JSON must say the same: each finding is looked up by its id in all four."""

import io
import json
import re
from html.parser import HTMLParser

import pikepdf
import pytest
from markdown_it import MarkdownIt

from standfast.reports import markdown, numbers, pdf
from standfast.reports.parts import Cell, Findings, Table

ID = re.compile(r"F-[0-9a-f]{8}")


class Rows(HTMLParser):
    """The rows of all tables on a page, as the texts of their cells."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.depth = [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.depth += 1

    def handle_endtag(self, tag):
        self.depth -= tag in ("td", "th")

    def handle_data(self, data):
        if self.depth:
            self.rows[-1][-1] += f" {data}"


def squeezed(text):
    return "".join(text.replace("\u200b", "").split())


def explored(document):
    """Return the rows of the table of all findings."""
    return {
        row.ref: row
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Findings) and block.explore
        for group in block.groups
        for row in group.rows
    }


@pytest.fixture(scope="module")
def by_machine(document):
    return {finding["id"]: finding for finding in json.loads(document.machine)["results"]["findings"]}


@pytest.fixture(scope="module")
def on_page(page):
    """Return id -> its row in the table of all findings."""
    body = page[page.index('id="explorer"') :]
    rows = Rows(body[: body.index("</table>")]).rows
    return {ID.search(row[0])[0]: row for row in rows if row and ID.search(row[0])}


@pytest.fixture(scope="module")
def in_markdown(document):
    """Return id -> the last row that ends with it, which is that in the table of all findings."""
    out = {}
    html = MarkdownIt("commonmark").enable("table").render(markdown.render(document))
    for row in Rows(html).rows:
        if row and ID.fullmatch(row[-1].strip()):
            out[row[-1].strip()] = [cell.strip() for cell in row]
    return out


@pytest.fixture(scope="module")
def on_paper(pdf_bytes, text_of):
    return squeezed("".join(text_of(pdf_bytes)))


def told(finding):
    """Return what a finding must read like, made from the JSON's numbers at full precision."""
    if finding["estimate"] is None:
        return None
    unit = finding["unit"]
    ends = numbers.interval(finding["conf_low"], finding["conf_high"], unit)
    p = [numbers.p(float("nan") if finding[key] is None else finding[key]) for key in ("p_value", "p_adjusted")]
    counts = [numbers.count(finding[key]) for key in ("n_obs", "n_items", "n_missing")]
    return [numbers.signed(finding["estimate"], unit), ends, *p, *counts]


def test_every_finding_is_in_all_four(document, by_machine, on_page, in_markdown, on_paper):
    ids = set(explored(document))
    assert len(ids) == 480
    assert ids == set(by_machine) == set(on_page) == set(in_markdown)
    assert all(ref in on_paper for ref in ids)


def test_markdown_holds_the_numbers_of_the_json(by_machine, in_markdown):
    for ref, finding in by_machine.items():
        *_, estimate, ends, p, adjusted, n, items, missing, _, _ = in_markdown[ref]
        expected = told(finding)
        if expected is None:
            assert estimate == f"not estimated: {finding['status']}"
        else:
            assert [estimate, ends, p, adjusted, n, items, missing] == expected


def test_the_page_holds_the_numbers_of_the_json(by_machine, on_page):
    for ref, finding in by_machine.items():
        text = squeezed("|".join(on_page[ref]))
        expected = told(finding)
        if expected is None:
            assert squeezed(f"not estimated {finding['status']}") in text
            continue
        estimate, ends, p, adjusted, n, items, missing = expected
        assert f"|{squeezed(estimate + ends)}{finding['unit'].replace(' ', '')}" in text
        assert f"|{adjusted}{p}|{n}{items}items" in text
        assert text.endswith("|nonemissing" if missing == "0" else f"{missing}missing")


def test_the_paper_holds_the_numbers_of_the_json(document, by_machine, on_paper):
    body = on_paper[on_paper.rindex("Allfindings") :]
    for ref, row in explored(document).items():
        expected = told(by_machine[ref])
        line = body[max(0, body.index(ref) - 200) : body.index(ref)]
        if expected is None:
            assert squeezed(f"{row.code}{row.subject}not estimated: {row.status}") in line
            continue
        estimate, ends, p, adjusted, n, items, missing = map(squeezed, expected)
        end = squeezed(row.bounds) + ("†" if row.flags else "")
        assert line.endswith(
            f"{squeezed(row.code + row.subject)}{estimate}{ends}{row.df}{p}{adjusted}{n}{items}{missing}{end}"
        )


def test_every_cell_of_every_table_stands_in_all_outputs(document, page, on_paper):
    cells = [
        cell
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Table)
        for group in block.groups
        for row in group.rows
        for cell in row
        if isinstance(cell, Cell)
    ]
    texts = {squeezed(text) for cell in cells for text in (cell.text, cell.sub, cell.note, cell.ref) if text}
    assert len(texts) > 200
    html = MarkdownIt("commonmark").enable("table").render(markdown.render(document))
    marked, shown = (squeezed("".join(" ".join(row) for row in Rows(text).rows)) for text in (html, page))
    assert {text for text in texts if text not in marked} == set()
    assert {text for text in texts if text not in shown} == set()
    assert {text for text in texts if text not in on_paper} == set()


def test_gates_are_decided_on_the_finding_that_their_id_names(document, mock):
    _, decision, _ = mock.inputs()
    refs = {gate.finding.id for gate in decision.gates if gate.finding}
    known = explored(document)
    assert refs <= set(known)
    told_cells = {
        cell.ref: cell.text
        for section in document.sections[:2]
        for block in section.blocks
        if isinstance(block, Table)
        for group in block.groups
        for row in group.rows
        for cell in row
        if cell.ref
    }
    assert refs == set(told_cells)
    for ref, text in told_cells.items():
        row = known[ref]
        assert text in (f"{row.estimate} {row.interval} {row.unit}", numbers.NOT_ESTIMATED)


def test_the_attached_json_is_the_one_of_the_document(document, pdf_bytes):
    with pikepdf.open(io.BytesIO(pdf_bytes)) as opened:
        assert opened.attachments["report.json"].get_file().read_bytes() == document.machine.encode()


def test_paper_is_the_same_every_time(document, pdf_bytes):
    assert pdf.render(document) == pdf_bytes
