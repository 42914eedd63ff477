"""Section 6: what was said, chosen by stated rules and cut to a readable length."""

from collections.abc import Mapping, Sequence

from standfast.analysis.results import Excerpt
from standfast.reports import drill, words
from standfast.reports.parts import Block, Excerpts, Prose, Section, Segment, Transcript, Turn
from standfast.reports.source import Source
from standfast.reports.text import clip

_TURNS = 12
_LONGEST = {"system": 500, "user": 900, "assistant": 1400}
_INTRO = (
    "Chosen by the rule named with each. Quotes that the judge gave as evidence are marked. Characters that hide "
    "text are shown as ⟨code points⟩, and so, on paper, are those that no bundled font can draw. The logs hold the "
    "full text."
)


def write(source: Source) -> Section:
    """Write the transcripts."""
    found, shown = source.results.excerpts, source.excerpts
    blocks: list[Block] = [Prose(paragraphs=(_INTRO,))]
    if len(found) > len(shown):
        blocks.append(Prose(paragraphs=(f"The first {len(shown)} of {len(found)} excerpts are shown.",)))
    if found:
        items = tuple(_transcript(source, excerpt, number) for number, excerpt in enumerate(shown, 1))
        blocks.append(Excerpts(items=items))
    else:
        blocks = [Prose(paragraphs=("The analysis chose no transcript.",))]
    return Section(id="excerpts", title="Transcript excerpts", blocks=tuple(blocks))


def _transcript(source: Source, excerpt: Excerpt, number: int) -> Transcript:
    """Return one clipped conversation."""
    condition = [excerpt.model, excerpt.audit, f"{excerpt.role} role", words.profile(excerpt.profile)]
    if excerpt.challenge != "none":
        condition.append(f"challenge {excerpt.challenge}")
    return Transcript(
        id=drill.anchor(number),
        href=drill.address(source, excerpt),
        sample=excerpt.sample,
        title=excerpt.item,
        meta=" · ".join([*condition, f"epoch {excerpt.epoch}"]),
        why=words.sentence(excerpt.why),
        scores="; ".join(f"{title}: {value}" for title, value in excerpt.scores.items()),
        turns=clipped(excerpt.turns, excerpt.quotes),
    )


def clipped(said: Sequence[tuple[str, str]], quotes: Mapping[str, str]) -> tuple[Turn, ...]:
    """Return a conversation at a readable length, with the judge's quotes marked in replies.

    Args:
        said: `(speaker, text)` in order.
        quotes: Facet -> quote.
    """
    turns = [_turn(speaker, text, quotes) for speaker, text in said[:_TURNS]]
    left = len(said) - _TURNS
    return (*turns, _gap(left)) if left > 0 else tuple(turns)


def _gap(left: int) -> Turn:
    """Say how many turns are left out."""
    text = f"[… {words.counted(left, 'more message')} cut …]"
    return Turn(speaker="", segments=(Segment(text=text, cut=True),))


def _turn(speaker: str, text: str, quotes: Mapping[str, str]) -> Turn:
    """Return one message, cut in the middle, with the judge's quotes marked in replies."""
    cut = clip(text, _LONGEST.get(speaker, 900))
    marks = quotes if speaker == "assistant" else {}
    segments = _marked(cut.head, marks)
    if cut.cut:
        segments.append(Segment(text=f" [… {cut.cut:,} characters cut …] ", cut=True))
        segments += _marked(cut.tail, marks)
    return Turn(speaker=speaker, segments=tuple(segments))


def _marked(text: str, quotes: Mapping[str, str]) -> list[Segment]:
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
