import base64
import hashlib
import itertools
import re
from html.parser import HTMLParser

import pytest

from standfast.reports import html
from standfast.reports.document import build
from standfast.reports.parts import Findings
from standfast.reports.style import DARK, LIGHT

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
    assert page.count("data-csv=") == 480


def test_the_full_table_needs_no_script(parsed):
    assert sum("data-csv" in a for _, a in parsed.elements) == 480


def test_a_simulated_page_says_so_at_its_top_and_in_its_title(page, parsed):
    assert "<title>SIMULATED: " in page
    assert [a for _, a in parsed.elements if a.get("class") == "simulated"] == [{"class": "simulated", "role": "note"}]
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
    assert len(figures) == 4
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
    body = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", page, flags=re.DOTALL)
    stack = []
    for closing, tag, own in re.findall(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)\b[^>]*?(/?)>", body):
        if closing:
            assert stack.pop() == tag
        elif tag not in VOID and not own:
            stack.append(tag)
    assert not stack
