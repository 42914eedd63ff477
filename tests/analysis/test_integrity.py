"""What the logs tell about the evidence: each problem, and what is none."""

from dataclasses import replace

import pytest

from standfast.analysis import logs as log_files
from standfast.analysis.families import kin, same_model
from standfast.analysis.integrity import check


@pytest.fixture(scope="module")
def look(bench, tmp_path_factory):
    """Make the log of one audit and return what is found, with what was changed in evidence, panel or run."""

    def found(*, change=lambda cell, epoch: {}, run=None, epochs=1, judges=("mockllm/judge",), folder=None, **options):
        folder = folder or tmp_path_factory.mktemp("logs")
        audit = bench.Audit()
        evidence = lambda cell, epoch: {**bench.drawn_anew(cell, epoch), **change(cell, epoch)}  # noqa: E731
        model = options.pop("model", "mockllm/model")
        bench.make_log(folder, audit, evidence=evidence, epochs=epochs, judge=judges[0], model=model, **options)
        planned = bench.make_run(audit, models=[model], epochs=epochs) | {"judges": list(judges)} | (run or {})
        (one,) = check(folder, planned)
        return one

    return found


def renamed(folder, monkeypatch, model, judges, bench, panel):
    """A log as if another subject and judge had made it: Inspect opens no model that is not there."""
    audit = bench.Audit()
    bench.make_log(folder, audit, panel=panel)
    read, records = log_files.read, log_files.records
    monkeypatch.setattr(log_files, "read", lambda path: replace(read(path), model=model, judge=", ".join(judges)))
    monkeypatch.setattr(
        log_files, "records", lambda log, **kwargs: [replace(r, judge=judges[0]) for r in records(log, **kwargs)]
    )
    return check(folder, bench.make_run(audit, models=[model]) | {"judges": list(judges)})[0]


def test_samples_drawn_anew_have_no_problem(look):
    found = look(epochs=2)
    assert found.problems == ()
    assert (found.samples, found.distinct, found.repeated, found.cached) == (48, 48, 0, 0)
    assert (found.served, found.judged, found.duplicates) == (("model-1",), ("mockllm/judge",), ())


def same_in_every_epoch(cell, epoch):
    return {"replied": f"r-{cell.id}"}


def test_long_replies_that_repeat_in_epochs_are_no_evidence(look):
    found = look(change=same_in_every_epoch, epochs=2)
    assert (found.samples, found.distinct, found.repeated) == (48, 24, 24)
    (problem,) = found.problems
    assert problem.startswith("24 of 48 samples repeat another one word for word")


def test_samples_that_ask_and_answer_the_same_repeat_each_other(look):
    # As two personas of whom nothing is shown, at temperature 0.
    found = look(change=lambda cell, epoch: {"asked": "a", "replied": "r"} if cell.profile == "none" else {})
    assert (found.distinct, found.repeated) == (17, 7)
    assert "7 of 24 samples repeat" in found.problems[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda cell, epoch: {**same_in_every_epoch(cell, epoch), "length": 199},
        lambda cell, epoch: {"replied": f"the same to all in epoch {epoch}"},
        lambda cell, epoch: {"asked": "the same of all"},
        lambda cell, epoch: (
            same_in_every_epoch(cell, epoch) if cell.item == "item-0" and cell.profile == "full" else {}
        ),
    ],
    ids=["short replies agree by chance", "one reply to all questions", "one question, several replies", "few"],
)
def test_what_may_agree_by_chance_is_no_repetition(look, change):
    assert look(change=change, epochs=2).problems == ()


def test_one_cached_reply_in_another_epoch_is_a_problem(look):
    def once(cell, epoch):
        return {"replied": "r", "cached": int(epoch == 2)} if cell == first else {}

    first = None

    def change(cell, epoch):
        nonlocal first
        first = first or cell
        return once(cell, epoch)

    found = look(change=change, epochs=2)
    assert found.problems == ("A reply from a cache is counted as another epoch in 1 of 48 samples.",)
    assert found.cached == 1


def test_short_cached_replies_need_more_than_a_few(look):
    def cached(cell, epoch):
        return {"replied": f"r-{cell.id}", "length": 3, "cached": int(epoch == 2)}

    assert (
        look(change=lambda c, e: cached(c, e) if c.item == "item-0" and c.profile == "full" else {}, epochs=2).problems
        == ()
    )
    assert look(change=cached, epochs=2).problems == (
        "A reply from a cache is counted as another epoch in 24 of 48 samples.",
    )


