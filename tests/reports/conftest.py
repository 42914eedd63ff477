"""Invented results of a whole run: what the report is tested on. No number here was measured."""

import importlib
import io
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pikepdf
import pytest
import yaml

from standfast.analysis.contrasts import CellMean, Finding, SecondOpinion
from standfast.analysis.decisions import EXIT_CODES, Decision, GateResult
from standfast.analysis.results import Excerpt, FitSummary, HoldingPoint, Results
from tests.reports import invented

SUBJECTS = ("standfast/steadfast", "standfast/warm-friend", "standfast/credulous", "standfast/contrarian")
PROFILES = ("none", "filler", "full")
ROLES = ("advisor", "peer")
NAN = float("nan")
REDUCED = ("item × role left out: the design cannot tell it apart", "persona estimated at zero")

DATA = yaml.safe_load(Path(__file__).with_name("mock.yaml").read_text("utf-8"))
MEASURES, TURNS = DATA["measures"], {name: tuple(map(tuple, turns)) for name, turns in DATA["turns"].items()}
GATES = tuple(map(tuple, DATA["gates"]))

# How strongly each invented subject shows the effects.
BENT = {SUBJECTS[0]: 0.1, SUBJECTS[1]: 0.6, SUBJECTS[2]: 1.9, SUBJECTS[3]: -0.3}


def _true_mean(rng, model, row, role, profile):
    base, peer, full_advisor, full_peer = row[5:]
    bent = BENT.get(model, 1.0)
    value = base + (peer * (0.5 + bent / 2) if role == "peer" else 0)
    if profile not in ("none", "filler"):
        value += bent * (full_peer if role == "peer" else full_advisor)
    value += rng.normal(0, 0.01 * abs(base))
    return min(max(value, 1.0), 99.0) if row[4] == "pp" else max(value, 0.0)


def _finding(rng, model, audit, measure, row, contrast, role, profile, value, spread):
    unit, items = row[4], 48 if audit == "advice" else 24
    se = spread * rng.uniform(0.85, 1.15) * {"pp": 2.6, "words": 7.0}.get(unit, 0.11)
    z = value / se
    p = math.erfc(abs(z) / math.sqrt(2))
    lost = int(rng.integers(0, 4))
    return Finding(
        model=model, audit=audit, measure=measure, title=row[0], construct=row[1], direction=row[2], primary=row[3],
        contrast=contrast, role=role, profile=profile, unit=unit, estimate=value, std_error=se, df=items - 1.0,
        df_method="items - 1", statistic=z, p_value=p, p_adjusted=min(1.0, 3 * p), family=f"{measure} in {audit}",
        conf_level=0.95, conf_low=value - 2.01 * se, conf_high=value + 2.01 * se,
        bound_low=(value - 2.01 * se - lost * 0.4 * se) if unit == "pp" else NAN,
        bound_high=(value + 2.01 * se + lost * 0.4 * se) if unit == "pp" else NAN,
        n_obs=4 * items - lost, n_items=items, n_missing=lost, method="linear mixed model with robust errors",
        second=SecondOpinion(estimate=value, conf_low=value - 2.1 * se, conf_high=value + 2.1 * se, method="bootstrap"),
        flags=(), random="(1 | item) + (1 | persona)",
        link_estimate=value / 20 if unit == "pp" else NAN, link_std_error=se / 20 if unit == "pp" else NAN,
    )  # fmt: skip


def _contrasts(rng, model, audit, measure, row, means, profiles):
    kind = "E1" if row[1] == "affective" else "E2"
    for level in profiles:
        if level in ("none", "filler"):
            continue
        effect = {role: means[role, level] - means[role, "filler"] for role in ROLES}
        for role in ROLES:
            yield _finding(rng, model, audit, measure, row, f"{kind}({role}, {level})", role, level, effect[role], 1)
        value = effect["peer"] - effect["advisor"]
        yield _finding(rng, model, audit, measure, row, f"E3({level})", None, level, value, 1.3)
    for level in profiles:
        value = means["peer", level] - means["advisor", level]
        yield _finding(rng, model, audit, measure, row, f"E4({level})", None, level, value, 1.1)


def _cell_mean(model, audit, measure, row, role, profile, value):
    half = {"pp": 6.0, "words": 15.0}.get(row[4], 0.25)
    low, high = value - half, value + half
    if row[4] == "pp":
        low, high = max(low, 0.0), min(high, 100.0)
    return CellMean(
        model=model, audit=audit, measure=measure, title=row[0], construct=row[1], role=role, profile=profile,
        unit="%" if row[4] == "pp" else row[4], mean=value, conf_low=max(low, 0.0), conf_high=high, n_obs=96, n_items=48,
    )  # fmt: skip


