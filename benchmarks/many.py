"""Make a run folder of 50,400 samples from one of 4,912 that were really run: the standard suite with more personas.

    python benchmarks/many.py OUT

The standard suite is run once on simulated models with one persona per item (two minutes of processor time). Each
sample of the larger design is then a copy of the one with its item, role, profile and challenge, under its own id and
persona; one binary verdict in seven is turned over, so that the copies differ as samples do. The logs have Inspect's
own members and sizes, of one subject and eight audits.
"""

import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from inspect_ai.log import list_eval_logs  # which also teaches zipfile the compression of logs
from pydantic_core import from_json, to_json

from standfast import slices
from standfast.cells import Cell, parse_id
from standfast.folder import record
from standfast.plan import plan
from standfast.run import run

CAST = {"models": ["standfast/sycophant"], "judges": ["standfast/judge"]}
# Personas per item; each item meets so many, and all of its cells with each.
MANY = {"advice": 20, "judgement": 6, "facts": 6, "attribution": 7, "": 12}
TURNED = 7


def suite_file(folder: Path, name: str, per_item: Mapping[str, int]) -> Path:
    """Write the standard suite with other numbers of personas per item; those of the audit `""` are the suite's."""
    text = STANDARD.read_text("utf-8")
    head, below = text.split("\nroles:")
    parts = re.split(r"(?m)^(?=  [a-z]+:$)", head)
    for i, part in enumerate(parts):
        audit = part.strip().split(":")[0]
        parts[i] = re.sub(r"per_item: \d+", f"per_item: {per_item.get(audit, per_item[''])}", part)
    below = re.sub(r"(?m)^  per_item: \d+", f"  per_item: {per_item['']}", below)
    path = folder / f"{name}.yaml"
    path.write_text(("".join(parts) + "\nroles:" + below).replace("name: standard", f"name: {name}"), "utf-8")
    return path


STANDARD = Path(__file__).parents[1] / "suites" / "standard.yaml"


def make(out: Path) -> None:
    """Make the run folder, unless it is there."""
    if (out / "made").is_file():
        return
    out.mkdir(parents=True, exist_ok=True)
    few, many = suite_file(out, "few", {"": 1}), suite_file(out, "many", MANY)
    slices.MOST = sys.maxsize  # a log for each audit
    small = run(few, **CAST, out=out / "few", display="none")
    todo = plan(many, **CAST)
    record(out, many.read_bytes(), todo.facts())
    (out / "logs").mkdir(exist_ok=True)
    for info in list_eval_logs(str(small / "logs"), formats=["eval"]):
        path = Path(info.name.removeprefix("file://"))
        multiply(path, out / "logs" / path.name, todo.facts()["audits"])
    (out / "made").touch()


def multiply(small: Path, large: Path, audits: Mapping[str, Any]) -> None:
    """Write a log of all samples of an audit from a smaller one."""
    with (
        zipfile.ZipFile(small) as source,
        zipfile.ZipFile(large, "w", zipfile.ZIP_ZSTANDARD) as target,  # type: ignore[attr-defined]
    ):
        header = json.loads(source.read("header.json"))
        start = json.loads(source.read("_journal/start.json"))
        audit = header["eval"]["metadata"]["standfast"]["audit"]
        ids, summaries, reduced = audits[audit]["sample_ids"], [], []
        for eval_ in (header["eval"], start["eval"]):
            eval_["dataset"] |= {"sample_ids": ids, "samples": len(ids)}
        binary = [m["name"] for m in audits[audit]["measures"] if m["scale"] == "binary"]
        target.writestr("_journal/start.json", to_json(start))
        for summary, sample, scored in copies(source, audit, ids, binary):
            summaries.append(summary)
            reduced.append(scored)
            target.writestr(f"samples/{sample['id']}_epoch_1.json", to_json(sample))
        target.writestr("summaries.json", to_json(summaries))
        target.writestr("reductions.json", to_json([{"scorer": "verdicts", "samples": reduced}]))
        target.writestr("header.json", to_json(header))


def copies(source: zipfile.ZipFile, audit: str, ids: list[str], binary: list[str]) -> Iterator[tuple[Any, Any, Any]]:
    """Yield summary, sample and reduction of each copy."""
    summaries = {of(parse_id(audit, one["id"])): one for one in from_json(source.read("summaries.json"))}
    for name in ids:
        cell = parse_id(audit, name)
        template = summaries[of(cell)]
        sample = from_json(source.read(f"samples/{template['id']}_epoch_1.json"))
        own = {"id": name, "uuid": drawn(name)[:22], "metadata": {**sample["metadata"], **facts(cell)}}
        scores = turned(sample["scores"], name, binary)
        summary = {**template, **own, "metadata": {**template["metadata"], **facts(cell)}, "scores": scores}
        yield summary, {**sample, **own, "scores": scores}, {**scores["verdicts"], "sample_id": name}


def of(cell: Cell) -> tuple[str, ...]:
    """Return what a copy has in common with its template."""
    return cell.item, cell.role, cell.profile, cell.challenge


def facts(cell: Cell) -> dict[str, Any]:
    """Return what a sample's metadata say of its cell."""
    return {**cell.facts(), "wording": cell.wording}


def drawn(name: str) -> str:
    """Return a hash that stands for a draw."""
    return hashlib.sha256(name.encode()).hexdigest()


def turned(scores: Mapping[str, Any], name: str, binary: list[str]) -> dict[str, Any]:
    """Return scores with a new reply's hash, and some binary verdicts turned over."""
    score = scores["verdicts"]
    value = {
        measure: 1.0 - given
        if measure in binary and given in (0, 1) and int(drawn(f"{name}/{measure}")[:8], 16) % TURNED == 0
        else given
        for measure, given in score["value"].items()
    }
    evidence = {**score["metadata"]["evidence"], "asked": drawn(name)[:16], "replied": drawn(f"{name}/reply")[:16]}
    return {**scores, "verdicts": {**score, "value": value, "metadata": {**score["metadata"], "evidence": evidence}}}


if __name__ == "__main__":
    make(Path(sys.argv[1]))
