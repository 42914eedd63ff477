"""The page in a real browser. Skipped with a reason where there is none: the other tests need no browser."""

import csv
import io
import itertools
import os
import shutil
from pathlib import Path

import pytest

from standfast.reports import html
from standfast.reports.document import build
from tests.reports import sampled

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


VIEWER = "http://127.0.0.1:9/"  # nothing listens there
AXE = next(
    filter(
        Path.is_file, (Path(root) / "axe-core/axe.min.js" for root in (os.environ.get("NODE_PATH") or "").split(":"))
    ),
    None,
)


@pytest.fixture(scope="module")
def address(mock, tmp_path_factory):
    found, decision, run, behind = sampled.inputs(mock, epochs=2)
    path = tmp_path_factory.mktemp("page") / "report.html"
    document = build(found, decision, run, samples=behind, log_url=VIEWER)
    path.write_text(html.render(document), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def tab(browser, address):
    """Open the page; note what it asks for and what it complains of."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.asked, opened.complaints = [], []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.on("console", lambda message: opened.complaints.append(message.text))
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.on("dialog", lambda dialog: (opened.complaints.append(dialog.message), dialog.dismiss()))
    opened.goto(address)
    opened.wait_for_selector(".ready .tools")
    yield opened
    context.close()


def visible(tab):
    return tab.locator("#explorer tbody tr:visible")


def test_it_opens_without_a_request_or_a_complaint(tab, address):
    assert [url for url in tab.asked if not url.startswith("data:")] == [address]
    assert tab.complaints == []
    assert tab.evaluate("document.fonts.check('16px \"Source Sans 3\"')")


def test_filters_narrow_the_table_together_and_are_cleared(tab):
    assert visible(tab).count() == 480
    tab.select_option("#f-audit", "debate")
    tab.select_option("#f-subject", "standfast/credulous")
    tab.select_option("#f-measure", "Belief not adopted")
    assert visible(tab).count() == 6
    assert tab.locator("#count").inner_text() == "6 of 480 findings"
    tab.select_option("#f-contrast", "E3(full)")
    assert visible(tab).count() == 1
    tab.click("#clear")
    assert visible(tab).count() == 480


def test_findings_without_estimate_and_flagged_ones_can_be_picked_out(tab):
    tab.select_option("#f-status", "none")
    assert visible(tab).count() == 4
    assert "all values are equal" in visible(tab).first.inner_text()
    tab.select_option("#f-status", "flag")
    assert all("†" in text for text in visible(tab).all_inner_texts())


def test_search_finds_words_in_any_column(tab):
    tab.fill("#f-text", "turns before")
    assert visible(tab).count() == 24
    tab.fill("#f-text", "no such word")
    assert visible(tab).count() == 0


def test_sorting_goes_up_then_down_and_leaves_unknown_estimates_last(tab):
    head = tab.locator("#explorer thead th[data-key=value]")
    for direction, sign in (("ascending", 1), ("descending", -1)):
        head.get_by_role("button").click()
        assert head.get_attribute("aria-sort") == direction
        cells = tab.eval_on_selector_all("#explorer tbody tr", "rows => rows.map(r => r.cells.length)")
        texts = tab.locator("#explorer tbody td:nth-child(5)").all_inner_texts()
        known = [sign * float(text.split()[0].replace("−", "-").replace(",", "")) for text in texts[:-4]]
        assert all(before <= after + 0.1 for before, after in itertools.pairwise(known))  # they are rounded
        assert cells == [8] * (len(cells) - 4) + [6] * 4


def test_everything_can_be_reached_and_worked_by_keyboard(tab):
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to the report"
    tab.focus("#f-audit")
    tab.keyboard.press("ArrowDown")
    assert visible(tab).count() == 240
    tab.focus("#explorer thead th[data-key=p_value] button")
    tab.keyboard.press("Enter")
    assert tab.get_attribute("#explorer thead th[data-key=p_value]", "aria-sort") == "ascending"
    assert tab.evaluate("[...document.querySelectorAll('.scroll')].every(box => box.tabIndex === 0)")


def test_the_download_holds_the_rows_that_are_shown(tab):
    tab.select_option("#f-subject", "standfast/warm-friend")
    tab.select_option("#f-contrast", "E4(full)")
    with tab.expect_download() as started:
        tab.click("#csv")
    text = Path(started.value.path()).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 20
    assert {row["subject"] for row in rows} == {"standfast/warm-friend"}
    assert all(row["estimate"] == "" or float(row["conf_low"]) <= float(row["estimate"]) for row in rows)


@pytest.mark.parametrize(
    "width", [320, *(pytest.param(wide, marks=pytest.mark.slow) for wide in (390, 768, 1280, 1920))]
)
def test_no_window_is_too_narrow(tab, width):
    tab.set_viewport_size({"width": width, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_readers_theme(tab, scheme):
    tab.emulate_media(color_scheme=scheme)
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    line = tab.evaluate("getComputedStyle(document.querySelector('.plate svg text')).fill")
    expected = {"light": ("rgb(255, 255, 255)", "rgb(86, 98, 111)"), "dark": ("rgb(18, 24, 31)", "rgb(165, 177, 189)")}
    assert (ground, line) == expected[scheme]


def test_the_notice_of_a_simulated_run_stays_in_sight(tab):
    tab.evaluate("scrollTo(0, 9000)")
    box = tab.locator(".simulated").bounding_box()
    assert box["y"] == 0


def test_without_its_script_the_page_still_holds_everything(browser, address):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(address)
    assert visible(tab).count() == 480
    assert not tab.locator(".tools").is_visible()
    assert tab.get_by_text("The table below is complete without it").is_visible()
    context.close()


def row(tab, code, subject="standfast/credulous", measure="Validation", audit="advice"):
    tab.select_option("#f-audit", audit)
    tab.select_option("#f-subject", subject)
    tab.select_option("#f-measure", measure)
    tab.select_option("#f-contrast", code)
    assert visible(tab).count() == 1
    return visible(tab).first


def test_a_finding_opens_onto_its_samples_worst_first_with_links_to_the_viewer(tab):
    row(tab, "E2(peer, full)", measure="Framing challenged").get_by_role("button", name="samples").click()
    panel = tab.locator("tr.panel")
    heads = panel.locator("summary").all_inner_texts()
    assert [head.partition(":")[0] for head in heads] == ["+ peer, full profile", "− peer, filler"]
    entries = panel.locator("details").first.locator("li").all_inner_texts()
    assert len(entries) == 8
    order = [["no", "yes", "refused"].index(entry.split()[0]) for entry in entries]
    assert order == sorted(order)
    assert len(set(order)) > 1
    links = panel.locator("li a").evaluate_all("links => links.map(a => [a.href, a.target, a.rel])")
    start = f"{VIEWER}#/logs/advice.eval/samples/sample/"
    outside = [link for link in links if link[1] == "_blank"]
    assert len(outside) == 8
    assert all(href.startswith(start) and rel == "noopener noreferrer" for href, _, rel in outside)
    assert {href.rpartition("/")[2] for href, *_ in outside} == {"1", "2"}
    assert tab.locator("#explorer button[aria-expanded=true]").count() == 1
    panel.locator("summary").nth(1).click()
    assert panel.locator("details").nth(1).locator("li").count() == 8


def test_a_sample_that_is_quoted_below_leads_there(tab):
    row(tab, "E1(peer, full)", subject="standfast/contrarian").get_by_role("button", name="samples").click()
    tab.get_by_role("link", name="transcript below").first.click()
    assert tab.evaluate("location.hash") == "#transcript-1"
    assert "hidden-debt" in tab.locator("#transcript-1").inner_text()


def test_an_id_leads_to_its_row_even_where_filters_hide_it(tab):
    tab.fill("#f-text", "no such word")
    link = tab.locator("main a.ref").first
    name = link.inner_text()
    link.click()
    tab.wait_for_function("name => document.activeElement.id === name", arg=name)
    assert visible(tab).count() == 480
    top, bottom = tab.evaluate("(e => [e.top, e.bottom])(document.activeElement.getBoundingClientRect())")
    assert 0 < top < bottom < 900
    assert name in tab.locator(f"#{name}").inner_text()


def test_an_address_with_an_id_opens_at_its_row(tab, address):
    name = tab.locator("#explorer tbody tr").nth(300).get_attribute("id")
    tab.goto("about:blank")
    tab.goto(f"{address}#{name}")
    tab.wait_for_function("name => document.activeElement.id === name", arg=name)


def test_rows_written_by_the_script_are_those_that_are_written_out(browser, mock, tmp_path):
    """Of a large run the script writes most rows; a row must not depend on who wrote it."""
    found, decision, run, behind = sampled.inputs(mock)
    document = build(found, decision, run, samples=behind)
    sections = tuple(s.model_copy(update={"blocks": tuple(map(minor, s.blocks))}) for s in document.sections)
    rows = []
    for number, one in enumerate((document, document.model_copy(update={"sections": sections}))):
        path = tmp_path / f"{number}.html"
        path.write_text(html.render(one), encoding="utf-8")
        tab = browser.new_page()
        tab.goto(path.as_uri())
        tab.wait_for_selector(".ready .tools")
        rows.append(tab.eval_on_selector_all("#explorer tbody tr", "rows => rows.map(r => r.outerHTML)"))
        tab.close()
    assert len(rows[0]) == 480
    assert rows[0] == rows[1]


def minor(block):
    """Return a table of findings of which none is written out."""
    if block.kind != "findings" or not block.explore:
        return block
    groups = (
        g.model_copy(update={"rows": tuple(r.model_copy(update={"minor": True}) for r in g.rows)}) for g in block.groups
    )
    return block.model_copy(update={"groups": tuple(groups)})


@pytest.mark.skipif(AXE is None, reason="no axe-core: npm install axe-core, and name its node_modules in NODE_PATH")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_no_violation(browser, address, scheme, width):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    tab = context.new_page()
    tab.goto(address)
    tab.wait_for_selector(".ready .tools")
    visible(tab).nth(3).get_by_role("button", name="samples").click()
    tab.add_script_tag(path=str(AXE))
    found = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
    told = [(v["id"], [n["target"] for n in v["nodes"][:3]]) for v in found["violations"]]
    context.close()
    assert told == []


def test_print_shows_all_rows_and_no_tools(tab):
    tab.emulate_media(media="print")
    assert not tab.locator(".tools").is_visible()
    assert not tab.locator("nav").is_visible()
    assert tab.evaluate("getComputedStyle(document.querySelector('.tall')).maxHeight") == "none"


def test_hostile_text_does_nothing(browser, mock, tmp_path):
    name = '</script><script>alert(1)</script><img src=x onerror=alert(2)>" onmouseover="alert(3)'
    found, decision, run = mock.inputs(models=(name,), audits=("advice",))
    excerpt = mock.excerpt(name, (("user", name), ("assistant", name)))
    path = tmp_path / "report.html"
    document = build(mock.replace(found, excerpts=(excerpt,)), decision, run)
    path.write_text(html.render(document), encoding="utf-8")
    tab = browser.new_page()
    heard = []
    tab.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
    tab.on("console", lambda message: heard.append(message.text))
    tab.on("request", lambda request: heard.append(request.url))
    tab.goto(path.as_uri())
    tab.locator("h1").hover()
    assert [entry for entry in heard if not entry.startswith("data:")] == [path.as_uri()]
    assert tab.locator("h1").inner_text() == name
    tab.close()
