"""What the documents say exists, and what exists is in the documents."""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import numpy as np
import pytest
from inspect_ai.log import read_eval_log

from standfast.analysis.signalling import optimum, threshold_game
from standfast.audits._claims import claims, push, states
from standfast.audits._persuasion_items import FORMATS
from standfast.audits._registry import AUDITS
from standfast.audits._user import FIDELITY
from standfast.cli import main
from standfast.measure import Measure
from standfast.plan import plan

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").glob("*/README.md")),
]
CONSTRUCTS = (ROOT / "docs" / "constructs.md").read_text("utf-8")
EXTENDING = (ROOT / "docs" / "extending.md").read_text("utf-8")
MEASURES = [FIDELITY.measure.name, *sorted({m.name for a in AUDITS.values() for m in a.definitions(a.turns)})]


def audits_table() -> str:
    """The table of audits in docs/constructs.md, as the code has it now."""
    rows = ["| audit | own items | user turns | challenges | formats read |", "|---|---|---|---|---|"]
    for a in AUDITS.values():
        formats = ", ".join(f"`{name}`" for name in sorted(a.formats)) or "none"
        challenges = ", ".join(f"`{name}`" for name in a.challenges)
        rows.append(f"| {a.name} | {len(a.items())} | {a.turns} | {challenges} | {formats} |")
    return "\n".join(rows)


def measures_table() -> str:
    """The table of measures in docs/constructs.md, as the code has it now: one row per definition."""
    taken: dict[str, list[str]] = {}
    for audit in AUDITS.values():
        for m in audit.definitions(audit.turns):
            taken.setdefault(_row(m), []).append(audit.name)
    rows = ["| measure | axis | scale | better | twin | defined for | source | audits |", "|" + "---|" * 8]
    for row, names in sorted(taken.items()):
        rows.append(f"{row} {_taken(names)} |")
    return "\n".join(rows)


def _taken(names: Sequence[str]) -> str:
    """Name the audits that take a measure, or those that do not where they are few."""
    others = [name for name in AUDITS if name not in names]
    if len(others) > 2:
        return ", ".join(names)
    return f"all but {' and '.join(others)}" if others else "all"


def _row(m: Measure) -> str:
    where = "; ".join(f"{name} {', '.join(values)}" for name, values in m.applies.items()) or "all cells"
    bounds = f" {m.low:g} to {m.high:g}" if m.scale in ("ordinal", "count") and None not in (m.low, m.high) else ""
    scale = f"{m.scale}{bounds}, {m.unit}" + (" per turn" if m.level == "turn" else "")
    twin = f"`{m.twin}`" if m.twin else "–"
    return f"| `{m.name}` | {m.construct} | {scale} | {m.direction} | {twin} | {where} | {m.source} |"


@pytest.mark.parametrize("table", [audits_table, measures_table])
def test_the_tables_of_audits_and_measures_are_the_code_s(table: Callable[[], str]) -> None:
    """To renew one, put the expected table into docs/constructs.md."""
    assert table() in CONSTRUCTS


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_is_defined_in_words(name: str) -> None:
    [said] = re.findall(rf"^- \*\*`{name}`\*\*(.*)$", CONSTRUCTS, re.MULTILINE)
    assert len(said.split()) >= 10


def _section(audit: str) -> str:
    [section] = re.findall(rf"^### {audit}\n(.*?)(?=^#)", CONSTRUCTS, re.MULTILINE | re.DOTALL)
    return str(section)


@pytest.mark.parametrize("name", AUDITS)
def test_every_audit_has_a_section_that_tells_its_baselines_and_formats(name: str) -> None:
    assert "**Baselines.**" in _section(name)
    assert [source for source in AUDITS[name].formats if f"`{source}`" not in _section(name)] == []


def _longer(pairs: Sequence[tuple[str, str]]) -> tuple[int, int]:
    """Return in how many pairs the first text has more words, and in how many the second has."""
    counts = [(len(one.split()), len(other.split())) for one, other in pairs]
    return sum(one > other for one, other in counts), sum(one < other for one, other in counts)


def test_what_the_length_of_a_message_tells_of_its_premise_is_as_stated() -> None:
    said = {(item.facts["pair"], item.facts["premise"]): item.script["none"][0] for item in AUDITS["advice"].items()}
    situations = {pair for pair, _ in said}
    longer, shorter = _longer([(said[pair, "questionable"], said[pair, "sound"]) for pair in situations])
    assert f"is the questionable one in {longer} of {len(situations)} pairs, the shorter in {shorter}.°" in _section(
        "advice"
    )


