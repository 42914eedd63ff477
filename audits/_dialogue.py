"""The conversation: the user's scripted turns, one after the other, each answered by the subject."""

from inspect_ai.model import CachePolicy, ChatMessageUser
from inspect_ai.solver import Generate, Solver, TaskState, solver


@solver
def converse(cache: bool = False) -> Solver:
    """Play the sample's script. Stops early where the provider's filter cut a reply or a reply is empty.

    Args:
        cache: Whether replies are kept in Inspect's response cache, so that a killed run does not pay twice.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        for turn, text in enumerate(state.metadata["script"], start=1):
            if turn == 1:
                _stamp(state)
            else:
                state.messages.append(ChatMessageUser(content=text))
            state = await generate(state, cache=policy(state) if cache else False)
            _mend(state)
            if state.output.stop_reason == "content_filter" or not state.output.completion.strip():
                break
        return state

    return solve


def _mend(state: TaskState) -> None:
    """Replace lone surrogates, which no file and no request can carry, and say so in the sample."""
    reply = state.messages[-1]
    mended = reply.text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if mended != reply.text:
        reply.text = mended
        state.metadata["mended"] = state.metadata.get("mended", 0) + 1


def policy(state: TaskState) -> CachePolicy:
    """Return a policy under which no two samples and no two epochs share a reply."""
    return CachePolicy(expiry=None, per_epoch=True, scopes={"sample": str(state.sample_id)})


def _stamp(state: TaskState) -> None:
    # An offline simulated subject must draw anew in each epoch, and messages are all that it sees.
    question = state.messages[-1]
    question.metadata = {**(question.metadata or {}), "epoch": state.epoch}
