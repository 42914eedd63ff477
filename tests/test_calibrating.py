"""Calibration from file to file: the sheet, the blind page, hostile labels, and a run corrected in the end."""

import csv
import io
import json
import re
import shutil
from html.parser import HTMLParser

import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai.log import list_eval_logs, read_eval_log, write_eval_log
from markupsafe import escape

from standfast import calibrating, stored
from standfast.analysis import calibration
from standfast.analysis.logs import transcript
from standfast.audits._audit import find, make
from standfast.cells import parse_id
from standfast.errors import LogError, RunError, SuiteError
from standfast.rating import Asked, Rated, Reply, judged, meaning, page
from standfast.rating.labels import read

HEADER = "sample,epoch,turn,facet,answer,rater"
N = 24


def make_run(folder, audit, **options):
    """A run of one audit on a simulated subject and judge, logs and run.json."""
    task = make(audit, {"personas": 6, "profiles": ["filler", "full"], "seed": 7, **options})
    header = task.metadata["standfast"]
    kept = ("title", "measures", "items", "turns", "placement", "person", "hashes", "texts")
    facts = {**{key: header[key] for key in kept}, "version": header["audit_version"]}
    run = {
        "schema": "standfast/run/1", "simulated": True, "models": ["standfast/steadfast"], "judges": ["standfast/judge"],
        "seed": 7, "epochs": 1, "limit": None, "versions": {"standfast": "0.1.0"},
        "audits": {audit: {**facts, "sample_ids": [sample.id for sample in task.dataset]}},
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    [log] = inspect_eval(
        task, model="standfast/steadfast", model_roles={"grader": "standfast/judge"}, log_dir=str(folder / "logs"),
        display="none", log_realtime=False,
    )  # fmt: skip
    assert log.status == "success"
    return folder


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("finished"), "advice", items=10)


@pytest.fixture(scope="session")
def dialogues(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("dialogues"), "debate", items=3, turns=3)


@pytest.fixture
def run(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "run")


def sheet(run):
    return list(csv.DictReader(io.StringIO((run / calibrating.SHEET).read_text("utf-8"))))


def units(run):
    return {unit.code: unit for unit in judged.read(run, json.loads((run / "run.json").read_text("utf-8")))}


def as_judged(run, codes, rater="ann", wrong=()):
    """Labels that say what the judge says, with some answers of `validation` turned round."""
    known, lines = units(run), [HEADER]
    for k, code in enumerate(codes):
        for turn, answers in known[code].answers.items():
            for facet, answer in answers.items():
                said = {"yes": "no", "no": "yes"}[answer] if facet == "validation" and k in wrong else answer
                lines.append(f"{code},1,{turn},{facet},{said},{rater}")
    return "\n".join(lines) + "\n"


def labelled(run, text, name="labels.csv"):
    path = run / name
    path.write_text(text, encoding="utf-8")
    return path


def drawn(run, n=N):
    calibrating.sample(run, n)
    return [row["code"] for row in sheet(run)]


def test_the_sheet_is_spread_over_conditions_and_knows_its_chances(run):
    calibrating.sample(run, N)
    rows, every = sheet(run), units(run)
    assert len(rows) == N
    conditions = [(row["role"], row["profile"]) for row in rows]
    assert {conditions.count(one) for one in set(conditions)} <= {5, 6, 7}
    assert all(row["sample"] == every[row["code"]].sample for row in rows)
    by_stratum = {}
    for row in rows:
        key = (row["role"], row["profile"], row["judged"])
        by_stratum.setdefault(key, float(row["probability"]) * int(row["stratum"]))
    assert max(by_stratum.values()) <= N
    assert {row["judged"].split()[0] for row in rows} == {"framing_challenged", "over_challenge"}


def test_the_same_seed_draws_the_same_and_another_is_refused(run):
    calibrating.sample(run, N, seed=3)
    before = (run / calibrating.SHEET).read_bytes(), (run / calibrating.PAGE).read_bytes()
    calibrating.sample(run, N, seed=3)
    assert ((run / calibrating.SHEET).read_bytes(), (run / calibrating.PAGE).read_bytes()) == before
    with pytest.raises(RunError, match="another sheet was drawn already"):
        calibrating.sample(run, N, seed=4)


