"""Price lists, and what `check` makes of them: no price is guessed, and none is lost."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from inspect_ai.model import ModelUsage, compute_model_cost

from standfast import checking, costs, prices
from standfast.budgets import Budget
from standfast.cli import main
from standfast.costs import Line, Pace
from standfast.errors import SuiteError
from standfast.plan import plan

LIST = """\
prices:
  - models: [acme/*]
    input: 1
    output: 2
    as_of: 2026-11-01
    source: https://acme.example/prices
  - models: [acme/large*, acme/exact]
    input: 3
    output: 15
    cache_read: 0.3
    as_of: 2026-11-02
    source: https://acme.example/prices
"""
SUITE = """\
name: priced
version: "1"
seed: 3
models: [acme/one, acme/large-2]
judges: [acme/exact, other/judge]
overlap: 1.0
audits:
  advice: {items: 12}
profiles: [filler, full]
personas: {count: 6}
gates:
  - {id: level, title: t, audit: advice, measure: framing_challenged, contrast: "L(peer, full)", direction: higher, margin: 40}
  - {id: gap, title: t, audit: advice, measure: framing_challenged, contrast: "E2(peer, full)", direction: higher, margin: -30}
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "suite.yaml").write_text(SUITE)
    (tmp_path / "prices.yaml").write_text(LIST)
    return tmp_path


def refused(tmp_path: Path, text: str) -> str:
    (tmp_path / "wrong.yaml").write_text(text)
    with pytest.raises(SuiteError) as error:
        prices.load(tmp_path / "wrong.yaml")
    return str(error.value)


def test_an_exact_name_wins_then_the_longest_pattern_and_an_unknown_model_has_no_price(files):
    known = prices.load(files / "prices.yaml")
    found = {name: known.of(name) for name in ("acme/one", "acme/large-2", "acme/exact", "other/judge")}
    assert found["other/judge"] is None
    assert [found[name].input for name in ("acme/one", "acme/large-2", "acme/exact")] == [1, 3, 3]
    assert known.missing(["other/judge", "acme/one", "other/judge"]) == ["other/judge"]


def test_a_price_that_is_left_out_for_cached_input_is_that_of_plain_input(files):
    found = prices.load(files / "prices.yaml").of("acme/exact")
    usage = ModelUsage(
        input_tokens=10, output_tokens=100, input_tokens_cache_read=1000, input_tokens_cache_write=10_000
    )
    assert compute_model_cost(found, usage) * 1e6 == pytest.approx(10 * 3 + 100 * 15 + 1000 * 0.3 + 10_000 * 3)


@pytest.mark.parametrize("name", ["standfast/sycophant", "mockllm/model", "none/none"])
def test_a_model_that_calls_nobody_costs_nothing_and_says_why(name):
    found = prices.load().find(name)
    assert (found.input, found.output, found.source) == (0, 0, "simulated: costs nothing by definition")
    assert prices.load().of(name).output == 0


def test_the_shipped_prices_are_dated_sourced_and_one_to_a_model():
    shipped = prices.load()
    assert {"openai/gpt-5", "anthropic/claude-sonnet-4-5", "google/gemini-2.5-flash"} <= set(shipped.entries)
    assert shipped.of("openai/gpt-5-2025-08-07") == shipped.of("openai/gpt-5")
    assert shipped.of("openai/gpt-5-pro-max") is None
    for price in shipped.entries.values():
        assert price.as_of
        assert price.source.startswith("https://")
        assert 0 < price.input <= price.output


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("input: 1", "input: -1"), "wrong.yaml:3:12"),
        (("as_of: 2026-11-01", "as_of: 1.11.2026"), "wrong.yaml:5:12"),
        (("https://acme.example/prices\n  -", "a friend\n  -"), "wrong.yaml:6:13"),
        (("[acme/*]", "[acme]"), "wrong.yaml:2:14"),
        (("[acme/large*, acme/exact]", '["acme/*"]'), "wrong.yaml:7:14"),
        (("output: 2", "outputs: 2"), "wrong.yaml:4:5"),
        (("output: 2", "output: .nan"), "wrong.yaml:4:13"),
    ],
)
def test_a_mistake_is_told_with_its_place(change, told, tmp_path):
    assert told in refused(tmp_path, LIST.replace(*change))


def test_the_list_that_counts_is_the_given_one_then_the_one_beside_the_suite_then_the_shipped_one(files, tmp_path):
    suite, other = files / "suite.yaml", tmp_path / "other.yaml"
    assert prices.where(suite, other) == other
    assert prices.where(suite) == files / "prices.yaml"
    (files / "prices.yaml").unlink()
    assert prices.where(suite) is None
    assert prices.load(prices.where(suite)).file == "prices.yaml as shipped"


def test_init_writes_a_price_list_to_edit_beside_the_suite(tmp_path):
    done = CliRunner().invoke(main, ["init", str(tmp_path / "own")])
    assert done.exit_code == 0, done.output
    assert prices.load(tmp_path / "own" / "prices.yaml").entries == prices.load().entries
    again = CliRunner().invoke(main, ["init", str(tmp_path / "own")])
    assert again.exit_code == 2


def test_check_prices_each_role_and_says_which_model_has_no_price(files):
    found = CliRunner().invoke(main, ["check", str(files / "suite.yaml"), "--json", "--latency", "3"])
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)["costs"]
    lines = {(line["role"], line["model"]): line for line in told["lines"]}
    assert set(lines) == {
        ("subject", "acme/one"),
        ("subject", "acme/large-2"),
        ("judge", "acme/exact"),
        ("judge", "other/judge"),
    }
    one, large = lines["subject", "acme/one"], lines["subject", "acme/large-2"]
    assert (one["calls"], one["input"], one["output"]) == (large["calls"], large["input"], large["output"])
    assert one["calls"] == 48
    assert one["dollars"] == pytest.approx((one["input"] + 2 * one["output"]) / 1e6, abs=1e-5)
    assert large["dollars"] == pytest.approx((3 * large["input"] + 15 * large["output"]) / 1e6, abs=1e-5)
    judge, second = lines["judge", "acme/exact"], lines["judge", "other/judge"]
    assert judge["calls"] == second["calls"] == 96
    assert (second["dollars"], told["dollars"], told["unpriced"]) == (None, None, ["other/judge"])
    assert told["minutes"] == pytest.approx((48 + 48 + 96) * 3 / 10 / 60)
    assert (one["as_of"], one["source"]) == ("2026-11-01", "https://acme.example/prices")


def test_check_prints_the_unpriced_model_and_never_a_zero_for_it(files):
    found = CliRunner().invoke(main, ["check", str(files / "suite.yaml")])
    assert "PRICE    unknown: no price for other/judge" in found.stdout
    assert "no price" in found.stdout
    priced = CliRunner().invoke(main, ["check", str(files / "suite.yaml"), "--judge", "acme/exact"])
    assert "PRICE    $" in priced.stdout
    assert "read 2026-11-02" in priced.stdout


def line(role: str, calls: int, dollars: float | None, model: str = "acme/one") -> Line:
    return Line(role=role, model=model, calls=calls, input=1000, output=500, dollars=dollars, as_of="", source="")


@pytest.mark.parametrize(
    ("budget", "short"),
    [
        (Budget(dollars=5, tokens=3000, calls=30, minutes=3), []),
        (Budget(dollars=2.5), ["the budget of $2.50 does not cover the planned $3.00"]),
        (Budget(tokens=2999), ["the budget of 2,999 tokens does not cover the planned 3,000 tokens"]),
        (Budget(calls=29), ["the budget of 29 calls does not cover the planned 30 calls"]),
        (Budget(minutes=2), ["the budget of 2.0 minutes does not cover the planned 2.5 minutes"]),
        (None, []),
    ],
)
def test_a_budget_that_is_too_small_says_so(budget, short):
    found = [line("subject", 10, 1.0), line("judge", 20, 2.0)]
    assert costs.short_of(budget, found, lasts=costs.minutes(found, Pace(1, 5.0))) == short


def test_a_dollar_budget_with_an_unpriced_model_is_not_called_covered():
    found = [line("subject", 10, 1.0), line("judge", 20, None, "x/y")]
    assert costs.short_of(Budget(dollars=100), found, lasts=1) == [
        "the budget is $100.00, but there is no price for x/y"
    ]


def test_providers_work_at_the_same_time_and_simulated_models_take_none():
    found = [line("subject", 100, 1.0), line("judge", 40, 1.0, "b/x"), line("user", 900, 0.0, "standfast/user")]
    assert costs.minutes(found, Pace(10, 6.0)) == pytest.approx(1.0)


def test_a_true_value_at_the_detectable_effect_passes_with_four_chances_in_five_and_fails_as_often_beyond(files):
    from standfast.analysis.power import power
    from standfast.prospects import framed

    planned = plan(files / "suite.yaml")
    found = framed(planned, planned.suite.gates[1])
    question = found.question
    passes, fails = question.clear_from(better=True), question.clear_from(better=False)
    assert fails < -30 < passes
    assert power(question.gate, question.design, question.expected(), passes / 100) == pytest.approx(0.8)
    assert passes + 30 == pytest.approx(-30 - fails)


def test_more_items_and_more_personas_cost_what_their_samples_cost_and_narrow_the_interval(files):
    (files / "prices.yaml").write_text(LIST.replace("[acme/*]", '["*/*"]'))
    asked = checking.Asked(suite=files / "suite.yaml", prices=files / "prices.yaml")
    found = checking.check(asked)
    whole = costs.total(found.lines)
    [now] = [gate.half_width for gate in found.gates if gate.gate == "gap"]
    own = [offer for offer in found.offers if offer.gate == "gap"]
    assert {offer.way for offer in own} == {"items", "personas per item"}
    for offer in own:
        assert offer.dollars == pytest.approx((offer.times - 1) * whole, rel=1e-6)
        assert offer.half_width < now
        assert offer.per_dollar == pytest.approx((now - offer.half_width) / offer.dollars)
    items = [offer.half_width for offer in own if offer.way == "items"]
    assert items == sorted(items, reverse=True)


def test_what_was_worked_out_is_kept_and_forgotten_when_a_file_changes(files, monkeypatch):
    asked = checking.Asked(suite=files / "suite.yaml", prices=files / "prices.yaml")
    monkeypatch.setattr(checking, "_code", list)
    first = checking.check(asked)
    monkeypatch.setattr(checking, "_worked_out", lambda _: pytest.fail("worked out again"))
    assert checking.check(asked) == first
    monkeypatch.setattr(checking, "_worked_out", lambda _: first)
    [kept] = (files / "cache" / "standfast" / "plans").glob("*.json")
    kept.write_text('{"lines": 3}')
    assert checking.check(asked) == first  # a damaged one is no answer
    (files / "prices.yaml").write_text(LIST.replace("input: 1", "input: 2"))
    monkeypatch.setattr(checking, "_worked_out", lambda _: pytest.fail("asked"))
    with pytest.raises(pytest.fail.Exception):
        checking.check(asked)
