"""Providers that nobody knows as simulated, for tests of what a real run may release: `acme` is asked, `umpire` judges."""

from typing import Any

from inspect_ai.model import GenerateConfig, ModelAPI, ModelOutput, modelapi

from standfast.simulated import Simulated


class _Pretending(ModelAPI):
    """Says what the simulated model of this name says, under its own name."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig | None = None,
        **planted: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config or GenerateConfig())
        self.behind = Simulated(model_name, **planted)

    async def generate(self, *args: Any, **kwargs: Any) -> ModelOutput:
        output = await self.behind.generate(*args, **kwargs)
        output.model = self.model_name
        return output

    def max_connections(self) -> int:
        return self.behind.max_connections()


@modelapi(name="acme")
class Acme(_Pretending):
    """A subject."""


@modelapi(name="umpire")
class Umpire(_Pretending):
    """A judge."""