class Text(HTMLParser):
    """What a page holds: its tags, and every attribute."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def test_the_page_tells_nothing_of_the_condition_or_the_judge(run):
    codes, every = drawn(run), units(run)
    text = (run / calibrating.PAGE).read_text("utf-8")
    for code in codes:
        unit = every[code]
        cell = parse_id(unit.audit, unit.sample)
        assert code in text
        for told in (unit.sample, cell.id, f"{cell.role}-{cell.wording}", cell.persona, unit.model, "filler"):
            assert told not in text
    assert "checked" not in [name for name, _ in Text(text).attributes]
    assert "SIMULATED" in text


def test_the_page_asks_what_the_judge_is_asked_of_the_reply_that_the_judge_read(run):
    codes, every = drawn(run), units(run)
    text = (run / calibrating.PAGE).read_text("utf-8")
    facets = re.findall(r'<fieldset data-turn="(\d+)" data-facet="(\w+)">', text)
    told = [facet for code in codes for answers in every[code].answers.values() for facet in answers]
    assert sorted(facet for _, facet in facets) == sorted(told)
    for code in codes[:5]:
        reply = transcript(every[code].log, every[code].sample, 1).output.completion
        assert f">{escape(reply)}</div>" in text


HOSTILE = '</div><script>alert(1)</script><img src=x onerror=alert(2)>\u202e"quoted" & <b>'


def hostile_page():
    asked = (Asked(facet="kind", question="What is it?", answers={"answer": "It answers.", "refusal": "It does not."}),)
    reply = Reply(turn=1, context=HOSTILE, text=HOSTILE, questions=asked)
    return page([Rated(code="r-1", epoch=1, replies=(reply,))], title=HOSTILE, simulated=False)


def test_hostile_text_stays_text_and_nothing_leaves_the_page():
    text = hostile_page()
    found = Text(text)
    assert found.tags.count("script") == 1
    assert not {"img", "a", "link", "iframe", "form", "base", "object"} & set(found.tags)
    assert not [name for name, _ in found.attributes if name.startswith("on") or name in ("src", "href", "style")]
    assert not re.search(r"https?:|//[a-z]", re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))
    [policy] = [value for name, value in found.attributes if name == "content" and "default-src" in value]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_labels_that_agree_with_the_judge_calibrate_it(run):
    codes = drawn(run)
    found = calibrating.calibrate(run, labelled(run, as_judged(run, codes, wrong={0, 1, 2})))
    by_name = {facet.facet: facet for facet in found.facets}
    assert by_name["validation"].accuracy.value == pytest.approx((N - 3) / N)
    assert by_name["hedging"].accuracy.value == 1.0
    assert by_name["validation"].n == N
    assert (found.judge, found.language, found.simulated, found.drawn) == ("standfast/judge", "en", True, N)
    [whole] = [one for one in found.biases if (one.measure, one.role) == ("validation", "")]
    weights = {row["code"]: 1 / float(row["probability"]) for row in sheet(run)}
    known = units(run)
    expected = sum(weights[c] * (1 - 2 * known[c].values["validation"]) for c in codes[:3]) / sum(weights.values())
    assert whole.estimate == pytest.approx(expected, rel=1e-6)
    assert calibration.from_json((run / calibration.FILE).read_text("utf-8")).labelled == found.labelled
    assert calibrating.plain(found)["facets"]
    assert {row["question"] for row in calibrating.rows(found)} == set(by_name)


def test_two_raters_are_held_against_each_other(run):
    codes = drawn(run)
    other = as_judged(run, codes[:10], rater="bob", wrong=range(5)).split("\n", 1)[1]
    found = calibrating.calibrate(run, labelled(run, as_judged(run, codes) + other))
    by_name = {facet.facet: facet for facet in found.facets}
    assert (by_name["validation"].n_raters, by_name["validation"].n_answers) == (2, N + 10)
    assert by_name["validation"].between_raters.n == 10
    assert by_name["validation"].between_raters.value < 0.6
    halves = [unit.human["validation"] for unit in found.labelled]
    assert halves.count(0.5) == 5


def test_sample_ids_serve_where_nothing_was_drawn(run):
    known = list(units(run).values())[:6]
    lines = [f"{u.sample},1,1,validation,{u.answers[1]['validation']},ann" for u in known]
    found = calibrating.calibrate(run, labelled(run, "\n".join([HEADER, *lines])))
    assert found.drawn == 0
    assert {unit.probability for unit in found.labelled} == {1.0}


def first(run):
    return next(iter(units(run).values())).sample


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (
            "nobody,1,1,kind,answer,ann",
            "labels.csv:3: sample 'nobody', epoch 1 is none that the judge of this run has read",
        ),
        ("{0},2,1,kind,answer,ann", "labels.csv:3: sample .*, epoch 2 is none"),
        ("{0},1,2,kind,answer,ann", "labels.csv:3: turn is 2, the conversation has 1"),
        ("{0},1,1,kindness,answer,ann", "labels.csv:3: facet 'kindness' is none of kind, "),
        ("{0},1,1,kind,Answer,ann", "labels.csv:3: answer 'Answer' to kind is none of answer, refusal"),
        ("{0},1,1,validation,no,ann", "labels.csv:3: ann answered validation of this reply before, in line 2"),
        ("{0},1.0,1,kind,answer,ann", "labels.csv:3: epoch is '1.0', expected a whole number from 1"),
        ("{0},1,-1,kind,answer,ann", "labels.csv:3: turn is '-1', expected"),
        ("{0},1,²,kind,answer,ann", "labels.csv:3: turn is '²', expected"),
        ("{0},1,1,kind,answer,", "labels.csv:3: rater is empty"),
        ("{0},1,1,kind,answer", "labels.csv:3: has 5 fields, the header 6"),
        ("=cmd|' /C calc'!A0,1,1,kind,answer,ann", "labels.csv:3: sample .* is none"),
        ("{0},1,1,kind,\x00,ann", "labels.csv:3: "),
    ],
)
def test_a_bad_label_is_one_line_with_its_number(run, line, why):
    given = f"{first(run)},1,1,validation,no,ann\n" + line.format(first(run))
    with pytest.raises(SuiteError, match=why) as caught:
        calibrating.calibrate(run, labelled(run, f"{HEADER}\n{given}\n"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "labels.csv:1: no column sample"),
        (b"sample,epoch,turn,facet,rater\n", "labels.csv:1: no column answer; expected sample, epoch"),
        (b"sample,sample,epoch,turn,facet,answer,rater\n", "labels.csv:1: column sample appears twice"),
        (HEADER.encode(), "labels.csv:1: holds no answer"),
        (HEADER.encode() + b"\na,1,1,kind,,ann\n", "labels.csv:1: holds no answer"),
        (HEADER.encode() + b"\na,1,1,kind,\xff,ann\n", "labels.csv:2: is not UTF-8"),
        (HEADER.encode() + b"\n" + b"x" * 200_000 + b",1,1,kind,answer,ann\n", "labels.csv:2: is no CSV"),
    ],
)
def test_a_file_that_is_no_table_of_labels_is_refused(tmp_path, content, why):
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    with pytest.raises(SuiteError, match=why):
        read(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SuiteError, match="cannot be read"):
        read(tmp_path / "labels.csv")


def test_spreadsheets_may_write_semicolons_a_mark_in_front_and_more_columns(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(
        '\ufeffSample;Epoch;Turn;Facet;Answer;Rater;Remark\r\na;1;2;kind; answer ;"A; B";"two\nlines"\r\n;;;;;;\r\n',
        "utf-8",
    )
    [label] = read(path)
    assert label == (2, "a", 1, 2, "kind", "answer", "A; B", "")


def test_the_line_of_a_label_is_that_of_the_file_also_after_a_field_of_two_lines(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(f'{HEADER},remark\na,1,1,kind,answer,ann,"two\nlines"\n\nb,1,x,kind,answer,ann,\n', "utf-8")
    with pytest.raises(SuiteError, match=r"labels\.csv:5: turn is 'x'"):
        read(path)


def test_what_was_not_drawn_has_no_chance_and_is_refused(run):
    codes = drawn(run)
    [other, *_] = [code for code in units(run) if code not in codes]
    text = as_judged(run, codes[:3]) + f"{other},1,1,kind,answer,ann\n"
    with pytest.raises(SuiteError, match=r"was not drawn; only what .* lists has a known chance"):
        calibrating.calibrate(run, labelled(run, text))


@pytest.mark.parametrize("content", ["", "code\nr-1\n", "code,probability\nr-1,0\n", "code,probability\nr-1,x\n"])
def test_a_damaged_sheet_is_refused(run, content):
    codes = drawn(run)
    (run / calibrating.SHEET).write_text(content, "utf-8")
    with pytest.raises(SuiteError, match=r"sheet\.csv"):
        calibrating.calibrate(run, labelled(run, as_judged(run, codes)))


def test_a_rubric_that_has_moved_is_refused(run):
    facts = json.loads((run / "run.json").read_text("utf-8"))
    facts["audits"]["advice"]["hashes"]["rubric"] = "0" * 64
    for info in list_eval_logs(str(run / "logs")):
        log = read_eval_log(info)
        log.eval.metadata["standfast"]["hashes"]["rubric"] = "0" * 64
        write_eval_log(log, info.name)
    (run / "run.json").write_text(json.dumps(facts), "utf-8")
    with pytest.raises(
        RunError, match=r"advice: the rubric has changed since the run; calibrate with standfast 0\.1\.0"
    ):
        calibrating.sample(run, N)


def test_logs_without_answers_are_refused(run):
    for info in list_eval_logs(str(run / "logs")):
        log = read_eval_log(info)
        for sample in log.samples:
            sample.scores["verdicts"].metadata.pop("answers")
        write_eval_log(log, info.name)
    with pytest.raises(RunError, match="hold no judge's answers"):
        calibrating.sample(run, N)


def test_a_calibration_is_read_back_for_its_run_and_refused_for_another(run):
    facts = json.loads((run / "run.json").read_text("utf-8"))
    assert stored.read_calibration(run, facts) is None
    calibrating.calibrate(run, labelled(run, as_judged(run, drawn(run))))
    assert stored.read_calibration(run, facts).judge == "standfast/judge"
    with pytest.raises(LogError, match=r"calibration\.json: is of judge standfast/judge, the run's is openai/gpt-5"):
        stored.read_calibration(run, {**facts, "judges": ["openai/gpt-5"]})
    with pytest.raises(LogError, match=r"no_such\.json: cannot be read"):
        stored.read_calibration(run, facts, run / "no_such.json")


@pytest.mark.parametrize("folder", ["finished", "dialogues"])
def test_a_person_who_answers_like_the_judge_gives_the_judge_s_values(folder, request):
    """The values are worked out twice, in the scorer and here."""
    seen = set()
    for unit in units(request.getfixturevalue(folder)).values():
        audit = find(unit.audit)
        found = meaning.values(
            audit, unit.answers, turns=unit.turns, facts=unit.facts, letters=unit.letters, defensible=unit.defensible
        )
        assert found == {name: value for name, value in unit.values.items() if name in found}
        judgements = [m.measure for m in audit.measures if m.measure.construct != "lexical"]
        assert {m.name for m in judgements if m.name in unit.values} == set(found)
        seen |= set(found)
    assert {"validation", {"finished": "framing_challenged", "dialogues": "position_held"}[folder]} <= seen


def test_a_conversation_is_rated_whole_and_its_turns_in_order(dialogues, tmp_path):
    run = shutil.copytree(dialogues, tmp_path / "run")
    codes, every = drawn(run, 6), units(run)
    text = (run / calibrating.PAGE).read_text("utf-8")
    assert len(codes) == 6
    assert text.count("The user had said: ") == 18
    assert re.findall(r"<h3>Turn (\d)</h3>", text) == ["1", "2", "3"] * 6
    assert re.findall(r'data-facet="position"', text) == ['data-facet="position"'] * 18
    found = calibrating.calibrate(run, labelled(run, as_judged(run, codes)))
    assert {facet.facet: facet.n for facet in found.facets}["position"] == 18
    assert {facet.facet: facet.n for facet in found.facets}["validation"] == 6
    assert all(unit.human == {name: unit.judge[name] for name in unit.human} for unit in found.labelled)
    assert {every[code].audit for code in codes} == {"debate"}


DEBATE = {"item": "x", "challenge": "bare", "role": "peer", "profile": "full", "persona": "ann", "wording": "1"}


def positions(*said):
    return {turn: {"kind": "answer", "position": answer} for turn, answer in enumerate(said, start=1)}


@pytest.mark.parametrize(
    ("answers", "held"),
    [
        (positions("A", "A", "A"), 1.0),
        (positions("A", "B", "A"), 0.5),
        (positions("A", "neutral", "B"), 0.0),
        ({1: {"position": "A"}, 2: {"position": "A"}}, None),  # the last turn was not rated
        ({**positions("A", "A", "A"), 3: {"kind": "refusal", "position": "A"}}, None),
    ],
)
def test_people_s_positions_become_the_measures_of_a_conversation(answers, held):
    found = meaning.values(find("debate"), answers, turns=3, facts=DEBATE, letters={}, defensible="A")
    assert found.get("position_held") == held


def test_people_s_letters_stand_for_what_they_stand_for_in_the_item():
    audit = find("judgement")
    facts = {**DEBATE, "challenge": "none", "teller": "fault", "fault": "known"}
    answers = {1: {"kind": "answer", "responsibility": "A"}}
    told = [
        meaning.values(audit, answers, turns=1, facts=facts, letters=letters, defensible=None)["responsibility"]
        for letters in ({"A": "fault", "B": "innocent"}, {"A": "innocent", "B": "fault"})
    ]
    assert told == [1.0, 0.0]


def test_a_refusal_has_no_values_but_that_it_is_one():
    facts = {**DEBATE, "challenge": "none", "premise": "questionable"}
    answers = {1: {"kind": "refusal", "validation": "no", "assumption": "accepted"}}
    found = meaning.values(find("advice"), answers, turns=1, facts=facts, letters={}, defensible=None)
    assert set(found) <= {"over_refusal"}


def test_ordered_questions_are_those_with_more_than_two_values():
    found = {one.facet: one.ordered for one in meaning.questions([find("advice"), find("debate")])}
    assert found["warmth"]
    assert not found["validation"]
    assert not found["position"]
