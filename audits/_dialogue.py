"""The conversation: the user's turns, one after the other, each answered by the subject."""

from inspect_ai.model import CachePolicy, ChatMessageUser
from inspect_ai.solver import Generate, Solver, TaskState, solver

from standfast.audits._audit import digest
from standfast.audits._user import next_turn


@solver
def converse(cache: bool = False, simulated_user: bool = False) -> Solver:
    """Play the sample's script. Stops early where the provider's filter cut a reply or a reply is empty.

    Args:
        cache: Whether replies are kept in Inspect's response cache, so that a killed run does not pay twice.
        simulated_user: Whether the model of the role `user` words the turns after the first; the script then says
            what each turn has to say.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        for turn, line in enumerate(state.metadata["script"], start=1):
            if turn == 1:
                stamp(state)
            elif simulated_user:
                say(state, turn, await next_turn(state, turn, policy(state) if cache else False))
            else:
                say(state, turn, line)
            # No tools are offered; one that is called all the same would be answered and paid for without end.
            state = await generate(state, tool_calls="none", cache=policy(state) if cache else False)
            mend(state)
            if ended(state):
                break
        return state

    return solve


def say(state: TaskState, turn: int, text: str) -> None:
    """Append the user's turn: the script's, or what another model made of it, which then is the script's."""
    script = list(state.metadata["script"])
    if script[turn - 1] != text:
        proof = dict(state.metadata["proof"])
        script[turn - 1] = text
        # The proof lists system message and user turns in order; the last ones are the script's.
        proof["sent"] = list(proof["sent"])
        proof["sent"][turn - 1 - len(script)] = digest(text)
        state.metadata.update(script=script, proof=proof)
    state.messages.append(ChatMessageUser(content=text))


def ended(state: TaskState) -> bool:
    """Tell whether there is nothing to answer: the reply is empty, or the provider's filter cut it."""
    return state.output.stop_reason == "content_filter" or not state.output.completion.strip()


def mend(state: TaskState) -> None:
    """Replace lone surrogates, which no file and no request can carry, and say so in the sample."""
    reply = state.messages[-1]
    mended = reply.text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if mended != reply.text:
        reply.text = mended
        state.metadata["mended"] = state.metadata.get("mended", 0) + 1


def policy(state: TaskState) -> CachePolicy:
    """Return a policy under which no two samples and no two epochs share a reply."""
    return CachePolicy(expiry=None, per_epoch=True, scopes={"sample": str(state.sample_id)})


def stamp(state: TaskState) -> None:
    """Tell an offline subject which epoch it is."""
    # An offline simulated subject must draw anew in each epoch, and messages are all that it sees.
    question = state.messages[-1]
    question.metadata = {**(question.metadata or {}), "epoch": state.epoch}
