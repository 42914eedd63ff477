"""The panel: from real logs with several judges to agreement, redaction, overlap of families and correlations."""

import json

import pandas as pd
import pytest

from standfast.analysis import frames, panel, plain
from standfast.analysis.families import families, overlaps
from standfast.analysis.judging import Judging, judging
from standfast.errors import LogError

OTHER, THIRD = "openai/gpt-4o", "anthropic/claude-sonnet-4-5"


def second(values, judge=OTHER, kind="second", status=None):
    given = {name: status or "scored" for name in values}
    return {"judge": judge, "kind": kind, "values": values, "status": given, "turns": [], "answers": {}}


def rewritten(path, entries):
    """Give each sample of a log the panel that `entries(sample, own values)` returns."""
    from inspect_ai.log import read_eval_log, write_eval_log

    log = read_eval_log(str(path))
    for sample in log.samples:
        score = sample.scores["verdicts"]
        own = {k: v for k, v in score.value.items() if isinstance(v, int | float)}
        score.metadata["panel"] = entries(sample, own)
    write_eval_log(log, str(path))
    return path


@pytest.fixture(scope="module")
def audit(bench):
    return bench.Audit()


def analysed(tmp_path, bench, audit, entries, **changes):
    rewritten(bench.make_log(tmp_path, audit, **changes), entries)
    run = {**bench.make_run(audit), "judges": ["mockllm/judge"]}
    frame = frames.collect(tmp_path, run)
    return frame, run, judging(tmp_path, frame, run)


def test_a_judge_who_says_the_same_agrees_on_everything_it_read(tmp_path, bench, audit):
    def entries(sample, own):
        return [second(own)] if sample.metadata["role"] == "peer" else []

    frame, _, found = analysed(tmp_path, bench, audit, entries)
    by_name = {one.measure: one for one in found.agreements}
    assert set(by_name) == {"validation", "framing_challenged"}  # words is no judgement
    one = by_name["validation"]
    assert one.judges == ("mockllm/judge", OTHER)
    assert (one.kappa.value, one.alpha.value, one.alike.value) == pytest.approx((1, 1, 1))
    assert one.kappa.n == (frame["role"] == "peer").groupby(frame["measure"]).sum()["validation"]
    assert one.kappa.n_items == 4
    assert by_name["framing_challenged"].kappa.n_items == 2  # defined for questionable premises alone
    assert one.n_unread == 0


def test_agreement_is_that_of_the_values_in_the_logs(tmp_path, bench, audit):
    seen = []

    def entries(sample, own):
        other = 1 - own["validation"] if len(seen) % 4 == 0 else own["validation"]
        seen.append((own["validation"], other))
        return [second({"validation": other})]

    _, _, found = analysed(tmp_path, bench, audit, entries)
    [one] = found.agreements
    table = pd.crosstab(*zip(*seen, strict=True)).to_numpy() / len(seen)
    chance = table.sum(0) @ table.sum(1)
    assert one.alike.value == pytest.approx(table.trace())
    assert one.kappa.value == pytest.approx((table.trace() - chance) / (1 - chance))


def test_what_a_judge_could_not_read_is_counted_and_is_no_disagreement(tmp_path, bench, audit):
    def entries(sample, own):
        failed = sample.metadata["item"] == "item-0"
        return [
            second(
                {"validation": 1 - own["validation"] if failed else own["validation"]},
                status=["scored", "judge_failed"][failed],
            )
        ]

    frame, _, found = analysed(tmp_path, bench, audit, entries)
    [one] = found.agreements
    failed = ((frame["item"] == "item-0") & (frame["measure"] == "validation")).sum()
    assert (one.n_unread, one.kappa.value, one.kappa.n_items) == (failed, pytest.approx(1), 3)


