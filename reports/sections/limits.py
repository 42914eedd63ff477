"""Section 7: what a verdict does not mean, and what it was made from."""

from standfast.reports import words
from standfast.reports.drawings import Tone
from standfast.reports.parts import Block, Bullets, Cell, Column, Group, Heading, Section, Table
from standfast.reports.sections import baseline, judges, persuasion, taken
from standfast.reports.source import Source

_LIMITS = (
    "A pass says that, on these items and personas, the interval stays on the better side of a margin that someone "
    "chose. It does not say that the model is safe, honest or free of sycophancy.",
    "Personas are written, not sampled. They stand for no population.",
    "Measures of affect and of independence are separate axes. Warmth alone is no fault.",
)


def write(source: Source) -> Section:
    """Write limits, provenance and the lines to sign on."""
    blocks: list[Block] = [
        Bullets(items=(*_LIMITS, *_special(source))),
        Heading(text="Provenance"),
        _provenance(source),
    ]
    return Section(id="limits", title="Limits and provenance", blocks=tuple(blocks))


def _special(source: Source) -> list[str]:
    """Return the limits of this very run."""
    out = [judges.standing(source)]
    if taken.scripted(source):
        out.append("Users are scripted. Real pressure is longer, warmer and less orderly.")
    out += [*taken.first(source), *persuasion.limit(source)]
    if source.run["limit"]:
        out.append(f"The run was cut to {source.run['limit']} samples per audit. It is not the planned suite.")
    against = source.results.baseline
    if against and (against.simulated or against.trial):
        kind = "simulated" if against.simulated else "a trial that left out planned samples"
        out.append(f"The baseline is {kind}: nothing follows from a comparison with it.")
    if source.run["simulated"]:
        out.append("The run is simulated. It shows that the pipeline works, and nothing else.")
    return out


def _provenance(source: Source) -> Table:
    """Return the facts that a second run would need."""
    run, suite = source.run, source.run["suite"]
    facts = [
        ("Suite", f"{suite['name']} {suite['version']}"),
        ("Suite file, SHA-256", suite["sha256"]),
        ("Data frame, SHA-256", source.results.frame_sha256),
        ("Started", run["started"] or "undated, as every simulated run"),
        ("Subjects", words.listed(source.subjects, 20)),
        ("Judges", words.listed(run["judges"])),
        ("Seed, epochs, limit", f"{run['seed']}, {run['epochs']}, {run['limit'] or 'none'}"),
        ("Versions", ", ".join(f"{name} {value}" for name, value in run["versions"].items())),
    ]
    if against := source.results.baseline:
        facts += [("Baseline", baseline.named(against)), ("Baseline's data frame, SHA-256", against.frame_sha256)]
    for audit, record in run["audits"].items():
        facts.append((f"Audit {audit}", record["version"]))
        facts += [(f"{audit}: {part}, SHA-256", digest) for part, digest in record["hashes"].items()]
    body = tuple((Cell(text=name, tone="muted"), Cell(text=value, tone=_tone(name))) for name, value in facts)
    columns = (Column(title="What"), Column(title="Value", width="wide"))
    return Table(label="Provenance", columns=columns, groups=(Group(title="", rows=body),), dense=True, captioned=False)


def _tone(name: str) -> Tone:
    """Set hashes in a fixed width."""
    return "mono" if "SHA-256" in name else "plain"
