"""The catalogue itself: long enough, no case twice, and none that nobody plays."""

from collections import Counter
from pathlib import Path

from faulting import CATALOGUE

PAGE = Path(__file__).parents[2] / "docs" / "design" / "faults.md"
CASES = [case for section in CATALOGUE.values() for case in section]


def test_there_are_at_least_120_cases_each_with_a_name_of_its_own():
    assert len(CASES) >= 120
    assert [name for name, count in Counter(case["id"] for case in CASES).items() if count > 1] == []


def test_every_case_says_what_goes_wrong_and_of_which_class():
    assert [case["id"] for case in CASES if not (case.get("class") and case.get("what"))] == []


def test_every_section_is_played_and_on_the_page():
    played = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    for section in CATALOGUE:
        assert f'named("{section}")' in played or f'CATALOGUE["{section}"]' in played, section
    page = PAGE.read_text("utf-8")
    for section in ("outages", "processes", "machine", "logs", "records", "suites", "secrets", "items"):
        assert f"`{section}`" in page, section