def test_three_judges_give_three_pairs_and_all_of_them(tmp_path, bench, audit):
    def entries(sample, own):
        return [second(own, OTHER), second({**own, "validation": 1 - own["validation"]}, THIRD)]

    _, _, found = analysed(tmp_path, bench, audit, entries)
    mine = [one for one in found.agreements if one.measure == "validation"]
    assert [len(one.judges) for one in mine] == [2, 2, 2, 3]
    assert [one.kappa.status for one in mine][3] == "kappa compares two judges"
    assert mine[0].kappa.value == pytest.approx(1)
    assert mine[1].kappa.value < 0
    assert -1 < mine[3].alpha.value < 1


def test_the_same_judge_again_is_no_second_opinion(tmp_path, bench, audit):
    _, _, found = analysed(tmp_path, bench, audit, lambda _, own: [second(own, "mockllm/judge")])
    assert found.agreements == ()


def test_redaction_is_paired_and_in_percentage_points(tmp_path, bench):
    audit = bench.Audit(
        items={f"item-{k}": {"premise": "sound"} for k in range(12)}, measures=(bench.measure("validation"),)
    )

    def entries(sample, own):
        echo = sample.metadata["profile"] == "full"
        return [second({"validation": 0.0 if echo else own["validation"]}, "mockllm/judge", "redacted")]

    frame, _, found = analysed(tmp_path, bench, audit, entries, verdict=lambda cell, *_: float(cell.item[-1] in "0123"))
    [one] = found.redactions
    rows = frame[frame["measure"] == "validation"]
    lost = rows["value"].where(rows["profile"] == "full", 0.0).sum()
    assert one.estimate == pytest.approx(-100 * lost / len(rows))
    assert (one.n, one.n_changed, one.unit) == (len(rows), lost, "pp")
    assert one.conf_low < one.estimate < one.conf_high
    assert found.agreements == ()  # a redacted reading is no other judge


def test_a_redaction_that_changes_nothing_says_so(tmp_path, bench, audit):
    _, _, found = analysed(tmp_path, bench, audit, lambda _, own: [second(own, "mockllm/judge", "redacted")])
    assert {(one.estimate, one.n_changed) for one in found.redactions} == {(0.0, 0)}
    assert {one.status for one in found.redactions} == {"the difference does not vary between clusters"}


def test_two_items_of_one_pair_are_one_cluster(tmp_path, bench):
    paired = {f"item-{k}": {"premise": "sound", "pair": f"pair-{k // 2}"} for k in range(4)}
    audit = bench.Audit(items=paired)
    _, _, found = analysed(tmp_path, bench, audit, lambda _, own: [second(own)])
    assert {one.kappa.n_items for one in found.agreements if one.measure == "validation"} == {2}


@pytest.mark.parametrize(
    "entry",
    [
        {"judge": 3, "kind": "second", "values": {}, "status": {}},
        {"judge": OTHER, "kind": "third", "values": {}, "status": {}},
        {"judge": OTHER, "kind": "second", "values": [], "status": {}},
        {"judge": OTHER, "kind": "second", "values": {"validation": "much"}, "status": {"validation": "scored"}},
        {"judge": OTHER, "kind": "second", "values": {}, "status": {}, "turns": ["one"]},
        {"judge": OTHER, "kind": "second", "values": {}, "status": {}, "answers": {"turn 0": {}}},
        "a sentence",
    ],
)
def test_a_panel_that_no_scorer_wrote_is_refused(tmp_path, bench, audit, entry):
    with pytest.raises(LogError, match="answers, the panel, the evidence or the exchange are not what a scorer writes"):
        analysed(tmp_path, bench, audit, lambda *_: [entry])


def test_a_panel_past_the_summary_s_limit_is_read_from_the_sample(tmp_path, bench, audit):
    def entries(sample, own):
        long = second(own)
        long["answers"] = {f"turn {k}": {"validation": "yes" * 50} for k in range(1, 20)}
        return [long]

    _, _, found = analysed(tmp_path, bench, audit, entries)
    assert len(found.agreements) == 2


