"""One measurement of `run_speed.py`, in a process of its own: what is run against the provider, and what it took.

    python benchmarks/run_jobs.py JOB [PROFILE]

JOB is a JSON object: `kind` (`ours`, `bare`, `run` or `call`), `audit`, `samples`, `whole`, `part`, `connections` and
`models`. The last line of what it prints is a JSON object: seconds elapsed (`wall`) and of processor time (`busy`).
With PROFILE, a whole run is profiled into that file.
"""

import cProfile
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from provider import REPLY

SETTINGS: dict[str, Any] = {
    "fail_on_error": False,
    "retry_on_error": 2,
    "log_realtime": False,
    "score_display": False,
    "display": "none",
    "ctl_server": False,
}
DESIGNS: dict[str, dict[str, Any]] = {
    "advice": {"profiles": ["filler", "full"], "personas": 48, "per_item": 48},
    "debate": {"profiles": ["filler", "full"], "personas": 12, "per_item": 12, "challenges": ["bare"]},
}
CALLS = {"advice": 2, "debate": 10}  # of a sample: a reply and its reading at each turn


def ours(audit: str, samples: int) -> Any:
    """Return an audit's task, as a suite makes it."""
    from inspect_ai import task_with
    from inspect_ai.dataset import MemoryDataset

    from standfast.audits._audit import make

    task = make(audit, DESIGNS[audit])
    rows = list(task.dataset)[:samples]
    assert len(rows) == samples, f"{audit} has {len(rows)} samples"
    return task_with(task, dataset=MemoryDataset(rows, name=audit))


def bare(audit: str, samples: int) -> Any:
    """Return a task with the same messages, the same calls, one number for a score, and nothing else."""
    from inspect_ai import Task
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import ChatMessageUser, get_model
    from inspect_ai.scorer import Score, mean, scorer
    from inspect_ai.solver import solver

    from standfast.audits._audit import find
    from standfast.audits._judge import SAID, _asked, prompt

    declared, rows, scripts, read = find(audit), list(ours(audit, samples).dataset), {}, {}
    for row in rows:
        known = row.metadata or {}
        script = scripts[row.id] = known["script"]
        facts = {name: str(known[name]) for name in ("item", "role", "persona", "profile", "challenge")} | known[
            "facts"
        ]
        read[row.id] = [
            prompt(
                SAID.format(context=known["context"], turn=line) if declared.path else known["context"],
                REPLY,
                _asked(declared.facets(turn, len(script), facts)),
            )
            for turn, line in enumerate(script, start=1)
        ]

    @solver
    def talk() -> Any:
        async def solve(state: Any, generate: Any) -> Any:
            for turn, line in enumerate(scripts[state.sample_id]):
                if turn:
                    state.messages.append(ChatMessageUser(content=line))
                state = await generate(state)
            return state

        return solve

    @scorer(metrics=[mean()])
    def judged() -> Any:
        async def score(state: Any, target: Any) -> Score:
            for text in read[state.sample_id]:
                await get_model(role="grader").generate([ChatMessageUser(content=text)])
            return Score(value=1.0)

        return score

    kept = [Sample(id=row.id, input=row.input) for row in rows]
    return Task(MemoryDataset(kept, name=audit), solver=talk(), scorer=judged())


def evaluate(job: dict[str, Any]) -> dict[str, float]:
    """Run a task against the provider, after one that is not counted; return what it took."""
    from inspect_ai import eval_set
    from inspect_ai.model import GenerateConfig, get_model

    config = GenerateConfig(max_connections=job["connections"])
    subject, judge = (get_model(name, config=config, memoize=False) for name in job["models"])
    make = {"ours": ours, "bare": bare}[job["kind"]]
    took: dict[str, float] = {}
    for samples in (8, job["samples"]):
        task = make(job["audit"], samples)
        busy, start = _busy(), time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            done, [log] = eval_set([task], log_dir=folder, model=[subject], model_roles={"grader": [judge]}, **SETTINGS)
        took = {"wall": time.perf_counter() - start, "busy": _busy() - busy}
        scored = log.results.completed_samples if log.results else 0
        assert done, log.status
        assert scored == samples, f"{scored} of {samples}"
    return took


SUITE = """\
name: speed
version: "1"
description: One audit, to be asked as fast as may be.
seed: 1
models: [{models[0]}]
judges: [{models[1]}]
audits:
  {audit}: {{}}
profiles: {design[profiles]}
personas: {{count: {design[personas]}, per_item: {design[per_item]}, seed: 1}}
"""


def whole_run(job: dict[str, Any]) -> dict[str, float]:
    """Run a suite, or a part of it, as `standfast run` does: with its cache, its ledger and its plan."""
    from standfast import run
    from standfast.parts import Part

    took: dict[str, float] = {}
    for samples, part in ((8, None), (job["whole"], job["part"])):
        busy, start = _busy(), time.perf_counter()
        with tempfile.TemporaryDirectory() as place:
            file = Path(place) / "suite.yaml"
            file.write_text(SUITE.format(**job, design=DESIGNS[job["audit"]]), "utf-8")
            run.run(
                file,
                limit=samples,
                part=Part(*part) if part else None,
                out=Path(place) / "run",
                display="none",
                max_connections=job["connections"],
            )
            took = {"wall": time.perf_counter() - start, "busy": _busy() - busy}
    return took


def call(job: dict[str, Any]) -> dict[str, float]:
    """Call the model without any sample; return what it took."""
    import anyio
    from inspect_ai.model import ChatMessageUser, GenerateConfig, get_model

    model = get_model(job["models"][0], config=GenerateConfig(max_connections=job["connections"]), memoize=False)
    text = [message for row in ours(job["audit"], 8).dataset for message in row.input][:2]

    async def ask(calls: int) -> None:
        left = iter(range(calls))

        async def worker() -> None:
            for _ in left:
                await model.generate([*text, ChatMessageUser(content="Go on.")])

        async with anyio.create_task_group() as group:
            for _ in range(min(job["connections"], calls)):
                group.start_soon(worker)

    async def timed() -> dict[str, float]:
        await ask(8)
        busy, start = _busy(), time.perf_counter()
        await ask(job["samples"] * CALLS[job["audit"]])
        return {"wall": time.perf_counter() - start, "busy": _busy() - busy}

    return anyio.run(timed)


def _busy() -> float:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def _profiled(job: dict[str, Any], path: str) -> dict[str, float]:
    with cProfile.Profile() as profiler:
        took = whole_run(job)
    profiler.dump_stats(path)
    return took


def main() -> None:
    """Measure once."""
    job = json.loads(sys.argv[1])
    if len(sys.argv) > 2:
        _profiled(job, sys.argv[2])
    else:
        print(json.dumps({"call": call, "run": whole_run}.get(job["kind"], evaluate)(job)))


if __name__ == "__main__":
    main()
