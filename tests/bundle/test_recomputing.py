"""A decision with all that it can rest on is made again from the bundle alone: policy, waivers, day, certificate."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from forging import put_json, reseal

from standfast import certifying, stages
from standfast.analysis import remembered
from standfast.bundling import bundle
from standfast.errors import EvidenceError
from standfast.reports import manifest
from standfast.verifying import Verification, verify

POLICY = """\
name: another
version: "1"
gates:
  - id: G9
    title: A gate of another policy
    audit: advice
    measure: framing_challenged
    contrast: E2(peer, full)
    direction: higher
    margin: -90
"""
WAIVERS = """\
waivers:
  - gate: G1
    reason: The pilot is small
    approver: A. Person
    granted: 2026-01-02
    expires: 2026-03-01
    not_worse_than: -100
"""


def packed(folder: Path, tmp_path: Path) -> tuple[Path, Verification]:
    made = bundle(folder, tmp_path / "out")
    return made.path, verify(made.path, reports=False)


@pytest.fixture
def waivers(tmp_path: Path) -> Path:
    path = tmp_path / "waivers.yaml"
    path.write_text(WAIVERS)
    return path


def test_a_waived_decision_is_made_again_on_its_day_after_the_waiver_expired(
    audited_copy: Path, waivers: Path, tmp_path: Path
) -> None:
    decided = stages.gate(audited_copy, waived=waivers, today=date(2026, 2, 1))
    assert [gate.verdict for gate in decided.gates] == ["waived"]
    out, found = packed(audited_copy, tmp_path)
    assert found.differences == ()
    stated = json.loads((out / "statement.json").read_bytes())
    assert "waivers.yaml" in {one["name"] for one in stated["predicate"]["configuration"]}


def test_a_decision_that_is_moved_to_another_day_is_found(audited_copy: Path, waivers: Path, tmp_path: Path) -> None:
    stages.gate(audited_copy, waived=waivers, today=date(2026, 2, 1))
    out = bundle(audited_copy, tmp_path / "out").path
    decision = json.loads((out / "decision.json").read_text())
    put_json(out / "decision.json", {**decision, "decided": "2026-03-15"})
    reseal(out)
    assert any("decision.json" in text for text in verify(out, reports=False).differences)


def test_waivers_that_were_added_afterwards_are_found(audited_copy: Path, waivers: Path, tmp_path: Path) -> None:
    out = bundle(audited_copy, tmp_path / "out").path
    shutil.copy(waivers, out / "waivers.yaml")
    reseal(out)
    assert any("decision.json: waivers" in text for text in verify(out, reports=False).differences)


@pytest.mark.parametrize("decided_by_it", [True, False])
def test_a_post_hoc_policy_is_in_the_bundle_and_read_again(
    decided_by_it: bool, audited_copy: Path, tmp_path: Path
) -> None:
    policy = tmp_path / "gates.yaml"
    policy.write_text(POLICY)
    stages.analyse(audited_copy, policy=policy)
    decided = stages.gate(audited_copy, policy=policy if decided_by_it else None)
    assert decided.policy is not None
    assert decided.policy.post_hoc is decided_by_it
    out, found = packed(audited_copy, tmp_path)
    assert (out / "gates-post-hoc.yaml").read_text() == POLICY
    assert found.differences == ()
    decision = json.loads((out / "decision.json").read_text())
    decision["policy"]["post_hoc"] = not decided_by_it
    put_json(out / "decision.json", decision)
    reseal(out)
    assert not verify(out, reports=False).holds


def test_what_is_remembered_of_the_logs_decides_nothing_where_a_bundle_is_verified(
    audited_copy: Path, tmp_path: Path
) -> None:
    stages.analyse(audited_copy, remember=True)
    before = (audited_copy / "results.json").read_bytes()
    memory = audited_copy / stages.MEMORY
    for entry in list(memory.glob("*.zst")):
        lie(memory, entry.stem)
    stages.analyse(audited_copy, remember=True)
    assert (audited_copy / "results.json").read_bytes() != before  # the lie is believed where it was asked for
    stages.gate(audited_copy)
    out = bundle(audited_copy, tmp_path / "out").path
    assert not (out / stages.MEMORY).exists()
    assert any("results.json" in text for text in verify(out, reports=False).differences)
    shutil.copytree(memory, out / stages.MEMORY)
    assert any("not in the manifest" in text for text in verify(out, reports=False).differences)


def lie(memory: Path, sha256: str) -> None:
    """Turn over the verdicts of one measure that are remembered of a log."""
    known = remembered.load(memory, sha256)
    assert known
    for one in known.values():
        for score in (one.scores or {}).values():
            if "framing_challenged" in score.value:
                score.value["framing_challenged"] = 1 - score.value["framing_challenged"]
    remembered.save(memory, sha256, known)


def test_an_unpacked_bundle_is_a_run_folder_that_gives_the_same_again(copy: Path) -> None:
    before = {
        name: (copy / name).read_bytes() for name in ("results.json", "decision.json", "report.pdf", "report.html")
    }
    evidence = manifest.evidence(copy)
    stages.analyse(copy)
    stages.gate(copy)
    stages.report(copy)
    assert {name: (copy / name).read_bytes() for name in before} == before
    assert manifest.evidence(copy) == evidence


@pytest.fixture
def certified(audited_copy: Path) -> Path:
    """Return a run folder with a certificate; two replays tell nothing, and take little time."""
    certifying.of_run(audited_copy, replays=2, workers=1)
    return audited_copy


def test_a_certificate_is_held_against_its_policy(certified: Path, tmp_path: Path) -> None:
    out, found = packed(certified, tmp_path)
    assert found.differences == ()
    assert any("--replays" in note for note in found.notes)  # they were not repeated
    made = json.loads((out / "certificate.json").read_text())
    put_json(out / "certificate.json", {**made, "policy_sha256": "0" * 64})
    reseal(out)
    assert "certificate.json: is of another policy" in verify(out, reports=False).differences


@pytest.mark.slow
def test_a_certificate_is_held_against_its_replays(certified: Path, tmp_path: Path) -> None:
    out = bundle(certified, tmp_path / "out").path
    assert verify(out, reports=False, replays=True).differences == ()
    made = json.loads((out / "certificate.json").read_text())
    made["whole"]["flips"]["estimate"] = 0.123
    put_json(out / "certificate.json", made)
    reseal(out)
    differences = verify(out, reports=False, replays=True).differences
    assert [text[:31] for text in differences] == ["certificate.json: whole: flips:"]


def test_a_certificate_of_another_policy_is_not_bundled(certified: Path, tmp_path: Path) -> None:
    made = json.loads((certified / "certificate.json").read_text())
    put_json(certified / "certificate.json", {**made, "policy_sha256": "0" * 64})
    with pytest.raises(EvidenceError, match="another frame or policy"):
        bundle(certified, tmp_path / "out")
