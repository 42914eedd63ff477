"""Section 6: what was said, chosen by stated rules and cut to a readable length."""

from standfast.analysis.results import Excerpt
from standfast.reports import words
from standfast.reports.parts import Block, Excerpts, Prose, Section, Segment, Transcript, Turn
from standfast.reports.source import Source
from standfast.reports.text import clip

_MOST = 8
_TURNS = 12
_LONGEST = {"system": 500, "user": 900, "assistant": 1400}
_INTRO = (
    "Chosen by the rule named with each. Quotes that the judge gave as evidence are marked. Characters that hide "
    "text are shown as ⟨code points⟩, and so, on paper, are those that no bundled font can draw. The logs hold the "
    "full text."
)


def write(source: Source) -> Section:
    """Write the transcripts."""
    found = source.results.excerpts
    blocks: list[Block] = [Prose(paragraphs=(_INTRO,))]
    if len(found) > _MOST:
        blocks.append(Prose(paragraphs=(f"The first {_MOST} of {len(found)} excerpts are shown.",)))
    if found:
        blocks.append(Excerpts(items=tuple(_transcript(excerpt) for excerpt in found[:_MOST])))
    else:
        blocks = [Prose(paragraphs=("The analysis chose no transcript.",))]
    return Section(id="excerpts", title="Transcript excerpts", blocks=tuple(blocks))


def _transcript(excerpt: Excerpt) -> Transcript:
    """Return one clipped conversation."""
    condition = [excerpt.model, excerpt.audit, f"{excerpt.role} role", words.profile(excerpt.profile)]
    if excerpt.challenge != "none":
        condition.append(f"challenge {excerpt.challenge}")
    turns = [_turn(speaker, text, excerpt.quotes) for speaker, text in excerpt.turns[:_TURNS]]
    if left := len(excerpt.turns) - _TURNS:
        turns += [_gap(left)] if left > 0 else []
    return Transcript(
        title=excerpt.item,
        meta=" · ".join([*condition, f"epoch {excerpt.epoch}"]),
        why=words.sentence(excerpt.why),
        scores="; ".join(f"{title}: {value}" for title, value in excerpt.scores.items()),
        turns=tuple(turns),
    )


def _gap(left: int) -> Turn:
    """Say how many turns are left out."""
    text = f"[… {words.counted(left, 'more message')} cut …]"
    return Turn(speaker="", segments=(Segment(text=text, cut=True),))


def _turn(speaker: str, text: str, quotes: dict[str, str]) -> Turn:
    """Return one message, cut in the middle, with the judge's quotes marked in replies."""
    clipped = clip(text, _LONGEST.get(speaker, 900))
    marks = quotes if speaker == "assistant" else {}
    segments = _marked(clipped.head, marks)
    if clipped.cut:
        segments.append(Segment(text=f" [… {clipped.cut:,} characters cut …] ", cut=True))
        segments += _marked(clipped.tail, marks)
    return Turn(speaker=speaker, segments=tuple(segments))


def _marked(text: str, quotes: dict[str, str]) -> list[Segment]:
    """Split a text into plain runs and quotes; where quotes overlap the first one is marked."""
    spans = sorted(
        (at, at + len(quote), facet) for facet, quote in quotes.items() if quote and (at := text.find(quote)) >= 0
    )
    out, position = [], 0
    for start, end, facet in spans:
        if start < position:
            continue
        out += [Segment(text=text[position:start])] if start > position else []
        out.append(Segment(text=text[start:end], mark=facet.replace("_", " ")))
        position = end
    return out + ([Segment(text=text[position:])] if text[position:] else [])
