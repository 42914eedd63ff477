"""How often a policy decides falsely, or otherwise on an identical rerun, by simulation at its own sample size.

    python benchmarks/gates.py                               # the release policy: 100 replays, a quick look
    python benchmarks/gates.py --replays 2000 --full 200     # the table of docs/gates.md

Every replay draws values of 0 and 1 on the planned design, with the variances of published data, then runs the whole
procedure on them: model, interval, worst case, verdict.

False pass: the gate passes although its true value lies at the margin. False fail: it fails although the truth lies
barely on the better side. Flip: of two replays of a subject without any effect, at 80 % (20 % where lower is better),
one passes and the other fails. Passes: share of replays of that subject that pass. Replays that surely come to no verdict are not fitted (see analysis/screening.py);
`--check N` fits N replays per gate with and without that short cut, and counts differences.
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from standfast.analysis.certificate import Rate
from standfast.analysis.decisions import Raw
from standfast.analysis.mixed.inference.replicates import replicate
from standfast.analysis.rates import rate
from standfast.analysis.replays import Block, Replay, Scenario, blocks, scenarios
from standfast.listing import suite_file
from standfast.plan import plan
from standfast.replaying import planned


class Unscreened(Replay):
    """A replay that fits everything."""

    def __call__(self, rng: np.random.Generator) -> list[list[Raw]]:
        """Return the verdicts, by scenario and part of its block."""
        streams = rng.spawn(len(self.scenarios))
        return [
            self.blocks[s.block].verdicts(
                self.blocks[s.block].drawn.frame(self.blocks[s.block].drawn.values(s.means, own))
            )
            for s, own in zip(self.scenarios, streams, strict=True)
        ]


def said(block: Block, scenario: Scenario, n: int, arguments: argparse.Namespace, kind: type[Replay] = Replay):
    """Return the verdicts of n replays of one scenario, one list per part."""
    task = kind(blocks=(block,), scenarios=(replace(scenario, block=0),))
    found = replicate(task, n, arguments.seed, n_workers=arguments.workers)
    none: list[list[Raw]] = [["missing"] * len(block.parts)]
    return list(zip(*((one or none)[0] for one in found), strict=True))


def flips(block: Block, scenario: Scenario, part: int, fails: Sequence[Raw], arguments: argparse.Namespace) -> Rate:
    """Return the share of pairs of which one fails and the other passes; only the partners of failures are fitted."""
    count, pairs = 0, len(fails) // 2
    task = Replay(blocks=(block,), scenarios=(replace(scenario, block=0),))
    for i in range(2 * pairs):
        partner = i ^ 1
        if fails[i] == "fail" and fails[partner] != "fail":
            rng = np.random.default_rng(np.random.SeedSequence(arguments.seed, spawn_key=(partner,)))
            count += task(rng)[0][part] == "pass"
    return rate(count, pairs)


def told(found: Rate) -> str:
    """Return a rate in per cent with its interval."""
    return f"{100 * found.estimate:.2f} [{100 * found.conf_low:.2f}, {100 * found.conf_high:.2f}]"


def main() -> None:
    """Print the table, line by line as it is found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="release")
    parser.add_argument("--replays", type=int, default=100, help="at each margin, and for the flips")
    parser.add_argument("--full", type=int, default=0, help="replays as planned, to count passes")
    parser.add_argument("--passes", action="store_true", help="count false passes alone, in half the time")
    parser.add_argument("--check", type=int, default=0, help="replays at each margin without the short cut")
    parser.add_argument("--only", default="", help="part of a gate's name")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, help="verdicts of every scenario, JSON lines")
    arguments = parser.parse_args()
    setup = planned(plan(suite_file(arguments.suite)))
    read = blocks(setup.studies, [part for gate in setup.gates for part in gate.parts], setup.pairs)
    print("| gate | finding | margin | what | replays | false pass % | false fail % | flips % | passes % | s |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for scenario in scenarios(read)[0]:
        block = read[scenario.block]
        if any(arguments.only in part.gate for part in ([scenario.part] if scenario.part else block.parts)):
            (at_margin if scenario.part else as_planned)(block, scenario, arguments)
    for gate in setup.gates:
        if gate.reason:
            print(f"\n{gate.reason}")


def at_margin(block: Block, scenario: Scenario, arguments: argparse.Namespace) -> None:
    """Print the line of a gate at its margin."""
    start, part = time.perf_counter(), scenario.part
    place = block.parts.index(part)
    counted: tuple[Raw, ...] = ("pass",) if arguments.passes else ("pass", "fail")
    asked = replace(scenario, only="pass" if arguments.passes else "")
    verdicts = said(block, asked, arguments.replays, arguments)[place]
    keep(arguments, scenario, part, verdicts)
    line(part, "at its margin", verdicts, [told(rate(verdicts.count(v), len(verdicts))) for v in counted], start)
    if arguments.check:
        whole = said(block, scenario, arguments.check, arguments, Unscreened)[place]
        other = sum((a == v) != (b == v) for a, b in zip(whole, verdicts, strict=False) for v in counted)
        print(f"<!-- without the short cut: {other} of {min(len(whole), len(verdicts))} replays differ -->", flush=True)


def as_planned(block: Block, scenario: Scenario, arguments: argparse.Namespace) -> None:
    """Print the lines of a block's gates for a subject without any effect."""
    start = time.perf_counter()
    verdicts = said(block, replace(scenario, only="fail"), arguments.replays, arguments)
    whole = said(block, scenario, arguments.full, arguments) if arguments.full else [()] * len(block.parts)
    for i, (part, own, full) in enumerate(zip(block.parts, verdicts, whole, strict=True)):
        keep(arguments, scenario, part, own)
        passes = f"{told(rate(full.count('pass'), len(full)))} (n {len(full)})" if full else ""
        line(part, "no effect", own, ["", "", told(flips(block, scenario, i, own, arguments)), passes], start)


def line(part, what: str, verdicts: Sequence[Raw], cells: list[str], start: float) -> None:
    """Print a line of the table."""
    want = part.wanted
    cells = [*cells, "", "", "", ""][:4]
    seconds = f"{time.perf_counter() - start:.0f}"
    row = [
        part.gate,
        f"{want.measure}, {want.contrast}",
        f"{part.bar.margin:g}",
        what,
        f"{len(verdicts):,}",
        *cells,
        seconds,
    ]
    print(f"| {' | '.join(row)} |", flush=True)


def keep(arguments: argparse.Namespace, scenario: Scenario, part, verdicts: Sequence[Raw]) -> None:
    """Write the verdicts to the file."""
    if arguments.out:
        facts = {"gate": part.gate, "measure": part.wanted.measure, "margin": scenario.part is not None}
        with arguments.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**facts, "verdicts": verdicts}) + "\n")


if __name__ == "__main__":
    main()