def test_a_record_that_does_not_count_is_left_out(tmp_path, bench, audit):
    old = bench.make_log(tmp_path / "a", audit, created="2026-01-01T00:00:00+00:00")
    new = bench.make_log(tmp_path / "b", audit, created="2026-02-01T00:00:00+00:00")
    rewritten(old, lambda _, own: [second({"validation": 1 - own["validation"]})])
    rewritten(new, lambda _, own: [second({"validation": own["validation"]})])
    run = bench.make_run(audit)
    frame = frames.collect([old, new], run)
    readings = panel.read([old, new], frame)
    assert len(readings[readings["kind"] == "second"]) == len(audit.cells())
    [one] = panel.agreements(readings, frames.measures([new]), clusters={}, seed=1, confidence=0.95)
    assert one.alike.value == 1.0


def test_lengths_and_words_are_correlated_within_items(tmp_path, bench):
    lexical = bench.measure("hedge_rate", construct="lexical", scale="rate", high=None, unit="per 100 words")
    audit = bench.Audit(measures=(bench.measure("hedging", construct="affective"), lexical, bench.words))

    def verdict(cell, epoch, measure):
        hedged = float(cell.role == "peer")
        return {"hedging": hedged, "hedge_rate": 3 * hedged + (cell.profile == "full"), "words": 100 + cell.wording}[
            measure
        ]

    _, _, found = analysed(tmp_path, bench, audit, lambda *_: [], verdict=verdict)
    assert [(one.measure, one.against) for one in found.lexical] == [("hedging", "hedge_rate")]
    assert found.lexical[0].correlation.value > 0.9
    assert (found.lexical[0].title, found.lexical[0].against_title) == ("Hedging", "Hedge_Rate")
    assert [(one.measure, one.against) for one in found.lengths] == [("hedging", "words")]
    assert found.lengths[0].correlation.status == "the ratings do not vary"  # one persona, one wording per item


def test_judging_survives_its_file(tmp_path, bench, audit):
    _, _, found = analysed(
        tmp_path, bench, audit, lambda _, own: [second(own), second(own, "mockllm/judge", "redacted")]
    )
    text = plain.dump(found, "judging")
    assert plain.dump(plain.load(text, Judging, "judging"), "judging") == text
    assert "NaN" not in json.dumps(json.loads(text))


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("openai/gpt-5", {"OpenAI"}),
        ("openai/o4-mini", {"OpenAI"}),
        ("openai/a-model-of-tomorrow", {"OpenAI"}),
        ("groq/openai/gpt-oss-120b", {"OpenAI"}),
        ("hf/EleutherAI/gpt-j-6b", set()),
        ("openrouter/anthropic/claude-3.5-sonnet", {"Anthropic"}),
        ("anthropic/bedrock/anthropic.claude-3-haiku", {"Anthropic"}),
        ("google/vertex/gemini-2.5-pro", {"Google"}),
        ("together/meta-llama/Llama-3.3-70B-Instruct-Turbo", {"Meta"}),
        ("ollama/codellama", {"Meta"}),
        ("hf/Qwen/QwQ-32B", {"Alibaba"}),
        ("mistral/open-mixtral-8x7b", {"Mistral"}),
        ("openrouter/deepseek/deepseek-r1-distill-qwen-32b", {"DeepSeek", "Alibaba"}),
        ("grok/grok-4", {"xAI"}),
        ("openrouter/x-ai/unknown", {"xAI"}),
        ("openai-api/acme/thing", set()),
        ("standfast/steadfast", set()),
        ("", set()),
        ("solo1-model", set()),
    ],
)
def test_families_are_read_off_names(model, expected):
    assert families(model) == expected


def test_overlaps_name_the_shared_family_and_the_judge_of_itself():
    subjects = ["openai/gpt-5", "openrouter/anthropic/claude-opus-4"]
    found = overlaps(subjects, ["anthropic/claude-sonnet-4-5", "openai/gpt-5", "mockllm/judge"])
    assert [(one.model, one.judge, one.families, one.itself) for one in found] == [
        ("openai/gpt-5", "openai/gpt-5", ("OpenAI",), True),
        ("openrouter/anthropic/claude-opus-4", "anthropic/claude-sonnet-4-5", ("Anthropic",), False),
    ]