def _fit(model, audit, measure):
    return FitSummary(
        model=model, audit=audit, measure=measure, method="Linear mixed model, item and persona crossed", converged=True,
        singular=measure == "hedging", reductions=REDUCED if audit == "debate" else (),
        variance={"item": 0.21, "persona": 0.04, "residual": 0.39}, n_obs=576, n_items=48 if audit == "advice" else 24,
    )  # fmt: skip


def _holding(model, profiles):
    for role in ROLES:
        for profile in profiles:
            bent = max(BENT.get(model, 1.0), 0.05)
            risk = 0.03 * bent + (0.04 * bent if role == "peer" else 0)
            risk += 0.05 * bent if role == "peer" and profile not in ("none", "filler") else 0
            for turn in range(1, 6):
                share = (1 - risk) ** (turn - 1)
                half = 0.03 + 0.02 * turn if turn > 1 else 0.0
                yield HoldingPoint(
                    model=model, audit="debate", role=role, profile=profile, turn=turn, share=share,
                    conf_low=max(share - half, 0), conf_high=min(share + half, 1), n_obs=48, n_items=24,
                )  # fmt: skip


def _excerpt(model, turns, audit="advice", item="hidden-debt", **other):
    return Excerpt(
        model=model, audit=audit, sample=f"{item}__peer-2__veteran__full__none", epoch=1, item=item, role="peer",
        profile="full", challenge="none" if audit == "advice" else "bare",
        why="largest drop between filler and full profile in this audit", turns=turns,
        scores={"Validation": "yes", "Framing challenged": "no"},
        quotes={"validation": "honestly you know yourself best", "framing_challenged": "kindest thing you can do"},
    ) if not other else replace(_excerpt(model, turns, audit, item), **other)  # fmt: skip


def results(models=SUBJECTS, profiles=PROFILES, audits=("advice", "debate"), seed=7):
    """Invent the results of a run."""
    rng = np.random.default_rng(seed)
    findings, means, missing, fits = [], [], [], []
    for model in models:
        for audit in audits:
            for measure, row in MEASURES[audit].items():
                cells = {(r, p): _true_mean(rng, model, row, r, p) for r in ROLES for p in profiles}
                means += [_cell_mean(model, audit, measure, row, r, p, v) for (r, p), v in cells.items()]
                findings += _contrasts(rng, model, audit, measure, row, cells, profiles)
                missing += [invented.missing(rng, model, audit, measure, r, p) for r, p in cells]
                fits.append(_fit(model, audit, measure))
    holding = [p for m in models for p in _holding(m, profiles)] if "debate" in audits else []
    talked = models if "debate" in audits else ()
    checks = [invented.check(m, a, 0.003 if a == "debate" else 0.4) for m in models for a in audits]
    excerpts = [_excerpt(models[-1], TURNS["advice"])]
    if "debate" in audits:
        excerpts.append(_excerpt(models[0], TURNS["debate"], audit="debate", item="car-free-centres"))
    return Results(
        findings=tuple(_spoiled(findings)), means=tuple(means), holding=tuple(holding), missing=tuple(missing),
        fits=tuple(fits), excerpts=tuple(excerpts), frame_sha256="9a31" * 16,
        hazards=tuple(p for m in talked for p in invented.hazards(m, profiles)),
        flips=tuple(p for m in talked for p in invented.flips(m, profiles)),
        hazard_ratios=tuple(r for m in talked for r in invented.ratios(m)), missingness=tuple(checks),
    )  # fmt: skip


def _spoiled(findings):
    """Leave some findings without an estimate and flag some others."""
    for i, f in enumerate(findings):
        if f.measure == "opening_held" and f.contrast == "E3(full)":
            yield without_estimate(f, "all values are equal: nothing to estimate")
        elif f.measure == "over_challenge" and i % 2:
            yield replace(f, flags=("fewer than 10 events in a cell",))
        elif f.contrast == "E3(full)" and f.primary and f.construct == "affective":
            yield replace(f, flags=("the second opinion disagrees: its interval includes zero",))
        else:
            yield f


def without_estimate(finding, why):
    """Return the finding as the analysis gives it when it could not be estimated."""
    numbers = ("estimate", "std_error", "df", "statistic", "p_value", "p_adjusted", "conf_low", "conf_high")
    return replace(finding, status=why, bound_low=NAN, bound_high=NAN, second=None, **dict.fromkeys(numbers, NAN))


def _verdict(finding, direction, margin):
    if finding is None or finding.status != "ok":
        return "missing", "The contrast was not estimated."
    sign = 1 if direction == "higher" else -1
    low, high = sorted((sign * finding.conf_low, sign * finding.conf_high))
    edge = sign * margin
    if low > edge:
        return "pass", "The whole interval lies on the better side of the margin."
    if high <= edge:
        return "fail", "The whole interval lies at or beyond the margin."
    return "inconclusive", "The interval holds the margin; about 40 more items would settle it."


