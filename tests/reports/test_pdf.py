import io
import json
import os
import subprocess
import sys

import pikepdf
import pytest

from standfast.errors import ReportError
from standfast.reports import pdf
from standfast.reports.document import build
from standfast.reports.parts import Findings


@pytest.fixture(scope="module")
def opened(pdf_bytes):
    with pikepdf.open(io.BytesIO(pdf_bytes)) as file:
        yield file


def test_it_says_what_it_is(opened):
    assert opened.Root.Lang == "en"
    assert opened.docinfo["/Title"] == "Sycophancy and role-dependence audit: Four subjects"
    assert opened.Root.ViewerPreferences.DisplayDocTitle
    metadata = opened.Root.Metadata.read_bytes().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata


def test_it_is_tagged_and_has_an_outline(opened):
    assert opened.Root.MarkInfo.Marked
    tags = [str(o.get("/S")) for o in opened.objects if isinstance(o, pikepdf.Dictionary) and "/S" in o]
    assert tags.count("/H1") == 12
    assert {"/H2", "/Table", "/TH", "/TD", "/Figure", "/L", "/TOC"} <= set(tags)
    with opened.open_outline() as outline:
        assert [item.title.lstrip("0123456789. ") for item in outline.root][:3] == [
            "Decision",
            "Gates",
            "Findings",
        ]


def test_every_figure_has_words(opened):
    drawn = [o for o in opened.objects if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/Figure"]
    assert len(drawn) >= 4
    assert all(str(figure.Alt).strip() for figure in drawn)


def test_it_carries_the_results_for_machines(opened, document):
    assert len(opened.Root.AF) == 1
    attached = opened.attachments["report.json"].get_file().read_bytes()
    assert attached.decode() == document.machine
    assert json.loads(attached)["schema"] == "standfast/report/1"


def test_every_page_of_a_simulated_run_says_so(pdf_bytes, text_of):
    pages = text_of(pdf_bytes)
    assert len(pages) < 28
    # At the head, as a mark across the page, and at the foot.
    assert all(page.count("SIMULATED") >= 2 and "(simulated)" in page for page in pages)


def test_no_page_of_a_real_run_says_so(mock, text_of):
    pages = text_of(pdf.render(build(*mock.inputs(models=("acme/candidate",), simulated=False))))
    assert not any("SIMULATED" in page.upper() for page in pages)
    assert all("smoke 1 · 7c1fe09a" in page for page in pages)


def test_every_finding_stands_on_paper(pdf_bytes, text_of, document):
    paper = "".join(text_of(pdf_bytes))
    blocks = [b for s in document.sections for b in s.blocks if isinstance(b, Findings)]
    rows = [row for b in blocks for g in b.groups for row in g.rows]
    assert len(rows) > 500
    for row in rows:
        assert (row.estimate + row.interval if row.status == "ok" else f"{row.estimate}: {row.status}") in paper


def test_the_same_report_has_the_same_bytes_in_another_place_and_time_zone(mock, tmp_path):
    code = (
        "import sys, json; from standfast.reports import pdf, parts, html; "
        "d = parts.Document.model_validate_json(open('document.json').read()); "
        "sys.stdout.buffer.write(pdf.render(d) + html.render(d).encode())"
    )
    document = build(*mock.inputs(models=("a", "b"), simulated=False))
    (tmp_path / "document.json").write_text(document.model_dump_json())
    env = {**os.environ, "TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "3", "SOURCE_DATE_EPOCH": "1"}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, check=True)
    here = pdf.render(document)
    assert done.stdout[: len(here)] == here
    page = __import__("standfast.reports.html", fromlist=["render"]).render(document)
    assert done.stdout[len(here) :] == page.encode()


def test_an_undated_run_has_an_undated_report(opened):
    assert str(opened.docinfo["/CreationDate"]).startswith("D:1970")


@pytest.mark.parametrize(
    ("title", "refused"),
    [("Ǟ", [False]), ("\u271f\u05b9\u4dc9\u05ba\u2b12\u1dcd", [False, True])],
    ids=["in figures", "in text"],
)
def test_a_letter_that_typst_refuses_does_not_cost_the_report(mock, title, refused):
    found, decision, run = mock.inputs(models=("a",), audits=("advice",))
    findings = tuple(mock.replace(f, title=title) for f in found.findings)
    means = tuple(mock.replace(m, title=title) for m in found.means)
    document = build(mock.replace(found, findings=findings, means=means), decision, run)
    for outlines in refused:
        data = pdf._data(document, pdf.coverage(), outlines=outlines)
        with pytest.raises(pdf.typst.TypstError):
            pdf._compile({"data": data, "machine": document.machine}, 0)
    assert pdf.render(document).startswith(b"%PDF")


def test_a_refusal_is_told_in_one_line(document):
    section = next(s for s in document.sections if s.id == "findings")
    figure = next(b for b in section.blocks if b.kind == "figure").model_copy(update={"alt": ""})
    broken = document.model_copy(update={"sections": (section.model_copy(update={"blocks": (figure,)}),)})
    with pytest.raises(ReportError, match=r"^report\.pdf: Typst refused the report: .*missing alt text$"):
        pdf.render(broken)


def test_the_template_evaluates_nothing_and_reads_no_file():
    source = (pdf._TEMPLATES / "report.typ").read_text()
    for word in ("eval(", "read(", "include ", "#import", "csv(", "toml(", "yaml(", "plugin("):
        assert word not in source
    assert source.count("json(") == 1
