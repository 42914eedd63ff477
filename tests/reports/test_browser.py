"""The page in a real browser. Skipped with a reason where there is none: the other tests need no browser."""

import csv
import io
import shutil
from pathlib import Path

import pytest

from standfast.reports import html
from standfast.reports.document import build

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(page, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page, encoding="utf-8")
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
        values = tab.eval_on_selector_all("#explorer tbody tr", "rows => rows.map(r => r.dataset.value)")
        known = [sign * float(value) for value in values if value is not None]
        assert known == sorted(known)
        assert values[-4:] == [None] * 4


def test_everything_can_be_reached_and_worked_by_keyboard(tab):
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to the report"
    tab.focus("#f-audit")
    tab.keyboard.press("ArrowDown")
    assert visible(tab).count() == 240
    tab.focus("#explorer thead th[data-key=p] button")
    tab.keyboard.press("Enter")
    assert tab.get_attribute("#explorer thead th[data-key=p]", "aria-sort") == "ascending"
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


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
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