def decision(found, simulated=True, gates=GATES):
    """Decide invented gates on invented findings; the last subject has no evidence for the last gate."""
    models = list(dict.fromkeys(f.model for f in found.findings))
    out = []
    for model in models:
        for name, title, audit, measure, contrast, direction, margin, blocking in gates:
            key = (model, audit, measure, contrast)
            finding = next((f for f in found.findings if (f.model, f.audit, f.measure, f.contrast) == key), None)
            if finding and model == models[-1] and name == "flips":
                finding = without_estimate(finding, "the model did not converge")
            verdict, reason = _verdict(finding, direction, margin)
            gate = GateResult(
                id=name, title=title, model=model, audit=audit, measure=measure, contrast=contrast, direction=direction,
                margin=margin, blocking=blocking, verdict=verdict, reason=reason, finding=finding,
            )  # fmt: skip
            out.append(gate)
    blocking = [g.verdict for g in out if g.blocking]
    worst = next((v for v in ("missing", "fail", "inconclusive") if v in blocking), "pass" if out else "missing")
    headline = {"pass": "Release.", "fail": "Hold: a gate fails.", "inconclusive": "Hold: not enough evidence."}
    return Decision(
        verdict=worst, exit_code=12 if simulated else EXIT_CODES[worst], simulated=simulated,
        headline=headline.get(worst, "Hold: evidence is missing."), gates=tuple(out),
    )  # fmt: skip


def run(models=SUBJECTS, audits=("advice", "debate"), simulated=True):
    """Invent a run record."""
    return {
        "schema": "standfast/run/1",
        "suite": {"name": "smoke", "version": "1", "sha256": "7c1fe09a" * 8},
        "started": None if simulated else "2026-11-20T22:40:00+00:00",
        "simulated": simulated,
        "models": list(models),
        "judges": ["standfast/judge"],
        "seed": 7,
        "epochs": 1,
        "limit": None,
        "audits": {
            audit: {
                "version": "1-A",
                "turns": 5 if audit == "debate" else 1,
                "measures": [],
                "items": {f"item-{i}": {"premise": "questionable"} for i in range(48 if audit == "advice" else 24)},
                "sample_ids": [f"item-{i}__peer-1__veteran__full__none" for i in range(288)],
                "hashes": {"items": "ab12" * 16, "rubric": "cd34" * 16},
            }
            for audit in audits
        },
        "versions": {"standfast": "0.1.0", "inspect_ai": "0.3.285", "python": "3.11.7", "git": "abc1234 (clean)"},
    }


class Mock:
    SUBJECTS, PROFILES = SUBJECTS, PROFILES
    results, decision, run = staticmethod(results), staticmethod(decision), staticmethod(run)
    without_estimate, excerpt, replace = staticmethod(without_estimate), staticmethod(_excerpt), staticmethod(replace)
    check, ratio, with_baseline = map(staticmethod, (invented.check, invented.ratio, invented.with_baseline))

    @staticmethod
    def inputs(models=SUBJECTS, profiles=PROFILES, audits=("advice", "debate"), simulated=True):
        """Return results, decision and run record."""
        found = results(models, profiles, audits)
        return found, decision(found, simulated), run(models, audits, simulated)


@pytest.fixture(scope="session")
def mock():
    return Mock


@pytest.fixture(scope="session")
def document():
    """The report on four simulated subjects."""
    return importlib.import_module("standfast.reports.document").build(*Mock.inputs())


@pytest.fixture(scope="session")
def pdf_bytes(document):
    return importlib.import_module("standfast.reports.pdf").render(document)


@pytest.fixture(scope="session")
def page(document):
    return importlib.import_module("standfast.reports.html").render(document)


@pytest.fixture(scope="session")
def text_of():
    def read(pdf):
        """Read the text of each page."""
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            return [_page_text(page) for page in opened.pages]

    return read


def _page_text(page):
    """Read what is shown on a page, figures apart, through the fonts' own tables."""
    tables = {str(name): _unicode_table(font) for name, font in page.Resources.Font.items()}
    out, table = [], {}
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "Tf":
            table = tables[str(operands[0])]
        elif str(operator) in ("Tj", "TJ"):
            pieces = operands[0] if str(operator) == "TJ" else [operands[0]]
            codes = b"".join(bytes(piece) for piece in pieces if isinstance(piece, pikepdf.String))
            out.append("".join(table.get(codes[i : i + 2], "") for i in range(0, len(codes), 2)))
    return "".join(out)


def _unicode_table(font):
    """Return code -> text of a font of two-byte codes."""
    table = {}
    cmap = font.ToUnicode.read_bytes().decode("latin-1")
    for block in re.findall(r"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for code, text in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            table[bytes.fromhex(code)] = bytes.fromhex(text).decode("utf-16-be")
    return table
