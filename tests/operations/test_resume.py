"""Resuming: only what has no answer is asked again, counted at the server, and what changed is named."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from inspect_ai.log import list_eval_logs, read_eval_log, write_eval_log
from operating import AWAY, REFUSED, SECRET, asked, killed_after, logs, paid, statuses, write_suite

from standfast import changes, unanswered
from standfast.analysis import frames
from standfast.budgets import Budget
from standfast.cli import main
from standfast.errors import AuditError, EvidenceError, RunError
from standfast.folder import read, stopped
from standfast.resuming import resume
from standfast.run import run

ITEMS = 2
N = 8  # samples of the suite: 2 items, 2 roles, 2 profiles


@pytest.mark.slow
def test_a_killed_run_is_carried_on_from_its_folder_alone(opened, tmp_path):
    connections = 2
    opened.latency_s = 0.05
    suite, folder = write_suite(opened, tmp_path), tmp_path / "run"
    killed_after(9, opened, "run", suite, "--out", folder, "--only-logs", "--max-connections", connections)
    suite.unlink()
    opened.latency_s = 0.0
    resume(folder, display="none", max_connections=connections)
    assert sum(count - 1 for count in paid(opened.requests).values()) <= 2 * connections
    assert len(paid(opened.requests)) == 2 * N
    frame = frames.collect(folder / "logs", read(folder))
    assert set(frame["status"]) == {"scored"}
    assert not (folder / "cache").exists()


def test_a_finished_run_asks_nothing(opened, folder):
    assert resume(folder, display="none") == folder
    assert opened.requests == []


def test_a_judge_that_was_away_is_asked_later_and_the_subject_is_not(opened, tmp_path):
    opened.choose = lambda body: REFUSED if body["model"] == "judge" else None
    folder = run(write_suite(opened, tmp_path), out=tmp_path / "run", display="none")
    assert asked(opened.requests) == {"subject": N, "judge": N}
    left = unanswered.find(folder)
    assert len(left) == N
    assert {one.why for one in left} == {"unjudged"}
    assert SECRET not in "".join(one.message for one in left)
    assert (folder / "cache").is_dir()

    opened.choose = lambda _: None
    opened.requests.clear()
    resume(folder, display="none")
    assert asked(opened.requests) == {"judge": N}
    [log] = logs(folder)
    assert (len(log.samples), set(statuses(log)), log.invalidated) == (N, {"scored"}, False)
    assert unanswered.find(folder) == []
    assert not (folder / "cache").exists()


def test_samples_that_failed_are_asked_again_and_no_other_and_none_is_counted_twice(opened, tmp_path):
    failing = set()

    def choose(body):
        key = json.dumps(body["messages"])
        if body["model"] == "subject" and (key in failing or len(failing) < 3):
            failing.add(key)
            return AWAY
        return None

    opened.choose = choose
    folder = run(write_suite(opened, tmp_path), out=tmp_path / "run", display="none")
    assert asked([r for r in opened.requests if r.status == 200]) == {"subject": N - 3, "judge": N - 3}
    left = unanswered.find(folder)
    assert [one.why for one in left] == ["failed"] * 3
    assert not any(one.is_outage for one in left)  # "503 Timeout" in a provider's words decides nothing
    before = frames.collect(folder / "logs", read(folder))
    assert before.groupby("status")["sample"].nunique().to_dict() == {"error": 3, "scored": N - 3}

    opened.requests.clear()
    run(tmp_path / "suite.yaml", out=folder, display="none")  # the same command leaves such a sample as it is
    assert opened.requests == []
    opened.choose = lambda _: None
    resume(folder, display="none")
    assert asked(opened.requests) == {"subject": 3, "judge": 3}
    after = frames.collect(folder / "logs", read(folder))
    assert after.groupby("status")["sample"].nunique().to_dict() == {"scored": N}
    assert not after.duplicated(["sample", "epoch", "measure", "turn"]).any()
    kept = before[before["status"] == "scored"].merge(after, on=["sample", "epoch", "measure", "turn"])
    assert len(kept) == (before["status"] == "scored").sum()
    assert (kept["value_x"] == kept["value_y"]).all()


def test_a_reply_whose_judge_said_nonsense_is_final(opened, tmp_path):
    whole, opened.reply = opened.reply, lambda body: "hm" if body["model"] == "judge" else "Yes."
    try:
        folder = run(write_suite(opened, tmp_path), out=tmp_path / "run", display="none")
        opened.requests.clear()
        resume(folder, display="none")
    finally:
        opened.reply = whole
    assert opened.requests == []


def test_a_run_that_its_budget_stopped_is_carried_on_with_a_larger_one(opened, tmp_path):
    folder = run(write_suite(opened, tmp_path), out=tmp_path / "run", display="none", budget=Budget(calls=6))
    assert len(opened.requests) == 6
    assert "6" in stopped(folder)
    resume(folder, display="none")  # the cap stays in force
    assert len(opened.requests) == 6
    resume(folder, display="none", budget=Budget(calls=100))
    assert len(opened.requests) == 2 * N
    assert set(paid(opened.requests).values()) == {1}
    assert stopped(folder) == ""


def test_samples_are_set_aside_whole_or_not_at_all(folder, monkeypatch):
    [info] = list_eval_logs(str(folder / "logs"))
    log = read_eval_log(info)
    log.samples[0].scores["verdicts"].explanation = "turn 1: the judge raised RateLimitError: Error code: 429"
    path = Path(info.name.removeprefix("file://"))
    write_eval_log(log, str(path))
    before = path.read_bytes()

    def torn(log, location):
        Path(location).write_bytes(b"half")
        raise OSError(28, "No space left on device", location)

    monkeypatch.setattr("inspect_ai.log.write_eval_log", torn)
    with pytest.raises(OSError, match="No space left"):
        unanswered.set_aside(folder)
    assert path.read_bytes() == before
    monkeypatch.undo()
    assert unanswered.set_aside(folder, outages_only=True) == 1
    assert read_eval_log(str(path), header_only=True).invalidated


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("items: 2", "items: 1"), "audits.advice.items: 1, was 2 (line 8)"),
        (("seed: 5", "seed: 6"), "seed: 6, was 5 (line 4)"),
        (("audits:", "audit:"), 'unknown key "audit"'),
        (("margin: -20", "margin: -30"), "its gates, a comment or spacing"),
    ],
)
def test_a_suite_that_was_changed_is_named_and_nothing_is_asked(opened, folder, change, told):
    path = folder / "suite.yaml"
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(EvidenceError) as error:
        resume(folder, display="none")
    assert told in str(error.value)
    assert "\n" not in str(error.value)
    assert opened.requests == []
    assert not any(log.invalidated for log in logs(folder))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda f: (f / "suite.yaml").unlink(), "suite.yaml: cannot be read"),
        (lambda f: (f / "run.json").write_text("[1]"), "is no run record"),
        (
            lambda f: (f / "run.json").write_text('{"schema": "standfast/run/1"}'),
            "resume it with the version that made it",
        ),
        (lambda f: (f / "run.json").write_text('{"schema": "standfast/run/2", "suite": {}}'), "lacks policy, models"),
        (lambda f: (f / "logs" / "eval-set.json").unlink(), "were not made by `standfast run`"),
        (lambda f: next((f / "logs").glob("*.eval")).write_bytes(b"no log"), "cannot be read as an Inspect log"),
    ],
)
def test_a_folder_that_cannot_be_carried_on_is_refused(opened, folder, damage, told):
    damage(folder)
    with pytest.raises(AuditError) as error:
        resume(folder, display="none")
    assert told in str(error.value)
    assert opened.requests == []


def test_another_command_in_the_same_folder_is_told_by_line_and_by_value(opened, folder, tmp_path):
    path = write_suite(opened, tmp_path / "other", items=3)
    with pytest.raises(RunError, match=r"suite line 8: 'advice: \{items: 3\}', was 'advice: \{items: 2\}'"):
        run(path, out=folder)
    with pytest.raises(RunError, match="limit: 2, was none"):
        run(folder / "suite.yaml", out=folder, limit=2)


def test_the_verb_carries_on_and_concludes(opened, folder):
    done = CliRunner().invoke(main, ["resume", str(folder), "--exit-zero"])
    assert done.exit_code == 0, done.output
    assert "VERDICT" in done.stdout
    assert (folder / "report.html").exists()
    assert opened.requests == []


@pytest.mark.parametrize(
    ("message", "kind", "passing"),
    [
        ("RetryError(<Future at 0x7f state=finished raised InternalServerError>)", "InternalServerError", True),
        ("RetryError: RateLimitError: Error code: 429 - slow down", "RateLimitError 429", True),
        ("AuthenticationError: Error code: 401 - no 503 Timeout", "AuthenticationError 401", False),
        ("Error code: 404 - try 503", "status 404", False),
        ("httpx.ReadTimeout('')", "ReadTimeout", True),
        ("APIConnectionError: Connection error.", "APIConnectionError", True),
        ("JSONDecodeError('Expecting value')", "JSONDecodeError", False),
        (
            'ModelGenerateError(\'\\nRequest:\\n{"a": "429 Timeout"}\\n\\nBadRequestError("Error code: 400")\')',
            "BadRequestError 400",
            False,
        ),
        ("", "unknown", False),
    ],
)
def test_what_may_pass_by_itself_is_told_by_class_and_status_alone(message, kind, passing):
    one = unanswered.Unanswered(
        log=Path("a.eval"), model="m", audit="a", sample="s", epoch=1, uuid="u", why="failed", message=message
    )
    assert unanswered.cause(message) == kind
    assert one.is_outage == passing


def test_differences_are_told_short_and_without_what_moves_a_cursor():
    assert changes.in_facts({"a": {"b": 1, "sha256": "x"}, "z": 1}, {"a": {"b": 2, "sha256": "y"}}) == ["a.b: 2, was 1"]
    assert changes.in_facts({}, {"a": "\x1b[2J" + "w" * 200})[0].startswith("a: \\x1b[2Jww")
    assert changes.in_facts({n: 0 for n in "abcdef"}, {n: 1 for n in "abcdef"})[-1] == "and 2 more"
    assert changes.in_lines(b"a\nb\n", b"a\n") == ["line 2: nothing, was 'b'"]
    assert changes.where(b"audits:\n  a: {items: 1}\n  b:\n    items: 2\n", "audits.b.items: 1, was 2") == 4
    assert changes.where(b"seed: 1", "limit: 1, was 2") is None


def test_the_price_list_of_the_run_is_the_one_that_resuming_reckons_with(opened, tmp_path):
    suite, folder = write_suite(opened, tmp_path), tmp_path / "run"
    listed = '{models: ["openai-api/*"], input: 1, output: 2, as_of: 2026-01-01, source: "https://example.org"}'
    (tmp_path / "mine.yaml").write_text(f"prices:\n  - {listed}\n")
    words = ["--prices", str(tmp_path / "mine.yaml"), "--max-dollars", "0.000001", "--only-logs"]
    stopped_early = CliRunner().invoke(main, ["run", str(suite), "--out", str(folder), *words])
    assert stopped_early.exit_code == 11, stopped_early.output
    (tmp_path / "mine.yaml").unlink()
    carried_on = CliRunner().invoke(main, ["resume", str(folder), "--max-dollars", "5", "--only-logs"])
    assert carried_on.exit_code == 0, carried_on.output
    spent = json.loads(CliRunner().invoke(main, ["status", str(folder), "--json"]).stdout)["spent"]["all"]
    assert spent["unpriced"] == 0
    assert 0 < spent["dollars"] < 1