def test_a_run_that_was_killed_and_carried_on_reads_its_own_cache(look):
    found = look(change=lambda cell, epoch: {"cached": 1}, epochs=2)
    assert (found.cached, found.problems) == (48, ())


def test_items_that_ask_the_same_are_named(look):
    found = look(change=lambda cell, epoch: {"question": "q"} if cell.item in ("item-1", "item-3") else {})
    assert found.duplicates == ("item-1", "item-3")
    assert found.problems == ("item-1 and item-3 ask the same, so they are not independent items.",)


def test_a_subject_that_was_changed_under_way_is_a_problem(look):
    found = look(change=lambda cell, epoch: {"served": ["model-2"] if cell.item == "item-0" else ["model-1"]})
    assert found.served == ("model-1", "model-2")
    assert found.problems == ("The provider reported more than one model under way: model-1 and model-2.",)


def test_a_change_between_two_audits_is_a_problem_of_both(bench, tmp_path):
    audits = bench.Audit(), bench.Audit(name="debate")
    for number, audit in enumerate(audits):
        served = {"served": [f"model-{number}"]}
        bench.make_log(tmp_path, audit, evidence=lambda cell, epoch, s=served: {**bench.drawn_anew(cell, epoch), **s})
    found = check(tmp_path, bench.make_run(*audits))
    assert [one.served for one in found] == [("model-0",), ("model-1",)]
    assert all(one.problems[0].endswith("under way: model-0 and model-1.") for one in found)


def test_what_is_not_known_of_the_provider_is_no_problem(bench, tmp_path):
    imported = ("question", "opening", "asked", "replied", "length")
    bench.make_log(
        tmp_path, audit := bench.Audit(), evidence=lambda c, e: {k: bench.drawn_anew(c, e)[k] for k in imported}
    )
    (found,) = check(tmp_path, bench.make_run(audit))
    assert (found.served, found.cached, found.problems) == ((), 0, ())


@pytest.mark.parametrize("lost", ["question", "opening", "asked", "replied"])
def test_a_log_that_does_not_say_what_was_asked_is_a_problem(look, lost):
    found = look(change=lambda cell, epoch: {lost: ""} if cell.item == "item-0" else {})
    assert found.problems == (
        "6 of 24 samples do not say what was asked and answered; score the run again with this version.",
    )


def test_a_planned_audit_without_a_log_is_a_problem(bench, tmp_path):
    bench.make_log(tmp_path, audit := bench.Audit())
    found = check(tmp_path, bench.make_run(audit, bench.Audit(name="debate")))
    assert [(one.audit, one.samples, one.problems) for one in found] == [
        ("advice", 24, ()),
        ("debate", 0, ("No sample of it finished.",)),
    ]


def test_samples_that_broke_are_no_evidence(look, bench):
    found = look(broken=[bench.Audit().cells()[0].id])
    assert (found.samples, found.problems) == (23, ())


def test_of_two_logs_with_one_sample_the_newest_counts(look, tmp_path):
    old = {"change": lambda cell, epoch: {"served": ["gone"]}, "created": "2020-01-01T00:00:00+00:00"}
    look(folder=tmp_path, **old)
    assert look(folder=tmp_path).served == ("model-1",)


def test_epochs_at_temperature_0_are_no_evidence(look):
    cold = "At temperature 0 the 2 epochs repeat each other and are no evidence of their own."
    assert look(temperature=0.0, epochs=2).problems == (cold,)
    assert look(temperature=0.0).problems == ()
    assert look(temperature=0.7, epochs=2).problems == ()


def test_other_sampling_than_in_the_record_is_a_problem(look):
    planned = {"sampling": {"temperature": 0.7, "max_tokens": None}}
    assert look(temperature=0.7, run=planned).problems == ()
    assert look(temperature=0.9, run=planned).problems == ("It was asked with temperature 0.9, run.json says 0.7.",)
    assert look(run=planned).problems == ("It was asked with temperature not set, run.json says 0.7.",)


