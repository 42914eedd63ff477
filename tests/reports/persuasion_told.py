"""The report on invented persuasion results: how the tests build and read it."""

from standfast.reports.document import build
from standfast.reports.parts import Figure, Table
from tests.reports import persuaded
from tests.reports.test_document import section

ONE = ("acme/candidate",)
OWN = ("prior", "rounds", "accuracy", "mix", "levers", "optimum")
ROWS = (
    "gains", "outcomes", "prior_points", "prior_peaks", "rounds", "levers", "plane", "strategies", "distances",
    "signalling", "information", "ranking", "episodes", "probes",
)  # fmt: skip


def written(mock, models=ONE, **changed):
    return build(*persuaded.inputs(mock, models, **changed))


def parts(document, kind):
    names = ("persuasion", "persuasion-in-detail")
    return [b for s in document.sections if s.id in names for b in s.blocks if isinstance(b, kind)]


def tables(document):
    return {t.label: t for t in parts(document, Table)}


def drawn(document):
    return {f.id: f for f in parts(document, Figure)}


def cells(table):
    return [row for group in table.groups for row in group.rows]


def lead(document):
    return " ".join(section(document, "persuasion").blocks[0].paragraphs)
