"""The nouns of the report: frozen, plain data, without markup.

Numbers are text already.
"""

from typing import Annotated, Literal

from pydantic import Field

from standfast.reports.drawings import Finite, Forest, Holding, Interaction, Part, Plot, Text, Title, Tone

Verdict = Literal["pass", "fail", "inconclusive", "missing"]


class Cell(Part):
    """A cell of a table: a line, a smaller line below it, or a plot."""

    text: Text = ""
    sub: Text = ""
    note: Text = ""
    tone: Tone = "plain"
    plot: Plot | None = None


class Column(Part):
    """A column: narrow ones hug their content, wide ones share what is left."""

    title: Text
    align: Literal["left", "right"] = "left"
    width: Literal["narrow", "wide", "plot"] = "narrow"


class Group(Part):
    """Rows under one heading with a smaller line beside it; an empty heading is not shown."""

    title: Text
    sub: Text = ""
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
    """The sentence that the reader must not miss, with its reasons."""

    kind: Literal["callout"] = "callout"
    tone: Tone
    headline: Text
    paragraphs: tuple[Text, ...] = ()


class Table(Part):
    """A table of text; `dense` sets it small, and where a heading says what it is `captioned` is off."""

    kind: Literal["table"] = "table"
    label: Text
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    note: Text = ""
    dense: bool = False
    captioned: bool = True


class FindingRow(Part):
    """A finding as text; `sort` holds floats for ordering, `None` where there is no estimate."""

    subject: Text
    audit: Text
    measure: Text
    axis: Text
    contrast: Text
    code: Text
    unit: Text
    estimate: Text
    interval: Text
    p: Text
    p_adjusted: Text
    n: Text
    n_items: Text
    n_missing: Text
    bounds: Text
    status: Text
    flags: tuple[Text, ...]
    plot: Plot | None
    value: Finite | None
    p_value: Finite | None
    csv: Text


class FindingGroup(Part):
    """Findings under one heading; an empty heading is not shown."""

    title: Text
    rows: tuple[FindingRow, ...]


class Findings(Part):
    """A table of findings; `keys` are the columns that tell the rows of a group apart.

    With `explore` the page lets the reader filter and sort it, and paper sets it small.
    """

    kind: Literal["findings"] = "findings"
    label: Text
    keys: tuple[Literal["contrast", "subject"], ...]
    groups: tuple[FindingGroup, ...]
    interval: Text
    explore: bool = False
    csv_head: str = ""


class Figure(Part):
    """What a figure draws, and what it says to those who cannot see it."""

    kind: Literal["figure"] = "figure"
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    data: Annotated[Interaction | Forest | Holding, Field(discriminator="kind")]
    alt: Text
    caption: Text


class Segment(Part):
    """A run of text in a turn: plain, a quote of the judge with its facet, or a note on a cut."""

    text: Text
    mark: Text = ""
    cut: bool = False


class Turn(Part):
    """What one side said."""

    speaker: Text
    segments: tuple[Segment, ...]


class Transcript(Part):
    """A clipped conversation."""

    title: Title
    meta: Text
    why: Text
    scores: Text
    turns: tuple[Turn, ...]


class Excerpts(Part):
    """Transcripts."""

    kind: Literal["excerpts"] = "excerpts"
    items: tuple[Transcript, ...]


class SignOff(Part):
    """Lines to sign on."""

    kind: Literal["signoff"] = "signoff"
    roles: tuple[Text, ...]


Block = Annotated[
    Heading | Prose | Bullets | Callout | Table | Findings | Figure | Excerpts | SignOff, Field(discriminator="kind")
]


class Section(Part):
    """A section of the report."""

    id: str = Field(pattern=r"^[a-z-]+$")
    title: Text
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
        sections: In order.
        machine: The same results as JSON, in ASCII; attached to the PDF.
    """

    title: Title
    name: Title
    facts: tuple[Text, ...]
    simulated: Text
    verdict: Verdict
    word: Text
    suite: Text
    created: int
    sections: tuple[Section, ...]
    machine: str
