"""The A/A certificate: how often a policy would decide otherwise on another run of the same size, by replays."""

from dataclasses import replace
from pathlib import Path

from standfast.analysis import certificate, rates
from standfast.analysis.certificate import Certificate, Rate
from standfast.analysis.mixed.inference.replicates import Progress, replicate
from standfast.analysis.rates import Replayed
from standfast.analysis.replays import Halving, Replay, blocks, scenarios
from standfast.errors import GateError
from standfast.folder import put, read
from standfast.plan import Plan
from standfast.replaying import Setup, decided, planned
from standfast.stored import read_decision, read_results
from standfast.suite import policy_facts

REPLAYS = 100
_COLUMNS = {
    "passes": "passes",
    "flips": "flips",
    "false_pass": "false pass",
    "false_fail": "false fail",
    "halves": "halves flip",
}
_OF_RUN = (
    "Replays of this run's own design, with the same values missing, drawn from the cell means and variances that its "
    "fits found; one subject's measures are drawn apart from one another."
)
_OF_PLAN = (
    "Replays of the planned design with nothing missing, drawn for a subject without any effect at 80 % (20 % where "
    "lower is better), with the variances of published data; measures are drawn apart from one another."
)


def of_run(
    folder: Path,
    *,
    replays: int = REPLAYS,
    seed: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Certificate:
    """Replay the policy of a run that was decided on, and write certificate.json.

    Args:
        folder: The run folder.
        replays: Replays.
        seed: Of the draws; the run's where `None`.
        workers: Processes; as many as there are processors where `None`.
        progress: Called with the replays done and their number.

    Raises:
        GateError: No gate can be replayed.
        EvidenceError: The decision is not of this run.
        RunError: The run was not decided on yet.
    """
    run = read(folder)
    found = read_results(folder, run)
    decision = read_decision(folder, found)
    seeded = int(run["seed"]) if seed is None else seed
    made = replace(
        _certified(decided(folder), replays, seeded, workers, progress, halved=True),
        policy_sha256=decision.policy.sha256 if decision.policy else "",
        frame_sha256=found.frame_sha256,
        simulated=decision.simulated,
        basis=_OF_RUN,
    )
    put(folder / "certificate.json", certificate.to_json(made).encode())
    return made


def of_plan(
    plan: Plan,
    *,
    replays: int = REPLAYS,
    seed: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Certificate:
    """Replay the policy of a suite, before anything is asked.

    Args:
        plan: The suite with its samples.
        replays: Replays.
        seed: Of the draws; the suite's where `None`.
        workers: Processes; as many as there are processors where `None`.
        progress: Called with the replays done and their number.

    Raises:
        GateError: No gate can be replayed.
    """
    made = _certified(
        planned(plan), replays, plan.suite.seed if seed is None else seed, workers, progress, halved=False
    )
    facts = policy_facts(plan.suite, plan.text, plan.policy)
    return replace(made, policy_sha256=facts["sha256"], simulated=plan.simulated, basis=_OF_PLAN)


def rows(made: Certificate) -> list[dict[str, str]]:
    """Return one row per gate and subject, and the whole decision last, for a table."""
    several = len({gate.model for gate in made.gates}) > 1
    return [
        {
            "gate": gate.gate or "whole decision",
            **({"subject": gate.model or "all"} if several else {}),
            **{title: _told(getattr(gate, name)) for name, title in _COLUMNS.items()},
        }
        for gate in (*made.gates, made.whole)
    ]


def _told(found: Rate) -> str:
    if not found.n:
        return "–"
    return f"{100 * found.estimate:.1f} % [{100 * found.conf_low:.1f}, {100 * found.conf_high:.1f}]"


def _certified(
    setup: Setup, replays: int, seed: int, workers: int | None, progress: Progress | None, *, halved: bool
) -> Certificate:
    """Replay, and count."""
    read = blocks(setup.studies, [part for gate in setup.gates for part in gate.parts], setup.pairs)
    if not read:
        message = f"no gate can be replayed: {' '.join(gate.reason for gate in setup.gates) or 'there is none'}"
        raise GateError(message)
    moved, without = scenarios(read)
    said = replicate(Replay(blocks=read, scenarios=tuple(moved)), replays, seed, n_workers=workers, progress=progress)
    splits = replicate(Halving(blocks=read), max(replays // 4, 1), seed, n_workers=workers) if halved else []
    found = Replayed(
        read, moved, [one or rates.failed(read, moved) for one in said], [split for split in splits if split]
    )
    asked = [gate.asked for gate in setup.gates if gate.parts]
    return Certificate(
        policy_sha256="",
        frame_sha256="",
        simulated=False,
        basis="",
        replays=replays,
        seed=seed,
        whole=rates.of_whole(found, asked),
        gates=tuple(rates.of_gate(found, one) for one in asked),
        left_out=(*dict.fromkeys(gate.reason for gate in setup.gates if gate.reason), *without),
    )
