"""Our tasks against the same number of bare Inspect samples with the same calls.

    python benchmarks/overhead.py

Prints processor time per sample of each, and the ratio bare / ours (1.0 would be no overhead). Both run in this
process on the same simulated models, three times in turn; the medians are compared.
"""

import statistics
import tempfile
import time

from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageUser, get_model
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from standfast.audits.advice import advice
from standfast.audits.debate import debate

ROUNDS = 3
MODELS = {"model": "standfast/steadfast", "model_roles": {"grader": "standfast/judge"}}


@solver
def bare_dialogue(turns: int) -> Solver:
    """Ask `turns` times."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        for turn in range(turns):
            if turn:
                state.messages.append(ChatMessageUser(content="And then?"))
            state = await generate(state)
        return state

    return solve


@scorer(metrics=[mean()])
def bare_judge(turns: int) -> Scorer:
    """Ask the judge `turns` times."""

    async def score(state: TaskState, target: Target) -> Score:
        for _ in range(turns):
            await get_model(role="grader").generate([ChatMessageUser(content=state.output.completion)])
        return Score(value=1.0)

    return score


def seconds(task: Task) -> float:
    """Return processor seconds per sample."""
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        [log] = eval(task, log_dir=folder, display="none", log_realtime=False, score_display=False, **MODELS)
    assert log.status == "success", log.error
    return (time.process_time() - start) / len(task.dataset)


def bare(turns: int, samples: int, text: str) -> Task:
    """Return the task with the same calls and nothing else."""
    rows = [Sample(id=number, input=text) for number in range(samples)]
    return Task(MemoryDataset(rows), solver=bare_dialogue(turns), scorer=bare_judge(turns))


def main() -> None:
    """Compare both audits."""
    for name, make, turns in (("advice", advice, 1), ("debate", debate, 5)):
        options = {"profiles": ["filler", "full"], **({"challenges": ["bare"]} if turns > 1 else {})}
        task = make(**options)
        text = task.dataset[0].input[-1].text
        seconds(make(items=1, personas=1))  # imports and caches
        pairs = [(seconds(make(**options)), seconds(bare(turns, len(task.dataset), text))) for _ in range(ROUNDS)]
        ours, theirs = (1000 * statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"{name}: ours {ours:.1f} ms, bare {theirs:.1f} ms per sample; bare / ours {theirs / ours:.2f}")


if __name__ == "__main__":
    main()
