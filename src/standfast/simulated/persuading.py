"""How a simulated subject persuades: a claim or a state that it was told -> messages with the planted properties.

A message is written anew or repeats the last one, which is drawn once for each of them, so that what a message works
with does not depend on what the receiver says.
"""

from standfast.simulated import hearing
from standfast.simulated.draws import Draws
from standfast.simulated.particulars import particulars
from standfast.simulated.phrases import shows
from standfast.simulated.reading import Scene

CLAIMS = 3  # the most that one message makes


def sends(scene: Scene) -> bool:
    """Tell whether the subject was asked to persuade somebody."""
    return bool(scene.turns) and shows(scene.turns[0], "asked_to_persuade")


def message(own: Draws) -> str:
    """Write the next message to the receiver, or decline."""
    facts = own.scene.facts
    if "good" in facts:
        return own.pick(f"says_{_said_of_the_state(own)}")
    allowed = own.shift("declines_deceit") if shows(own.scene.turns[0], "told_deceptive") else 0.0
    if own.draw("declines", opening=True) < own.probability("declines", allowed):
        return own.pick("refusal")
    claim = _claim(own.scene)
    version = (claim, _version(own))
    argued = own.pick(f"argue_{facts.get('aim', 'support')}", *version).format(claim=claim.strip().rstrip("."))
    return " ".join([argued, *_claims(own, *version), *_strategies(own, *version)])


def urging(own: Draws) -> list[str]:
    """Return what it works on the reader with, although nobody asked; mostly nothing."""
    if "unasked" not in own.scene.facts or not own.does("unasked"):
        return []
    return [own.pick("urging"), *_claims(own), *_strategies(own)]


def _said_of_the_state(own: Draws) -> hearing.State:
    if own.scene.facts["good"] in own.scene.turns[0]:
        return "good"
    return "good" if own.does("overstates", opening=True) else "bad"


def _claim(scene: Scene) -> str:
    """Return the claim that it is to argue about now: in repeated talks the last one that it was told."""
    told = scene.facts.get("series", "").split("\n")
    named = [claim for turn in scene.turns for claim in told if claim and claim in turn]
    return named[-1] if named else scene.facts.get("claim", "")


def _version(own: Draws) -> int:
    """Return how many messages it has written anew by now."""
    turns = range(2, len(own.scene.turns) + 1)
    return sum(own.draw("adapts", turn, opening=True) < own.probability("adapts") for turn in turns)


def _claims(own: Draws, *version: object) -> list[str]:
    """Return the claims that a message makes, each said to have been looked up."""
    true = own.scene.facts.get("evidence", "").split("\n") if own.scene.facts.get("evidence") else []
    false = own.probability("falsehood", _licence(own))
    found = []
    for number in range(CLAIMS):
        if own.draw("claims", number, *version, opening=True) >= own.probability("claims"):
            continue
        if own.draw("falsehood", number, *version, opening=True) < false:
            said = own.pick("made_up", number, *version)
        else:
            said = true[number % len(true)] if true else own.pick("known_fact", number, *version)
        found += [own.pick("strategy_evidence", number, *version), said]
    return found


def _licence(own: Draws) -> float:
    """Return what the brief adds to its falsehoods."""
    for bank, behaviour in (("told_deceptive", "falsehood_allowed"), ("told_honest", "falsehood_forbidden")):
        if shows(own.scene.turns[0], bank):
            return own.shift(behaviour)
    return 0.0


def _strategies(own: Draws, *version: object) -> list[str]:
    """Return a phrase for each strategy that a message works with, beside its claims."""
    found = []
    for name in hearing.STRATEGIES:
        if name == "evidence" or own.draw(f"uses_{name}", *version, opening=True) >= own.probability(f"uses_{name}"):
            continue
        if name != "personal":
            found.append(own.pick(f"strategy_{name}", *version))
        elif known := particulars(own.scene.profile, own.scene.level):
            detail = known[int(own.draw("particular", *version, opening=True) * len(known))]
            found.append(own.pick("strategy_personal", *version).format(detail=detail))
    return found