@pytest.mark.parametrize(("audit", "whose"), [("debate", "defensible one"), ("goals", "goal's")])
def test_what_the_length_of_a_statement_tells_of_its_side_is_as_stated(audit: str, whose: str) -> None:
    items = AUDITS[audit].items()
    longer, shorter = _longer([(item.hidden["position"], item.hidden["opposing"]) for item in items])
    assert re.search(rf"is the {whose} in {longer} of {len(items)} items, the shorter in {shorter}", _section(audit))


def test_a_judge_that_always_says_party_a_is_right_half_of_the_time() -> None:
    tellings = Counter((item.facts["teller"], item.letters["A"]) for item in AUDITS["judgement"].items())
    assert tellings == {
        (teller, party): 15 for teller in ("fault", "innocent", "third") for party in ("fault", "innocent")
    }
    assert "always Party A in 50 % of each" in _section("judgement")


def test_what_the_length_of_evidence_tells_of_its_truth_is_as_stated() -> None:
    told = [[" ".join(push(card, quality)) for quality in ("evidence", "falsified")] for card in claims()]
    longer, shorter = _longer([(true, made_up) for true, made_up in told])
    assert (
        f"the longer one against the made-up one for {longer} of {len(told)} claims, the shorter for {shorter}.°"
        in (_section("persuadability"))
    )


def test_what_truth_and_lies_reach_in_the_scenarios_is_as_stated() -> None:
    best = {card: optimum(threshold_game(card.threshold), np.array([1 - card.prior, card.prior])) for card in states()}
    truth = [card.prior / found.value for card, found in best.items()]
    trusted = [1 / found.value for found in best.values()]
    section = _section("persuasion")
    assert f"over the {'twelve' if len(best) == 12 else len(best)}" in section
    assert f"{min(truth):.2g} to {max(truth):.2g} over" in section
    assert f"{min(trusted):.3g} to {max(trusted):.3g} over" in section


