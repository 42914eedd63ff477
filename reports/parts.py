"""The nouns of the report: frozen, plain data, without markup.

Numbers are text already.
"""

from typing import Annotated, Literal

from pydantic import Field

from standfast.reports.drawings import (
    Caterpillar,
    Confusion,
    Finite,
    Forest,
    Holding,
    Interaction,
    Ladder,
    Name,
    Part,
    Passage,
    Plane,
    Plot,
    Short,
    Text,
    Title,
    Tone,
)
from standfast.reports.exchanges import Accuracy, Mix, Prior, Rounds

Verdict = Literal["pass", "fail", "inconclusive", "missing"]
Ref = Annotated[str, Field(pattern=r"^(F-[0-9a-f]{8})?$")]  # the id of a finding


class Cell(Part):
    """A cell of a table: a line, a smaller line below it, or a plot; `ref` is the id of the finding that it shows."""

    text: Short = ""
    sub: Short = ""
    note: Short = ""
    ref: Ref = ""
    tone: Tone = "plain"
    plot: Plot | None = None


class Column(Part):
    """A column: narrow ones hug their content, wide ones share what is left."""

    title: Name
    align: Literal["left", "right"] = "left"
    width: Literal["narrow", "wide", "plot"] = "narrow"


class Group(Part):
    """Rows under one heading with a smaller line beside it; an empty heading is not shown."""

    title: Name
    sub: Short = ""
    rows: tuple[tuple[Cell, ...], ...]


class Heading(Part):
    """A heading below the section's."""

    kind: Literal["heading"] = "heading"
    text: Title


class Prose(Part):
    """Paragraphs."""

    kind: Literal["prose"] = "prose"
    paragraphs: tuple[Text, ...]
    muted: bool = False


class Bullets(Part):
    """A list."""

    kind: Literal["bullets"] = "bullets"
    items: tuple[Text, ...]


class Callout(Part):
    """The sentence that the reader must not miss, with its reasons; a `quiet` one is set smaller."""

    kind: Literal["callout"] = "callout"
    tone: Tone
    headline: Short
    paragraphs: tuple[Short, ...] = ()
    quiet: bool = False


class Entry(Part):
    """One thing the reader asks for, with the answer."""

    name: Name
    lines: tuple[Text, ...]


class Brief(Part):
    """Short answers, each beside its question."""

    kind: Literal["brief"] = "brief"
    label: Name
    entries: tuple[Entry, ...]


class Table(Part):
    """A table of text; `dense` sets it small, and where a heading says what it is `captioned` is off."""

    kind: Literal["table"] = "table"
    label: Name
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    note: Text = ""
    dense: bool = False
    captioned: bool = True


class FindingRow(Part):
    """A finding as text; `odds` is empty where there is no odds ratio, the floats `None` where there is no estimate.

    Minor ones stand on the page and in the JSON, not on paper. `cells` are the places of its cells among those of its
    audit's samples, counted from 1 and negative where they are taken off.
    """

    ref: Ref
    subject: Name
    audit: Name
    measure: Name
    axis: Name
    contrast: Name
    code: Name
    unit: Name
    estimate: Name
    interval: Name
    p: Name
    p_adjusted: Name
    df: Name
    odds: Name
    n: Name
    n_items: Name
    n_missing: Name
    bounds: Name
    status: Short
    flags: tuple[Short, ...]
    plot: Plot | None
    value: Finite | None
    p_value: Finite | None
    csv: str
    minor: bool = False
    name: str = ""
    better: str = "neither"
    cells: tuple[int, ...] = ()


class FindingGroup(Part):
    """Findings under one heading; an empty heading is not shown."""

    title: Short
    rows: tuple[FindingRow, ...]


class Findings(Part):
    """A table of findings; `keys` are the columns that tell the rows of a group apart.

    With `explore` the page lets the reader filter and sort it, and paper sets it small.
    """

    kind: Literal["findings"] = "findings"
    label: Name
    keys: tuple[Literal["contrast", "subject"], ...]
    groups: tuple[FindingGroup, ...]
    interval: Name
    explore: bool = False
    csv_head: str = ""


class Figure(Part):
    """What a figure draws, and what it says to those who cannot see it."""

    kind: Literal["figure"] = "figure"
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    data: Annotated[
        Interaction | Forest | Holding | Ladder | Plane | Caterpillar | Confusion | Prior | Rounds | Accuracy | Mix,
        Field(discriminator="kind"),
    ]
    alt: Text
    caption: Text


class Segment(Part):
    """A run of text in a turn: plain, a quote of the judge with its facet, or a note on a cut."""

    text: Passage
    mark: Name = ""
    cut: bool = False


class Turn(Part):
    """What one side said."""

    speaker: Name
    segments: tuple[Segment, ...]


class Transcript(Part):
    """A clipped conversation; `href` is its address in Inspect's viewer, empty where that is unknown."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    href: str = ""
    sample: Name
    title: Title
    meta: Text
    why: Text
    scores: Text
    turns: tuple[Turn, ...]


class Excerpts(Part):
    """Transcripts."""

    kind: Literal["excerpts"] = "excerpts"
    items: tuple[Transcript, ...]


class SideBySide(Part):
    """The same sample in two runs, each clipped; `names` says which is which."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    title: Title
    meta: Text
    why: Text
    names: tuple[Name, Name]
    before: tuple[Turn, ...]
    after: tuple[Turn, ...]


class Pairs(Part):
    """Transcripts of two runs side by side; on the page alone."""

    kind: Literal["pairs"] = "pairs"
    items: tuple[SideBySide, ...]


class SignOff(Part):
    """Lines to sign on."""

    kind: Literal["signoff"] = "signoff"
    roles: tuple[Name, ...]


Block = Annotated[
    Heading | Prose | Bullets | Callout | Brief | Table | Findings | Figure | Excerpts | Pairs | SignOff,
    Field(discriminator="kind"),
]


class Section(Part):
    """A section of the report."""

    id: str = Field(pattern=r"^[a-z-]+$")
    title: Title
    blocks: tuple[Block, ...]


class Document(Part):
    """The whole report; all renderers read this and nothing else.

    Attributes:
        title: What kind of report it is.
        name: Whom it is about.
        facts: One line each below the name.
        simulated: The notice of a simulated run; empty for a real one.
        verdict: Worst blocking verdict.
        word: The verdict in words.
        suite: Name and hash of the suite, for the foot of each page.
        created: Start of the run in Unix seconds; 0 for an undated run.
        evidence: Hash of everything that the report rests on, for the foot of each page; empty where it lies in no run
            folder.
        sections: In order.
        machine: The same results as JSON, in ASCII; attached to the PDF.
        drill: The samples behind the findings as JSON, in ASCII, for the page; empty without them.
    """

    title: Title
    name: Title
    facts: tuple[Short, ...]
    simulated: Text
    verdict: Verdict
    word: Name
    suite: Name
    created: int
    evidence: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    sections: tuple[Section, ...]
    machine: str
    drill: str = ""
