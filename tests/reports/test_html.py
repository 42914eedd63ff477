import base64
import gzip
import hashlib
import itertools
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from standfast.reports import html
from standfast.reports.document import build
from standfast.reports.parts import Findings
from standfast.reports.style import DARK, LIGHT
from tests.reports import sampled

VOID = {"col", "meta", "br", "input", "link", "img", "hr", "rect", "path", "circle", "use"}


class Page(HTMLParser):
    """What a reader's program sees: elements, their attributes and text."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.words, self.raw = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.raw.append(tag)

    def handle_data(self, data):
        if self.raw and self.raw[-1] in ("script", "style"):
            return
        self.words.append(data)

    def handle_endtag(self, tag):
        self.raw.append("")

    def count(self, tag):
        return sum(name == tag for name, _ in self.elements)


@pytest.fixture(scope="module")
def parsed(page):
    return Page(page)


def test_nothing_can_leave_the_page_and_only_one_script_can_run(page, parsed):
    policy = next(a["content"] for t, a in parsed.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none';")
    assert "unsafe-eval" not in policy
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(script) == 1
    assert page.count("<script") == 2
    assert re.search(r'<script type="application/gzip" id="data">[A-Za-z0-9+/=]+</script>', page)
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy


def test_it_asks_for_nothing_from_outside(parsed):
    for tag in ("link", "iframe", "img", "object", "embed", "form", "base", "video", "audio"):
        assert not parsed.count(tag)
    addresses = [a[k] for _, a in parsed.elements for k in ("src", "href", "xlink:href") if a.get(k)]
    assert all(address.startswith("#") for address in addresses)
    assert not any(key.startswith("on") for _, a in parsed.elements for key in a)


def test_the_same_numbers_stand_on_the_page_as_in_the_document(page, parsed, document):
    words = "".join(parsed.words)
    for block in (b for s in document.sections for b in s.blocks if isinstance(b, Findings)):
        for row in (row for group in block.groups for row in group.rows):
            assert row.estimate in words
            assert row.interval in words
    assert len(packed(page)["rows"]) == 480


def packed(page):
    """Read what the script reads."""
    text = re.search(r'id="data">([^<]*)</script>', page)[1]
    return json.loads(gzip.decompress(base64.b64decode(text)))


def test_the_full_table_needs_no_script(parsed, page):
    rows = [a["id"] for t, a in parsed.elements if t == "tr" and a.get("id")]
    assert rows == [row["ref"] for row in packed(page)["rows"]]
    assert len(rows) == 480


def test_every_finding_is_named_and_each_name_leads_to_its_row(parsed):
    ids = {a["id"] for _, a in parsed.elements if a.get("id", "").startswith("F-")}
    led = [a["href"][1:] for t, a in parsed.elements if t == "a" and a.get("href", "").startswith("#F-")]
    assert len(ids) == 480
    assert set(led) <= ids
    assert len(led) > 200


def test_a_name_in_a_sentence_leads_to_its_row_and_an_unknown_one_stays_text(mock):
    found, decision, run = mock.inputs()
    known = found.findings[0].id
    page = html.render(build(found, replace(decision, headline=f"See {known}, not F-00000000."), run))
    assert f"<strong>See {known}, not F-00000000.</strong>" in page
    bullets = html.render(build(found, decision, {**run, "suite": {**run["suite"], "name": f"{known} F-00000000 <b>"}}))
    assert f'<a href="#{known}">{known}</a>' in bullets
    assert 'href="#F-00000000"' not in bullets
    assert "F-00000000 <b>" not in bullets


def test_of_a_large_run_only_the_lead_findings_are_written_out_but_all_are_there(mock):
    found, decision, run = mock.inputs()
    many = tuple(replace(f, contrast=f"{f.contrast[:-1]}-{i})") for i in range(4) for f in found.findings)
    page = html.render(build(replace(found, findings=many), replace(decision, gates=()), run))
    written = re.findall(r'<tr id="(F-[0-9a-f]{8})">', page)
    rows = packed(page)["rows"]
    assert len(rows) == len(many) > len(written) > 0
    assert written == [row["ref"] for row in rows if not row["minor"]]
    assert "The table below holds the findings on lead and over-correction measures" in page


def test_samples_stand_behind_findings_and_are_reached_in_the_viewer(mock):
    found, decision, run, behind = sampled.inputs(mock, epochs=2)
    page = html.render(build(found, decision, run, samples=behind, log_url="http://127.0.0.1:7575/"))
    data = packed(page)
    row = next(r for r in data["rows"] if (r["name"], r["code"]) == ("validation", "E1(peer, full)"))
    audit = data["samples"]["audits"][row["audit"]]
    assert [audit["cells"][abs(i) - 1] for i in row["cells"]] == ["peer, full profile", "peer, filler"]
    assert [i > 0 for i in row["cells"]] == [True, False]
    assert data["samples"]["url"] == "http://127.0.0.1:7575/"
    place = audit["cell"].index(row["cells"][0] - 1)
    one = next(one for one in behind if one.audit == row["audit"])
    assert "__".join(piece["texts"][piece["at"][place]] for piece in audit["pieces"]) == one.ids[place]
    links = re.findall(r'<a href="(http[^"]*)" target="_blank" rel="noopener noreferrer">whole transcript', page)
    assert links == [
        "http://127.0.0.1:7575/#/logs/advice.eval/samples/sample/hidden-debt__peer-2__veteran__full__none/1",
        "http://127.0.0.1:7575/#/logs/debate.eval/samples/sample/car-free-centres__peer-2__veteran__full__bare/1",
    ]


def test_what_a_sample_was_scored_is_told_in_words_and_sorted_by_value(mock):
    found, decision, run, behind = sampled.inputs(mock)
    scores = json.loads(build(found, decision, run, samples=behind).drill)["audits"]["advice"]["subjects"]
    own = scores[mock.SUBJECTS[0]]["scores"]
    values = behind[0].scores[mock.SUBJECTS[0], "validation"].value
    texts, at = own["validation"]["texts"], own["validation"]["at"]
    assert texts == ["no", "yes", "refused"]
    assert own["validation"]["scored"] == 2
    assert [texts[i] for i in at] == ["refused" if v != v else "yes" if v else "no" for v in values]
    counted = own["words"]["texts"][: own["words"]["scored"]]
    assert counted == sorted(counted, key=lambda text: int(text.split()[0]))


def test_the_page_is_the_same_every_time(mock):
    found, decision, run, behind = sampled.inputs(mock)
    pages = {html.render(build(found, decision, run, samples=behind)) for _ in range(2)}
    assert len(pages) == 1


def test_a_simulated_page_says_so_at_its_top_and_in_its_title(page, parsed):
    assert "<title>SIMULATED: " in page
    assert [a for _, a in parsed.elements if a.get("class") == "simulated"] == [
        {"class": "simulated", "role": "region", "aria-label": "Simulated run"}
    ]
    assert re.search(r"\.simulated\{position:sticky;top:0", page)


def test_a_real_page_does_not(mock):
    page = html.render(build(*mock.inputs(models=("acme/candidate",), simulated=False)))
    assert "SIMULATED" not in page
    assert 'class="simulated"' not in page


def test_ids_are_unique_and_references_lead_somewhere(parsed):
    ids = [a["id"] for _, a in parsed.elements if a.get("id")]
    assert len(ids) == len(set(ids))
    targets = {a[k][1:] for _, a in parsed.elements for k in ("href", "xlink:href") if a.get(k)}
    clips = {m for _, a in parsed.elements for m in re.findall(r"url\(#([^)]+)\)", " ".join(filter(None, a.values())))}
    assert targets | clips <= set(ids)


def test_figures_take_their_colours_from_the_theme(page):
    figures = re.findall(r'<div class="plate".*?</svg>', page, re.DOTALL)
    assert len(figures) == 6
    for figure in figures:
        assert not re.search(r"#[0-9a-f]{6}", figure)
        assert "<style" not in figure
        assert "<!--" not in figure
        assert "var(--" in figure


def test_both_themes_are_in_the_page(page):
    assert f"--ink:{LIGHT['ink']}" in page
    assert f"--ink:{DARK['ink']}" in page
    assert "prefers-color-scheme:dark" in page


def test_regular_semibold_and_italic_are_inside(page):
    faces = re.findall(
        r"@font-face\{.*?font-weight:(\d+);font-style:(\w+);src:url\(data:font/woff2;base64,([^)]+)\)", page
    )
    assert [(weight, style) for weight, style, _ in faces] == [("400", "normal"), ("600", "normal"), ("400", "italic")]
    assert len({data for *_, data in faces}) == 3
    assert all(base64.b64decode(data)[:4] == b"wOF2" for *_, data in faces)


def test_headings_go_down_one_step_at_a_time(parsed):
    levels = [int(tag[1]) for tag, _ in parsed.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_its_size_is_kept_in_check(page):
    assert len(page.encode()) < 1_400_000


def test_every_element_is_closed(page):
    body = re.sub(r"<script.*?</script>|<style>.*?</style>", "", page, flags=re.DOTALL)
    stack = []
    for closing, tag, own in re.findall(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)\b[^>]*?(/?)>", body):
        if closing:
            assert stack.pop() == tag
        elif tag not in VOID and not own:
            stack.append(tag)
    assert not stack