@pytest.mark.parametrize(
    ("header", "run", "problem"),
    [
        ({"limit": 24}, {"limit": None}, "It was asked with limit 24, run.json says not set."),
        ({}, {"limit": 24}, "It was asked with limit not set, run.json says 24."),
        ({"limit": 24}, {"limit": 24}, ""),
        ({}, {"epochs": 2}, "It was asked with epochs 1, run.json says 2."),
        ({"user": "a/user"}, {}, "It was asked with user a/user, run.json says not set."),
        ({"user": "a/user"}, {"user": "b/user"}, "It was asked with user a/user, run.json says b/user."),
        ({"user": "a/user"}, {"user": "a/user"}, ""),
        ({}, {"user": "a/user"}, ""),  # judged again
    ],
)
def test_a_record_that_says_otherwise_than_the_logs_is_a_problem(look, monkeypatch, header, run, problem):
    read = log_files.read
    monkeypatch.setattr(log_files, "read", lambda path: replace(read(path), **header))
    assert look(run=run).problems == ((problem,) if problem else ())


def test_another_judge_than_in_the_record_is_a_problem(look):
    found = look(judges=["mockllm/other"], run={"judges": ["mockllm/judge"]})
    assert found.problems == ("It was read by mockllm/other, run.json names mockllm/judge.",)


def second(judge, share=1.0, status="scored"):
    def panel(cell):
        entry = {"judge": judge, "kind": "second", "values": {"words": 1.0}, "status": {"words": status}}
        return [entry] if sum(map(ord, cell.id)) % 100 < 100 * share else []

    return panel


@pytest.mark.parametrize(
    ("model", "judges", "panel", "problem"),
    [
        ("openai/gpt-5", ["anthropic/claude-sonnet-4-5"], second("x", 0), ""),
        ("openai/gpt-5", ["openai/gpt-5"], second("x", 0), "is the subject itself"),
        ("openai/gpt-5", ["openrouter/openai/gpt-5"], second("x", 0), "is the subject itself"),
        ("openai/gpt-5", ["openai/gpt-5"], second("google/gemini-2.5-pro"), "is the subject itself"),
        ("openai/gpt-5", ["azureai/gpt-5-mini"], second("x", 0), "own family (OpenAI)"),
        ("openai/gpt-5", ["azureai/gpt-5-mini", "openai/o3"], second("openai/o3"), "read 0 of 24 samples"),
        ("openai/gpt-5", ["azureai/gpt-5-mini", "google/gemini-2.5-pro"], second("google/gemini-2.5-pro"), ""),
        ("openai/gpt-5", ["openai/o3", "google/gemini-2.5-pro"], second("google/gemini-2.5-pro", 0.02), "family read"),
        (
            "openai/gpt-5",
            ["openai/o3", "google/gemini-2.5-pro"],
            second("google/gemini-2.5-pro", status="judge_failed"),
            "read 0 of 24 samples",
        ),
        ("bedrock/anthropic.claude-v2", ["vertex/claude-3-opus"], second("x", 0), "own family (Anthropic)"),
        ("together/acme/large", ["together/acme/judge"], second("x", 0), "own family (acme)"),
        ("vllm/large", ["vllm/judge"], second("x", 0), "own family (vllm)"),
        ("together/acme/large", ["together/other/judge"], second("x", 0), ""),
        ("standfast/sycophant", ["standfast/judge"], second("x", 0), ""),
    ],
)
def test_a_judge_of_the_subjects_own_family_needs_one_of_another(
    bench, tmp_path, monkeypatch, model, judges, panel, problem
):
    found = renamed(tmp_path, monkeypatch, model, judges, bench, panel)
    assert bool(found.problems) == bool(problem), found.problems
    assert not problem or problem in found.problems[0]
    assert found.judged == tuple(judges)


def test_kin_and_sameness_go_by_the_name():
    assert kin("openrouter/deepseek/deepseek-r1-distill-llama-70b") == {"DeepSeek", "Meta"}
    assert kin("none/none") == kin("mockllm/model") == frozenset()
    assert same_model("openai/gpt-5", "azureai/gpt-5")
    assert not same_model("acme/model", "other/model")


def test_what_no_scorer_writes_is_refused(look):
    for wrong in ({"length": "9"}, {"length": -1}, {"served": "x"}, {"served": [1]}, {"asked": 3}, {"cached": 1.5}):
        with pytest.raises(log_files.LogError, match="the evidence or the exchange are not what a scorer writes"):
            look(change=lambda cell, epoch, wrong=wrong: wrong)
