"""What a provider may do to a call: a whole audit, one sample for each case of the catalogue."""

import zipfile
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from faulting import CATALOGUE, LEXICAL, OF_REFUSAL, SECRET, SUITE, Case, Script, frame_of, impatient, named, serve
from inspect_ai.log import list_eval_logs, read_eval_log
from loopback import LoopbackServer

from standfast import unanswered
from standfast.cli import main
from standfast.errors import RunError
from standfast.run import run


@dataclass(frozen=True)
class Ran:
    """An audit with faults, and the same without."""

    folder: Path
    script: Script
    frame: pd.DataFrame
    sound: pd.DataFrame

    def sample(self, case: Case) -> str:
        return next(sample for sample, one in self.script.cases.items() if one["id"] == case["id"])


def play(folder: Path, cases: Sequence[Case], **patience: int) -> Ran:
    """Ask an audit of the server twice, with and without the faults of these cases."""
    suite = folder / "suite.yaml"
    suite.write_text(SUITE.format(items=-(-len(cases) // 4)))
    made = {}
    for name in ("sound", "faults"):
        script = Script.of(suite, cases)
        script.disturbed = name == "faults"
        with pytest.MonkeyPatch.context() as patch, LoopbackServer(script.reply, choose=script.choose) as server:
            serve(patch, server)
            impatient(patch, **patience)
            with pytest.raises(RunError, match="a provider was away for") if script.disturbed else nullcontext():
                run(suite, out=folder / name, display="none", max_connections=100)
        made[name] = script
    frame = {name: frame_of(folder / name) for name in made}
    return Ran(folder / "faults", made["faults"], frame["faults"], frame["sound"])


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> Ran:
    return play(tmp_path_factory.mktemp("replies"), CATALOGUE["replies"])


@pytest.fixture(scope="module")
def waited(tmp_path_factory) -> Ran:
    return play(tmp_path_factory.mktemp("patience"), CATALOGUE["patience"], attempt_timeout=3)


def check(ran: Ran, case: Case) -> None:
    sample = ran.sample(case)
    rows = ran.frame[ran.frame["sample"] == sample].set_index("measure")
    before = ran.sound[ran.sound["sample"] == sample].set_index("measure")
    assert list(rows.index) == list(before.index)  # nothing lost, nothing counted twice
    assert rows.index.is_unique
    missing = rows[rows["status"] != "scored"]
    assert missing["value"].isna().all()
    if case["expect"] == "scored":
        assert list(rows["status"]) == list(before["status"])
    else:
        assert set(missing["status"]) == {case["expect"]}
        others = set() if case["expect"] in ("error", "filtered") else LEXICAL
        assert set(rows.index) - set(missing.index) <= others | (OF_REFUSAL if case["expect"] == "refused" else set())
    # What is scored has the value of the undisturbed run, unless it is read off another reply.
    same = [n for n in rows.index if n not in missing.index and not (case.get("text") and n in LEXICAL | OF_REFUSAL)]
    assert list(rows.loc[same, "value"]) == list(before.loc[same, "value"])
    assert [ran.script.asked[case["id"], model] for model in ("subject", "judge")] == case["asked"]
    first, second = (ran.script.at[case["id"]] * 2)[:2]
    assert second - first >= case.get("waits", 0)


@pytest.mark.parametrize("case", named("replies"))
def test_a_fault_ends_as_its_own_status_and_is_asked_as_often_as_said(ran, case, tally):
    check(ran, case)
    tally(case)


@pytest.mark.parametrize("case", named("patience"))
def test_a_call_that_does_not_end_is_given_up(waited, case, tally):
    check(waited, case)
    tally(case)


def test_other_samples_are_as_if_nothing_had_happened(ran):
    plain = [sample for sample, case in ran.script.cases.items() if case["id"].startswith("undisturbed")]
    columns = ["sample", "measure", "status", "value"]
    found, before = (frame.loc[frame["sample"].isin(plain), columns] for frame in (ran.frame, ran.sound))
    pd.testing.assert_frame_equal(found, before)


def test_every_call_is_one_of_a_planned_sample(ran, waited):
    for one in (ran, waited):
        assert one.script.strangers == []
        plain = [name for name, _ in one.script.asked if name.startswith("undisturbed")]
        assert {one.script.asked[name, model] for name in plain for model in ("subject", "judge")} <= {1}


def test_what_an_outage_left_is_known_and_may_be_asked_again(ran, waited):
    for one, section in ((ran, "replies"), (waited, "patience")):
        expected = {one.sample(case) for case in CATALOGUE[section] if case.get("outage")}
        assert {u.sample for u in unanswered.find(one.folder) if u.is_outage} == expected


def test_another_served_name_is_in_the_evidence_of_its_sample(ran):
    [info] = list_eval_logs(str(ran.folder / "logs"))
    by_id = {
        str(s.id): s.scores["verdicts"].metadata["evidence"]["served"] for s in read_eval_log(info).samples if s.scores
    }
    for case in CATALOGUE["replies"]:
        if "served" in case:
            assert by_id[ran.sample(case)] == [case["served"]]


def test_a_provider_that_tells_the_key_leaves_it_nowhere(tmp_path, capsys, tally):
    cases = CATALOGUE["secrets"]
    told = play(tmp_path, cases)
    CliRunner().invoke(main, ["status", str(told.folder)])
    written = {path: path.read_bytes() for path in told.folder.rglob("*") if path.is_file()}
    written |= {path: contents(path) for path in written if path.suffix == ".eval"}
    assert len(written) > 5
    assert [path for path, content in written.items() if SECRET.encode() in content] == []
    said = capsys.readouterr()
    status = CliRunner().invoke(main, ["status", str(told.folder), "--json"])
    assert SECRET not in status.output + said.out + said.err
    for case in cases:
        check(told, case)
        tally(case)


def contents(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(member) for member in archive.infolist())
