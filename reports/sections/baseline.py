"""Is this release worse? The candidate against an earlier run, in a table of its own."""

from standfast.analysis.findings import Finding
from standfast.analysis.results import Baseline, Pairing
from standfast.reports import numbers, rows, words
from standfast.reports.parts import Block, FindingGroup, Findings, Heading, Prose
from standfast.reports.source import Source

_PAIRED = 4


def blocks(source: Source) -> list[Block]:
    """Return the findings E8 on lead measures with what they compare; nothing where no baseline was given."""
    against = source.results.baseline
    found = [f for f in source.results.findings if words.family(f) == "E8"]
    if against is None and not found:
        return []
    out: list[Block] = [Heading(text="Against the baseline")]
    if against:
        out.append(Prose(paragraphs=(_told(against),)))
    lead = [f for f in found if f.primary]
    if not lead:
        return [*out, Prose(paragraphs=("No lead measure has a finding against the baseline.",))]
    return [*out, _table(source, lead)]


def named(against: Baseline) -> str:
    """Name a baseline, and say where it is no evidence by itself."""
    kinds = ["simulated"] * against.simulated + ["a trial that left out planned samples"] * against.trial
    return " · ".join([f"Baseline {against.name}", f"suite {against.suite}", against.frame_sha256[:8], *kinds])


def _told(against: Baseline) -> str:
    """Say what was paired."""
    pairs = [_pairing(pairing) for pairing in against.pairings]
    more = f"; {words.counted(len(pairs) - _PAIRED, 'more pairing')} in report.json" if len(pairs) > _PAIRED else ""
    paired = f" Paired sample by sample: {'; '.join(pairs[:_PAIRED])}{more}." if pairs else ""
    return f"{named(against)}. E8 is the candidate minus the baseline.{paired}"


def _pairing(pairing: Pairing) -> str:
    """Return who is compared with whom."""
    both = f"{numbers.count(pairing.n_paired)} of {numbers.count(pairing.n_candidate)}"
    whom = pairing.model if pairing.model == pairing.baseline else f"{pairing.model} with {pairing.baseline}"
    return f"{whom}, {pairing.audit}, {both} samples"


def _table(source: Source, lead: list[Finding]) -> Findings:
    """Return the findings by measure."""
    measures: dict[str, list[Finding]] = {}
    for f in sorted(lead, key=lambda f: (source.audits.index(f.audit), source.subjects.index(f.model))):
        measures.setdefault(f"{f.audit} · {f.title}, {f.unit}", []).append(f)
    groups = tuple(
        FindingGroup(title=title, rows=tuple(rows.finding_row(f, None) for f in own)) for title, own in measures.items()
    )
    several = len(source.subjects) > 1
    return Findings(
        label="Candidate − baseline, lead measures",
        keys=("contrast", "subject") if several else ("contrast",),
        groups=groups,
        interval=f"{source.confidence} CI",
    )
