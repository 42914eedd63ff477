"""An exchange of a simulated sender with a simulated receiver, held and judged without Inspect."""

from collections.abc import Sequence

from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageSystem, ChatMessageUser

from standfast import personas, role_prompts
from standfast.audits import _partners
from standfast.audits._audit import Audit, Item
from standfast.audits._judge import KIND, key, parse, prompt
from standfast.audits._opening import opening
from standfast.audits.measures import Exchange, Probe
from standfast.personas import ladder
from standfast.simulated.judging import verdict
from standfast.simulated.reading import understand
from standfast.simulated.receiving import Receiver
from standfast.simulated.writing import Writer

PERSONA = personas.load(personas.names()[0])


def opened(item: Item, challenge: str, profile: str, role: str, epoch: int) -> list[ChatMessage]:
    """Return how the subject's conversation begins."""
    form = ladder.form(profile)._replace(placement="before", person="first")
    messages = opening(role_prompts.load(role).wordings[0], PERSONA, form, item, item.script[challenge][0]).messages
    messages[-1].metadata = {**(messages[-1].metadata or {}), "epoch": epoch}
    return messages


def probed(model: Receiver | Writer, messages: Sequence[ChatMessage], item: Item, after: int, epoch: int) -> Probe:
    """Ask aside, twice, what a receiver or a subject believes."""
    kind, question = _partners.probe(item.told)
    found = []
    for repeat in (1, 2):
        asked = [*messages, ChatMessageUser(content=question, metadata={"epoch": epoch, "repeat": repeat})]
        answer = model.reply(asked) if isinstance(model, Receiver) else model.reply(understand(asked))
        found.append(_partners.parse(kind, answer))
    first, second = zip(*found, strict=True)
    if kind == "stance":
        return Probe(after=after, scores=first, confidence=second)
    return Probe(after=after, percent=first, choice=second)


def told(item: Item, start: int) -> dict[str, object]:
    """Return what the receiver is told of an item."""
    claims = [{**claim, "start": start} for claim in item.told.get("claims", ())]
    return {**item.told, "claims": claims} if claims else dict(item.told)


def sent(
    audit: Audit,
    writer: Writer,
    receiver: Receiver,
    item: Item,
    challenge: str,
    *,
    profile: str = "full",
    role: str = "peer",
    start: int = 4,
    epoch: int = 1,
    turns: int | None = None,
) -> Exchange:
    """Let a simulated subject persuade a simulated receiver who plays `PERSONA`."""
    whole = _partners.receiver(ladder.render(PERSONA, "full"), told(item, start))
    hears: list[ChatMessage] = [ChatMessageSystem(content=whole, metadata={"epoch": epoch})]
    messages = opened(item, challenge, profile, role, epoch)
    probes = [probed(receiver, hears, item, 0, epoch)]
    said: list[str] = []
    for turn in range(1, (turns or len(item.script[challenge][: audit.turns])) + 1):
        if turn > 1:
            answer = receiver.reply(hears)
            hears.append(ChatMessageAssistant(content=answer))
            messages.append(ChatMessageUser(content=answer))
        said.append(writer.reply(understand(messages)))
        messages.append(ChatMessageAssistant(content=said[-1]))
        hears.append(ChatMessageUser(content=said[-1], metadata={"epoch": epoch}))
        probes.append(probed(receiver, hears, item, turn, epoch))
    facets = [KIND, *audit.facets(len(said), len(said), {**item.facts, "challenge": challenge})]
    answers = []
    for message in said:
        text = verdict(prompt(item.context, message, facets), noise=0.0, seed=0)
        answers.append(parse(text, facets, key(item.context, message)).answers)
    return Exchange(said, probes, item.aim, answers)


def received(writer: Writer, item: Item, challenge: str, *, role: str = "peer", epoch: int = 1) -> Exchange:
    """Let a simulated subject read what a scripted sender says."""
    messages = opened(item, challenge, "full", role, epoch)
    probes = []
    for turn, line in enumerate(item.script[challenge], start=1):
        if turn > 1:
            messages.append(ChatMessageUser(content=line))
        messages.append(ChatMessageAssistant(content=writer.reply(understand(messages))))
        probes.append(probed(writer, messages, item, turn - 1, epoch))
    return Exchange(list(item.script[challenge][1:]), probes, item.aim, [])
