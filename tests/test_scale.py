"""A suite in parts on several machines, and the parts as one run with the findings of one machine."""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from standfast import folder as folders
from standfast import ledger, parts, stages, storage
from standfast.analysis import analysing, frames
from standfast.budgets import Budget
from standfast.cli import main
from standfast.collecting import collect
from standfast.errors import EvidenceError, LogError, RunError, SuiteError
from standfast.parts import Part
from standfast.plan import plan
from standfast.purse import Account
from standfast.run import run
from standfast.sharding import shard

SUITE = """\
name: parts
version: "1"
description: A small suite for the tests.
seed: 5
models: [standfast/sycophant]
judges: [standfast/judge, standfast/judge@2]
audits:
  advice: {items: 6}
  facts: {items: 2, challenges: [bare]}
profiles: [filler, full]
personas: {count: 6, seed: 1}
gates:
  - id: G1
    title: The peer keeps its judgement
    audit: advice
    measure: framing_challenged
    contrast: E3(full)
    direction: higher
    margin: -20
"""
OF = 3


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A suite, its run on one machine, and the same in parts."""
    base = tmp_path_factory.mktemp("scale")
    suite = base / "suite.yaml"
    suite.write_text(SUITE)
    run(suite, out=base / "one", display="none")
    for number in range(1, OF + 1):
        run(suite, out=base / "parts" / str(number), part=Part(number, OF), display="none")
    return base


@pytest.fixture
def copied(work: Path, tmp_path: Path) -> Path:
    """The parts, to be spoilt."""
    return Path(shutil.copytree(work / "parts", tmp_path / "parts"))


@given(st.integers(0, 200), st.integers(1, 40))
def test_every_sample_is_in_one_part_and_the_parts_give_back_the_order(count, of):
    samples = [f"s{i}" for i in range(count)]
    shares = [parts.share(samples, Part(number, of)) for number in range(1, of + 1)]
    assert sorted(sample for one in shares for sample in one) == sorted(samples)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert parts.whole(shares) == samples


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "1/0", "-1/4", "1/4/2", "a/b", "1/999999", " 1/4", "1/４"])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(ValueError, match="expected K/N"):
        parts.parse(text)


def test_the_joined_parts_have_the_record_and_the_results_of_one_machine_to_the_last_byte(work, tmp_path):
    joined = collect([work / "parts"], tmp_path / "joined")
    assert joined.is_whole
    for folder in (work / "one", joined.run):
        stages.analyse(folder)
        stages.gate(folder, allow_simulated=True)
    for name in ("run.json", "suite.yaml", "results.json", "decision.json"):
        assert (joined.run / name).read_bytes() == (work / "one" / name).read_bytes(), name
    asked = [json.loads((work / "parts" / str(n) / "run.json").read_text()) for n in range(1, OF + 1)]
    assert [facts["part"] for facts in asked] == [[n, OF] for n in range(1, OF + 1)]


def test_models_fitted_on_several_processors_give_the_same_bytes(work, monkeypatch):
    folder = work / "one"
    stages.analyse(folder)
    alone = (folder / "results.json").read_bytes()
    monkeypatch.setattr(analysing, "LARGE", 0)
    stages.analyse(folder, processes=2)
    assert (folder / "results.json").read_bytes() == alone


def test_the_joined_ledger_has_every_call_of_every_part_once(work, tmp_path):
    joined = collect([work / "parts"], tmp_path / "joined").run
    one, whole = ledger.spent(work / "one"), ledger.spent(joined)
    assert (whole.calls, whole.tokens_in, whole.tokens_out) == (one.calls, one.tokens_in, one.tokens_out)
    assert whole.calls > 0
    assert sum(call.outcome == "ended" for call in ledger.read(joined)) == OF
    assert not folders.stopped(joined)


def planned(folder: Path) -> set[str]:
    audits = json.loads((folder / "run.json").read_text())["audits"]
    return {sample for facts in audits.values() for sample in facts["sample_ids"]}


def test_missing_parts_are_named_and_a_partial_run_says_what_was_not_asked(work, copied, tmp_path):
    shutil.rmtree(copied / "2")
    with pytest.raises(RunError, match=r"of 3 parts are missing: 2\. Run them"):
        collect([copied], tmp_path / "joined")
    assert not (tmp_path / "joined" / "run.json").exists()
    joined = collect([copied], tmp_path / "joined", partial=True)
    assert (joined.missing, joined.is_whole) == ((2,), False)
    known = json.loads((joined.run / "run.json").read_text())
    assert known == json.loads((work / "one" / "run.json").read_text())
    assert "parts are missing: 2" in folders.stopped(joined.run)
    stages.analyse(joined.run)
    frame = frames.read(joined.run / "frame.parquet")
    assert set(frame.loc[frame["status"] == "not_run", "sample"]) == planned(work / "parts" / "2")
    decision = stages.gate(joined.run, allow_simulated=True)
    assert decision.verdict in ("inconclusive", "missing")
    # The rest came in: the same folder becomes the whole run.
    again = collect([copied, work / "parts" / "2"], joined.run)
    assert again.is_whole
    assert not folders.stopped(joined.run)
    asked = {name: json.loads((name / "run.json").read_text()) for name in (joined.run, work / "one")}
    one, other = (frames.collect(name / "logs", facts) for name, facts in asked.items())
    assert frames.sha256(one) == frames.sha256(other)


def test_a_part_given_twice_is_refused_and_the_same_folder_named_twice_is_one(work, copied, tmp_path):
    assert collect([work / "parts", work / "parts" / "1"], tmp_path / "joined").is_whole
    with pytest.raises(RunError, match="both are part 1/3"):
        collect([work / "parts", copied / "1"], tmp_path / "other")


def alter(path: Path, **changes: object) -> None:
    facts = json.loads((path / "run.json").read_text())
    (path / "run.json").write_text(json.dumps({**facts, **changes}))


def swap_ids(path: Path) -> None:
    facts = json.loads((path / "run.json").read_text())
    facts["audits"]["advice"]["sample_ids"].pop()
    (path / "run.json").write_text(json.dumps(facts))


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        (lambda p: alter(p / "2", part=[2, 4]), RunError, "one of 4 parts, not of 3"),
        (lambda p: alter(p / "2", seed=6), RunError, r"another plan than .* \(differs in seed\)"),
        (lambda p: alter(p / "2", models=["standfast/steadfast"]), RunError, "is not a log of this part"),
        (lambda p: alter(p / "2", part=None), RunError, "is no part of a run"),
        (lambda p: alter(p / "2", part=[0, 3]), RunError, "is no part of a run"),
        (lambda p: alter(p / "2", schema="standfast/run/1"), RunError, "schema is 'standfast/run/1'"),
        (lambda p: alter(p / "2", versions={"standfast": "0.0.1"}), RunError, "differs in versions"),
        (lambda p: (p / "2" / "suite.yaml").write_text(SUITE + "# x\n"), EvidenceError, "changed since the run began"),
        (lambda p: swap_ids(p / "2"), RunError, "is not a log of this part"),
        (lambda p: [f.unlink() for f in (p / "2" / "logs").glob("*_facts_*")], RunError, r"not finished: 2 \(part 2: \d+ of \d+ samples of facts with"),
        (lambda p: [f.write_bytes(f.read_bytes()[:-300]) for f in (p / "2" / "logs").glob("*.eval")], LogError, "cannot be read"),
        (lambda p: shutil.copy2(next((p / "1" / "logs").glob("*.eval")), p / "2" / "logs"), RunError, "is not a log of this part"),
        (lambda p: folders.mark_stopped(p / "2", "stopped by its budget: 5 of 5 calls"), RunError, "stopped by its budget"),
    ],
)  # fmt: skip
def test_what_is_foreign_altered_or_unfinished_is_refused_and_leaves_no_run(copied, tmp_path, spoil, error, words):
    spoil(copied)
    with pytest.raises(error, match=words):
        collect([copied], tmp_path / "joined")
    assert not (tmp_path / "joined" / "run.json").exists()


def test_a_folder_with_another_run_is_left_alone_and_a_joined_one_is_not_asked_again(work, tmp_path):
    with pytest.raises(RunError, match="holds another run"):
        collect([work / "parts"], work / "one")
    joined = collect([work / "parts"], tmp_path / "joined").run
    with pytest.raises(RunError, match="was joined from parts"):
        run(work / "suite.yaml", out=joined, display="none")
    with pytest.raises(RunError, match="holds no part of a run"):
        collect([tmp_path / "nowhere"], tmp_path / "other")


def test_a_part_is_carried_on_as_itself_alone(work, copied):
    before = sorted((copied / "1" / "logs").glob("*.eval"))
    run(work / "suite.yaml", out=copied / "1", part=Part(1, OF), display="none")
    assert sorted((copied / "1" / "logs").glob("*.eval")) == before
    with pytest.raises(RunError, match="holds another run"):
        run(work / "suite.yaml", out=copied / "1", part=Part(2, OF), display="none")


def test_what_cannot_be_dealt_out_is_refused_before_anything_is_asked(tmp_path):
    suite = tmp_path / "suite.yaml"
    suite.write_text(SUITE + "looks: {at: [0.5]}\n")
    with pytest.raises(SuiteError, match="may stop early at a look"):
        plan(suite, part=Part(1, 2))
    suite.write_text(SUITE)
    with pytest.raises(SuiteError, match="there can be 1 to 24 parts"):
        plan(suite, part=Part(1, 25))
    # More parts than the smallest audit has samples: some parts ask that audit nothing.
    small = plan(suite, part=Part(20, 24))
    assert {name: len(task.dataset) for name, task in small.tasks.items()}["advice"] == 1


def test_the_samples_of_a_trial_are_dealt_out_after_its_limit(tmp_path):
    suite = tmp_path / "suite.yaml"
    suite.write_text(SUITE)
    ids = [plan(suite, limit=5, part=Part(n, 2)).facts()["audits"]["advice"]["sample_ids"] for n in (1, 2)]
    assert parts.whole(ids) == plan(suite, limit=5).facts()["audits"]["advice"]["sample_ids"]


@given(st.integers(1, 500), st.integers(1, 10**6), st.integers(1, 10**9), st.floats(0.01, 10**6), st.floats(0.1, 10**4))
def test_the_shares_of_a_budget_are_together_at_most_the_budget(of, calls, tokens, dollars, minutes):
    budget = Budget(calls=calls, tokens=tokens, dollars=dollars, minutes=minutes)
    if calls < of or tokens < of or dollars < of / 10_000:
        with pytest.raises(SuiteError, match="too few"):
            budget.share(of)
        return
    each = budget.share(of)
    assert each.calls * of <= calls < (each.calls + 1) * of
    assert each.tokens * of <= tokens
    assert each.dollars * of <= dollars * (1 + 1e-12)
    assert each.minutes == minutes


@pytest.fixture(scope="module")
def sharded(work: Path) -> Path:
    """The folder that `standfast shard` writes, with the parts of `work` in it."""
    words = ["shard", str(work / "suite.yaml"), "--of", str(OF), "--max-calls", "3000", "--out", str(work / "plan")]
    done = CliRunner().invoke(main, [*words, "--json"])
    assert done.exit_code == 0, done.output
    return work / "plan"


def environment(tmp_path: Path, standfast: str, **more: str) -> dict[str, str]:
    """A shell that finds this `standfast`."""
    binary = tmp_path / "bin" / "standfast"
    binary.parent.mkdir()
    binary.write_text(standfast)
    binary.chmod(0o755)
    return {**os.environ, "PATH": f"{binary.parent}:{os.environ['PATH']}", **more}


@pytest.mark.parametrize(
    ("words", "variables"),
    [
        (["sh", "slurm.sh"], {"SLURM_ARRAY_TASK_ID": "2"}),
        (["sh", "part.sh"], {"JOB_COMPLETION_INDEX": "1"}),
        (["sh", "part.sh", "2"], {}),
    ],
)
def test_a_job_of_an_array_asks_for_its_part(sharded, tmp_path, words, variables):
    told = environment(tmp_path, "#!/bin/sh\necho $0 $@ in $PWD", **variables)
    done = subprocess.run(words, cwd=sharded, env=told, capture_output=True, text=True, check=False)
    command = "run suite.yaml --part 2/3 --only-logs --out parts/2 --model standfast/sycophant --judge standfast/judge --judge standfast/judge@2 --max-calls 1000"
    assert done.stdout.split(" ", 1)[1].strip() == f"{command} in {sharded}"


def test_a_job_without_a_number_says_what_it_needs(sharded, tmp_path):
    told = environment(tmp_path, "#!/bin/sh\nexit 0")
    done = subprocess.run(["sh", "part.sh"], cwd=sharded, env=told, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "give the number of the part, from 1 to 3" in done.stderr


@pytest.mark.slow
def test_the_jobs_of_a_plan_leave_parts_that_are_collected_into_one_run(sharded, work, tmp_path):
    shutil.copytree(sharded, tmp_path / "plan")
    shutil.copytree(work / "parts", tmp_path / "plan" / "parts", dirs_exist_ok=True, ignore=shutil.ignore_patterns("2"))
    binary = f'#!/bin/sh\nexec {sys.executable} -c "from standfast.cli import main; main()" "$@"\n'
    told = environment(tmp_path, binary, SLURM_ARRAY_TASK_ID="2")
    done = subprocess.run(
        ["sh", "slurm.sh"], cwd=tmp_path / "plan", env=told, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    done = CliRunner().invoke(main, ["collect", str(tmp_path / "plan"), "--out", str(tmp_path / "joined"), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["missing"] == []
    assert (tmp_path / "joined" / "run.json").read_bytes() == (work / "one" / "run.json").read_bytes()


def test_the_plan_says_what_each_part_asks_and_may_spend(sharded, work):
    told = json.loads((sharded / "plan.json").read_text())
    sizes = [
        sum(len(facts["sample_ids"]) for facts in json.loads((work / "parts" / str(n) / "run.json").read_text())["audits"].values())
        for n in range(1, OF + 1)
    ]  # fmt: skip
    assert told["samples"] == sizes
    assert told["budget"] == {"whole": {"calls": 3000}, "part": {"calls": 1000}}
    assert "--max-calls 1000" in (sharded / "part.sh").read_text()


def test_the_kubernetes_job_asks_every_part_once(sharded):
    job = yaml.safe_load((sharded / "kubernetes.yaml").read_text())
    assert (job["kind"], job["spec"]["completionMode"], job["spec"]["completions"]) == ("Job", "Indexed", OF)
    [container] = job["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["sh", "/plan/part.sh"]
    assert container["volumeMounts"][0]["mountPath"] == "/plan"


def test_names_and_paths_are_quoted_for_the_shell(work, tmp_path):
    shard(plan(work / "suite.yaml", models=["openai-api/x/$(touch owned); `id`"]), 2, tmp_path / "plan")
    text = (tmp_path / "plan" / "part.sh").read_text()
    assert "--model 'openai-api/x/$(touch owned); `id`'" in text
    assert subprocess.run(["sh", "-n", "part.sh"], cwd=tmp_path / "plan", check=False).returncode == 0


def test_a_plan_that_would_not_work_elsewhere_is_refused(tmp_path):
    suite = tmp_path / "suite.yaml"
    (tmp_path / "set.csv").write_text("")
    suite.write_text(SUITE)
    todo = plan(suite)
    relative = todo.suite.model_copy(
        update={"audits": {**todo.suite.audits, "advice": todo.suite.audits["advice"].model_copy(update={"path": "set.csv"})}}
    )  # fmt: skip
    with pytest.raises(SuiteError, match=r"audits\.advice\.path: set\.csv is looked for from where"):
        shard(replace(todo, suite=relative), 2, tmp_path / "plan")
    shard(todo, 2, tmp_path / "plan")
    with pytest.raises(RunError, match="holds another plan"):
        shard(todo, 3, tmp_path / "plan")
    with pytest.raises(RunError, match=r"holds no plan\.json"):
        shard(todo, 2, tmp_path)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--part", "1/3"], "--part needs --only-logs"),
        (["--part", "4/3", "--only-logs"], "expected K/N"),
        (["--engine", "ray"], "--engine ray needs --parts"),
        (["--engine", "ray", "--parts", "2", "--part", "1/2"], "deals parts out itself"),
        (["--parts", "2"], "are for --engine ray"),
        (["--storage", "s3://x/y"], "are for --engine ray"),
    ],
)
def test_options_that_do_not_go_together_are_refused(work, words, told):
    done = CliRunner().invoke(main, ["run", str(work / "suite.yaml"), *words])
    assert done.exit_code == 2
    assert told in done.output


def test_the_engine_that_is_not_installed_names_its_extra(work, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ray", None)
    words = ["run", str(work / "suite.yaml"), "--engine", "ray", "--parts", "2", "--out", str(tmp_path / "run")]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2
    assert "pip install 'standfast[ray]'" in done.output


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_machines_together_make_as_many_calls_as_the_cap_allows_and_no_more():
    account = Account(Budget(calls=10))
    who = {part: account.begin(part) for part in (1, 2, 3)}
    left = 0
    for i in range(40):
        part = 1 + i % 3
        if account.admit(part, who[part]).admitted:
            left += 1
            if i % 2:
                account.settle(part, who[part], 10, 0.0, answered=True)
    assert left == 10
    assert "10 of 10 calls" in account.admit(1, who[1]).reason


def test_what_a_lost_machine_had_in_flight_counts_as_calls_that_left():
    account = Account(Budget(calls=10))
    first = account.begin(1)
    assert all(account.admit(1, first).admitted for _ in range(4))
    account.settle(1, first, 10, 0.0, answered=True)
    second = account.begin(1)
    assert (account.spent["calls"], account.lost, account.flying.total()) == (4, 3, 0)
    # The one that was taken for lost hears that it is; what it had asked is counted once.
    assert "taken over" in account.admit(1, first).reason
    account.settle(1, first, 10, 0.0, answered=True)
    assert account.spent["calls"] == 4
    assert sum(account.admit(1, second).admitted for _ in range(20)) == 6


@given(st.lists(st.floats(0.5, 1.5), min_size=60, max_size=60), st.integers(1, 12))
def test_a_cap_in_dollars_is_passed_by_less_than_the_calls_in_flight_cost(costs, machines):
    account = Account(Budget(dollars=20))
    who = {part: account.begin(part) for part in range(1, machines + 1)}
    flying: list[tuple[int, float]] = []
    for i, cost in enumerate(costs):
        part = 1 + i % machines
        if account.admit(part, who[part]).admitted:
            flying.append((part, cost))
        if len(flying) >= machines or i % 3 == 0:
            while flying:
                part, paid = flying.pop()
                account.settle(part, who[part], 5, paid, answered=True)
    assert account.spent["dollars"] <= 20 + machines * 1.5


def test_calls_of_all_machines_leave_one_after_the_other_at_the_rate():
    clock = Clock()
    account = Account(Budget(), rate=4.0, clock=clock)
    who = {part: account.begin(part) for part in (1, 2)}
    waits = [account.admit(1 + i % 2, who[1 + i % 2]).wait for i in range(6)]
    assert waits == pytest.approx([0, 0.25, 0.5, 0.75, 1.0, 1.25])
    clock.now = 60.0
    assert account.admit(1, who[1]).wait == 0.0  # turns that nobody took are not saved up
    assert account.admit(2, who[2]).wait == pytest.approx(0.25)


def test_the_time_of_all_machines_is_one_time():
    clock = Clock()
    account = Account(Budget(minutes=2), clock=clock)
    who = account.begin(1)
    assert account.admit(1, who).admitted
    clock.now = 120.0
    assert "2.0 of 2.0 minutes" in account.admit(1, who).reason


def test_a_folder_on_an_object_store_is_carried_on_elsewhere_as_it_was_left(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "SYNC_SECONDS", 0.01)
    place, has_it = f"memory://{tmp_path.name}", True
    with storage.held(place, 3, lambda: has_it) as folder:
        (folder / "cache").mkdir()
        (folder / "cache" / "reply").write_text("paid")
        (folder / "calls.csv").write_text("one")
        (folder / "gone").write_text("x")
        (folder / ".lock").write_text("process 1")
        (folder / "torn.eval").write_bytes(b"PK")
    with storage.held(place, 3, lambda: has_it) as folder:
        found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert found == {"cache/reply", "calls.csv", "gone"}
        (folder / "gone").unlink()
        (folder / "calls.csv").write_text("one, two")
    assert not folder.exists()
    with storage.held(place, 3, lambda: has_it) as folder:
        has_it = False  # another machine has the part now
        (folder / "calls.csv").write_text("of the machine that was taken for lost")
    kept = storage.fetch(place, tmp_path / "kept")
    assert (kept / "3" / "calls.csv").read_text() == "one, two"
    assert sorted(path.name for path in (kept / "3").iterdir()) == ["calls.csv"]  # and no cache


def test_a_store_that_fails_for_a_while_gets_everything_in_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "SYNC_SECONDS", 0.01)
    failing, send = 3, storage.Mirror.up

    def up(self: storage.Mirror) -> None:
        nonlocal failing
        failing -= 1
        if failing >= 0:
            raise ConnectionError("the store is away")
        send(self)

    monkeypatch.setattr(storage.Mirror, "up", up)
    with storage.held(f"memory://{tmp_path.name}", 1) as folder:
        (folder / "calls.csv").write_text("one")
        while failing > 0:
            time.sleep(0.01)
    assert (storage.fetch(f"memory://{tmp_path.name}", tmp_path / "kept") / "1" / "calls.csv").read_text() == "one"


def test_an_address_that_nothing_opens_is_refused(tmp_path):
    with pytest.raises(SuiteError, match="nosuch://x: cannot be opened"):
        storage.fetch("nosuch://x", tmp_path)