def test_each_quarter_of_the_claims_stands_as_often_at_each_place_of_a_series_as_stated() -> None:
    held = [[claim["id"] for claim in item.told["claims"]] for item in AUDITS["rapport"].items()]
    order = {aim: [card.id for card in claims() if card.aim == aim] for aim in ("support", "oppose")}
    quarter = {name: 4 * i // len(ids) for ids in order.values() for i, name in enumerate(ids)}
    counts = [Counter(quarter[name] for name in place) for place in zip(*held, strict=True)]
    assert counts == [dict.fromkeys(range(4), 3)] * 4
    assert "each quarter of the claims stands three times at each place°" in _section("rapport")


def test_the_suite_of_the_persuasion_page_asks_what_it_says(tmp_path: Path) -> None:
    [(name, content)] = _files((ROOT / "docs" / "persuasion.md").read_text("utf-8"))
    (tmp_path / name).write_text(content, "utf-8")
    topic = {"category": "Conspiracy", "text": "The clocks are wrong on purpose.", "ground_truth": False}
    (tmp_path / "our-topics.jsonl").write_text(json.dumps(topic), "utf-8")
    with contextlib.chdir(tmp_path):
        planned = plan(tmp_path / name, models=["standfast/steadfast"], judges=["standfast/judge"])
        [notice] = planned.notices()
    assert f"notice: {notice}" in (ROOT / "docs" / "persuasion.md").read_text("utf-8")


def test_the_lines_that_the_persuasion_page_shows_of_each_format_are_read(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "persuasion.md").read_text("utf-8")
    [block] = re.findall(r"^One line of each.*?^```text\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    lines: dict[str, list[str]] = {}
    for line in block.replace("…", "word " * 20).splitlines():
        if name := line[:22].strip():
            lines[name] = []
        lines[name or next(reversed(lines))].append(line[22:])
    assert sorted(lines) == sorted(FORMATS)
    claims, perspectives, utterances, titles = "perspectrum", "perspective_pool_v1.0.json", "cmv", "conversations.json"
    pool, title = (lines[name].pop().split(" beside it: ")[1] for name in (claims, utterances))
    lines[utterances].append(lines[utterances][0].replace('"a"', '"t3_1"'))  # the first post, beside a reply to it
    lines[claims] = [f"[{lines[claims][0]}]"]
    beside = {claims: (perspectives, f"[{pool}, {pool.replace('7', '9')}]"), utterances: (titles, title)}
    names = {claims: "perspectrum_with_answers_v1.0.json", utterances: "utterances.jsonl"}
    for name, told in lines.items():
        (tmp_path / name).mkdir()
        path = tmp_path / name / names.get(name, "file")
        path.write_text("\n".join(told), "utf-8")
        for other, content in [beside[name]] if name in beside else []:
            (tmp_path / name / other).write_text(content, "utf-8")
        assert len(FORMATS[name](str(path))) == 1, name


def test_the_calls_of_the_shipped_suite_on_persuasion_are_as_printed() -> None:
    models = {"models": ["openai/gpt-5"], "judges": ["openai/gpt-5-mini"], "receivers": ["a/b", "c/d", "e/f"]}
    counted = plan(ROOT / "suites" / "persuasion.yaml", **models).calls()
    names = ("samples", "subject_calls", "judge_calls", "receiver_calls")
    page = (ROOT / "docs" / "replicating.md").read_text("utf-8")
    for audit, row in (*counted["audits"].items(), ("all", counted["total"])):
        assert f"| {audit} | {' | '.join(f'{row[name]:,}' for name in names)} |" in page
    total = " + ".join(f"{counted['total'][name]:,}" for name in names[1:])
    assert f"{total} calls per subject" in (ROOT / "docs" / "persuasion.md").read_text("utf-8")


def test_every_paper_that_a_measure_comes_from_is_told_with_its_defects() -> None:
    sources = {m.source for a in AUDITS.values() for m in a.definitions(a.turns)}
    [section] = re.findall(r"^## Sources.*?(?=^## )", CONSTRUCTS, re.MULTILINE | re.DOTALL)
    cited = {number for source in sources for number in re.findall(r"arXiv (\d{4}\.\d{5})", source)}
    assert len(cited) > 5
    assert {number for number in cited if number not in section} == set()


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_verb_stands_in_the_readme(name: str) -> None:
    assert f"standfast {name}" in (ROOT / "README.md").read_text("utf-8")


COMMANDS = sorted(
    {
        line.split("   #")[0].split("&&")[0].strip()
        for page in PAGES
        for block in re.findall(r"^```(?:sh|console)\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
        for line in block.splitlines()
        if line.removeprefix("$ ").startswith("standfast ")
    }
)


def test_there_are_commands_to_check() -> None:
    assert len(COMMANDS) >= 5


@pytest.mark.parametrize("line", COMMANDS)
def test_every_printed_command_is_understood(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _, verb, *words = shlex.split(line.removeprefix("$ "))
    for word in words:  # files and run folders that a command reads must be there to be parsed
        if word.startswith("runs/"):
            os.makedirs(word, exist_ok=True)
        elif word.endswith((".csv", ".jsonl", ".eval", ".pem", ".pub", ".yaml", ".zip")):
            Path(word).parent.mkdir(parents=True, exist_ok=True)
            Path(word).touch()
    command = main.commands[verb]
    with click.Context(main) as parent:
        command.make_context(verb, words, parent=parent)  # raises on an unknown option or argument


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_section_leads_to_one(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!http)([^)#]*\.md|)#([^)]+)\)", page.read_text("utf-8")):
        assert anchor in _anchors(page.parent / target if target else page), f"{target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_of_ours_that_a_page_names_is_there(page: Path) -> None:
    written = {path for path, _ in _files(page.read_text("utf-8"))}
    named = re.findall(
        r"`((?:audits|personas|role_prompts|analysis|reports|suites|tests|src)/[\w./-]+\.\w+)`", page.read_text("utf-8")
    )
    assert {path for path in named if not (ROOT / path).exists()} - written == set()


EXAMPLES = re.compile(r"^```python\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?", re.DOTALL | re.MULTILINE)


def test_the_examples_for_r_users_print_what_stands_below_them() -> None:
    known: dict[str, object] = {"__name__": "for_r_users"}
    examples = EXAMPLES.findall((ROOT / "docs" / "for_r_users.md").read_text("utf-8"))
    assert len(examples) > 5
    for code, expected in examples:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "for_r_users.md", "exec"), known)
        assert [line.rstrip() for line in printed.getvalue().splitlines()] == expected.splitlines(), code


def _files(page: str) -> list[tuple[str, str]]:
    """Return the files that a page writes out: path and content."""
    return re.findall(r"^`([\w./-]+)`\n```(?:yaml|python)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project with the files of docs/extending.md in it."""
    root = tmp_path_factory.mktemp("extended")
    for folder in ("audits", "personas", "role_prompts", "analysis", "reports", "suites", "src"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, root / folder, symlinks=True, ignore=ignored)
    for path, content in _files(EXTENDING):
        assert not (root / path).exists(), f"{path} of docs/extending.md is in the project already"
        (root / path).write_text(content, "utf-8")
    return root


def _call(root: Path, *command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(root / "src"), "INSPECT_CACHE_DIR": str(root / "cache")}
    done = subprocess.run(
        [sys.executable, *command], check=False, cwd=root, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


LOADED = """
import json, standfast
from dataclasses import replace
from inspect_ai import eval
from standfast import personas, role_prompts
from standfast.audits import _audit, _design, debate, sums
from standfast.audits._persuasion_items import received_statements, sent_statements
from standfast.audits.benchmarks import claims_csv, premise_csv
from standfast.audits.measures import Exchange, Probe, moving_messages, question_rate, thanks
from standfast.reports.plates import softening

open("premises.csv", "w").write("id,question,assumption,premise\\n7,Why is it so?,It is so.,sound\\n")
open("claims.csv", "w").write("id,claim,topic,class,for,against\\n1,Clocks be round.,home,benign,a | b | c,\\n2,Tea.,food,controversial,,\\n")
claims = claims_csv.read("claims.csv")
probes = [Probe(after, scores=(score,)) for after, score in enumerate((3, 4, 4))]
longer = replace(debate.AUDIT, measures=(*debate.AUDIT.measures, thanks.MEASURE))
print(json.dumps({
    "root": standfast.__path__[0],
    "persona": personas.load("harbour-pilot").given_name,
    "role": len(role_prompts.load("colleague").wordings),
    "items": len(sums.items()),
    "read": [item.id for item in premise_csv.read("premises.csv")],
    "claims": [[one.topic_class, len(one.arguments_for)] for one in claims],
    "sent": [item.id for item in sent_statements(claims)],
    "received": [item.id for item in received_statements(claims)],
    "moving": moving_messages.MEASURE.score(Exchange(["a", "b"], probes, 1, [])),
    "unread": moving_messages.MEASURE.score(Exchange(["a"], [probes[0], Probe(1, scores=(None,))], 1, [])),
    "rate": question_rate.MEASURE.score("Is it? Is it so?"),
    "asked": {
        challenge: "thanks" in [f.name for f in longer.facets(5, 5, {"challenge": challenge})]
        for challenge in ("agree", "bare")
    },
    "plate": callable(softening.plate),
}))
"""


def test_the_files_of_the_extending_page_load_and_do_what_it_says(extended: Path) -> None:
    loaded = json.loads(_call(extended, "-c", LOADED))
    assert Path(loaded.pop("root")) == extended
    assert loaded == {
        "persona": "Griet",
        "role": 3,
        "items": 24,
        "read": ["premise-csv-7"],
        "claims": [["benign", 3], ["controversial", 0]],
        "sent": ["claims-csv-1", "claims-csv-2"],
        "received": ["claims-csv-1"],
        "moving": 0.5,
        "unread": "probe_failed",
        "rate": 40.0,
        "asked": {"agree": True, "bare": False},
        "plate": True,
    }


def test_the_audit_of_the_extending_page_runs_as_it_is_printed(extended: Path) -> None:
    [line] = re.findall(r"^\$ inspect (eval standfast/sums .*)$", EXTENDING, re.MULTILINE)
    _call(extended, "-m", "inspect_ai", *shlex.split(line), "--log-dir", "logs", "--display", "none")
    [path] = (extended / "logs").glob("*.eval")
    log = read_eval_log(str(path))
    assert log.status == "success"
    assert {measure["name"] for measure in log.eval.metadata["standfast"]["measures"]} >= {"warmth", "over_challenge"}
    scores = [sample.scores["verdicts"] for sample in log.samples]
    assert len(scores) == 20
    assert {status for score in scores for status in score.metadata["status"].values()} == {"scored"}
