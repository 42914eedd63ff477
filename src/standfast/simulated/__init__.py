"""Offline subjects, receivers, judge and user with planted effects, as the Inspect model provider `standfast`.

They write and read real text. They prove that the pipeline recovers what was planted; they say nothing about any
real model, and every output made with them is marked SIMULATED.

    standfast/steadfast  standfast/sycophant  standfast/contrarian  standfast/adviser-firm-peer-soft
    standfast/planted    free parameters, such as -M "framing_challenged={'base': 0.7, 'peer_profile': -0.3}"
    standfast/receiver   hears a sender out; -M persuadability=0.4 and the other numbers of `receivers.Receiving`;
                         also receiver-open, receiver-guarded, receiver-credulous; -M garble=0.1 spoils its answers
    standfast/judge      reads the text; -M noise=0.1 makes it err, -M garble=0.1 makes it fail
    standfast/user       words the user's turns; -M drift=0.1 makes it give up and agree

A number after an @ is the seed: `standfast/sycophant@7` is another subject of the same character.
"""

from typing import Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from standfast.simulated.draws import uniform
from standfast.simulated.judging import verdict
from standfast.simulated.planted import character
from standfast.simulated.reading import understand
from standfast.simulated.receivers import FAMILIES, PREFIX, family
from standfast.simulated.receiving import Receiver, plays
from standfast.simulated.user import message
from standfast.simulated.writing import Writer

PROVIDER = "standfast"
NO_SUBJECT = ("judge", "user")
CONNECTIONS = 200


@modelapi(name=PROVIDER)
class Simulated(ModelAPI):
    """A subject, receiver, judge or user that runs inside the process, without a network."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig | None = None,
        noise: float = 0.0,
        garble: float = 0.0,
        drift: float = 0.0,
        **planted: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config or GenerateConfig())
        name, _, seed = model_name.partition("@")
        self.name, self.seed = name, int(seed or 0)
        self.noise, self.garble, self.drift = float(noise), float(garble), float(drift)
        self.writer, self.receiver = self._parts(planted)

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """Write the reply, the verdict, or the user's turn."""
        text = self._say(input)
        read = sum(len(message.text) for message in input) // 4
        written = len(text) // 4 + 1
        reply = ChatMessageAssistant(content=text, model=self.model_name, source="generate")
        return ModelOutput(
            model=f"{PROVIDER}/{self.model_name}",
            choices=[ChatCompletionChoice(message=reply, stop_reason="stop")],
            # Without usage, Inspect counts tokens itself and fetches a table from the network.
            usage=ModelUsage(input_tokens=read, output_tokens=written, total_tokens=read + written),
        )

    def max_connections(self) -> int:
        """Return how many calls may run at once."""
        return CONNECTIONS

    def connection_key(self) -> str:
        """Share one limit among all simulated models."""
        return PROVIDER

    def _parts(self, planted: dict[str, Any]) -> tuple[Writer | None, Receiver | None]:
        """Return the subject that it is, if any, and the receiver that it is or plays."""
        if self.name in NO_SUBJECT:
            return None, None
        if self.name.partition("-")[0] == PREFIX:
            told = family(self.name, {**planted, "noise": self.noise} if self.noise else planted)
            return None, Receiver(told, self.name, self.seed, self.garble)
        # A subject that meets itself plays the plain receiver.
        partner = Receiver(FAMILIES[PREFIX], self.name, self.seed, self.garble)
        return Writer(character(self.name, planted), self.name, self.seed), partner

    def _say(self, messages: list[ChatMessage]) -> str:
        if self.receiver and (self.writer is None or plays(messages)):
            return self.receiver.reply(messages)
        if self.writer:
            return self.writer.reply(understand(messages))
        if self.name == "user":
            prompt = "\n\n".join(m.text for m in messages)
            return message(prompt, drift=self.drift, seed=self.seed)
        return self._judge(messages[0].text)

    def _judge(self, prompt: str) -> str:
        if uniform("garble", self.seed, prompt) < self.garble:
            return "I would rather not say."
        return verdict(prompt, noise=self.noise, seed=self.seed)
