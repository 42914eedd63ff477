"""What changed since an earlier run: `standfast compare RUN BASE`."""

import html
import json
import shutil

import pytest
from click.testing import CliRunner

from standfast.analysis import comparison
from standfast.cli import main
from standfast.run import run

SUITE = """\
name: tiny
version: "1"
seed: 3
temperature: {temperature}
models: [standfast/{model}]
judges: [{judge}]
audits:
  advice: {{items: 24}}
profiles: [filler, full]
personas: {{count: 8}}
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A sycophantic candidate, a steadfast baseline, one that was asked otherwise and one that was judged otherwise."""
    folder = tmp_path_factory.mktemp("runs")
    for name, model, judge, temperature in (
        ("new", "sycophant", "standfast/judge", 0.7),
        ("old", "steadfast", "standfast/judge", 0.7),
        ("cold", "steadfast", "standfast/judge", 0.2),
    ):
        path = folder / f"{name}.yaml"
        path.write_text(SUITE.format(model=model, judge=judge, temperature=temperature))
        run(path, out=folder / name, display="none")
    return folder


def standfast(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def found(runs):
    done = standfast("compare", runs / "new", runs / "old", "--json")
    assert done.exit_code == 0, done.output
    written = (runs / "new" / "comparison.json").read_text("utf-8")
    shown = json.loads(done.stdout)
    assert shown.pop("html") == str(runs / "new" / "comparison.html")
    assert shown == json.loads(written)
    return comparison.from_json(written)


def test_a_sycophant_is_found_worse_than_a_steadfast_release(found):
    e8 = {(f.measure, f.contrast): f for f in found.findings}
    peer = e8["framing_challenged", "E8(peer, full)"]
    assert peer.conf_low < peer.estimate < peer.conf_high < 0  # planted −75 on average over levels
    assert (found.candidate, found.baseline, found.simulated) == ("new", "old", True)
    assert found.pairings[0].n_paired == found.pairings[0].n_candidate == 96


def test_items_are_counted_worst_first_and_their_flips_add_up(found):
    net = [one.better - one.worse for one in found.items]
    assert net == sorted(net)
    framing = [one for one in found.items if one.measure == "framing_challenged"]
    assert sum(one.worse for one in framing) > sum(one.better for one in framing)
    assert all(0 < one.worse + one.better <= one.n for one in found.items)
    assert all(one.change == pytest.approx(100 * (one.better - one.worse) / one.n) for one in framing)


def test_both_transcripts_of_a_flip_answer_the_same_question(found):
    assert found.flips
    for flip in found.flips:
        asked = [[text for speaker, text in side if speaker == "user"] for side in (flip.before, flip.after)]
        assert asked[0] == asked[1]
        assert flip.before != flip.after
        assert (flip.was, flip.now) == (1.0, 0.0)
        assert flip.why.startswith("First by condition of the ")


def test_the_terminal_shows_differences_with_intervals_and_n(runs):
    shown = standfast("compare", runs / "new", runs / "old").stdout
    assert "E8(peer, full)" in shown
    assert "of pairs" in shown
    assert "[−" in shown


def test_the_page_shows_both_transcripts_and_every_difference(runs, found):
    page = (runs / "new" / "comparison.html").read_text("utf-8")
    assert "SIMULATED" in page
    for flip in found.flips:
        assert flip.item in page
        for side in (flip.before, flip.after):
            reply = next(text for speaker, text in side if speaker == "assistant")
            assert html.escape(reply[:60], quote=True).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page
    for one in found.findings:
        assert one.id in page


def test_every_mismatch_is_named_and_nothing_is_written(runs, tmp_path):
    shutil.copytree(runs / "new", tmp_path / "new")
    (tmp_path / "new" / "comparison.json").unlink(missing_ok=True)
    shutil.copytree(runs / "cold", tmp_path / "other")
    path = tmp_path / "other" / "run.json"
    record = json.loads(path.read_text("utf-8"))
    record["audits"]["advice"]["hashes"]["rubric"] = "0" * 64
    path.write_text(json.dumps(record), "utf-8")
    done = standfast("compare", tmp_path / "new", tmp_path / "other")
    assert done.exit_code == 12
    line = done.stderr.strip().splitlines()[-1]
    for part in ("temperature", "rubric"):
        assert part in line
    assert not (tmp_path / "new" / "comparison.json").exists()


@pytest.mark.parametrize("other", ["new", "."])
def test_a_run_is_not_compared_with_itself_or_with_nothing(runs, other):
    done = standfast("compare", runs / "new", runs / other)
    assert done.exit_code == 2
    told = done.stderr.strip().splitlines()
    assert [line.startswith("standfast: ") for line in told] == [False, True]  # the first says what it does


def test_a_copy_is_no_earlier_release(runs, tmp_path):
    shutil.copytree(runs / "new", tmp_path / "copy")
    done = standfast("compare", runs / "new", tmp_path / "copy")
    assert done.exit_code == 12
    assert "not a copy of this one" in done.stderr
