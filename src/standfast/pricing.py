"""What a model's calls cost, and whether a cap in dollars can be kept."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from inspect_ai.model import ModelCost

from standfast.budgets import Budget
from standfast.errors import SuiteError
from standfast.folder import is_simulated

FREE = ModelCost(input=0.0, output=0.0, input_cache_write=0.0, input_cache_read=0.0)  # what calls no provider


class Prices(Protocol):
    """What is known of prices."""

    def of(self, model: str) -> ModelCost | None:
        """Return a model's price in dollars per million tokens, `None` where it is not known."""


def price(prices: Prices | Mapping[str, ModelCost] | None, model: str) -> ModelCost | None:
    """Return a model's price; one that calls no provider costs nothing."""
    if is_simulated(model):
        return FREE
    if prices is None:
        return None
    return prices.get(model) if isinstance(prices, Mapping) else prices.of(model)


def check(
    budget: Budget, prices: Prices | Mapping[str, ModelCost] | None, models: Mapping[str, str], where: Path
) -> None:
    """Refuse a cap in dollars that could not be kept, before anything is asked.

    Args:
        budget: The cap.
        prices: What is known of prices.
        models: Model -> its role.
        where: The suite file, for the message.

    Raises:
        SuiteError: A model has no price.
    """
    if budget.dollars is None:
        return
    unknown = [f"{role} {model}" for model, role in models.items() if price(prices, model) is None]
    if unknown:
        message = (
            f"{where}: a cap in dollars needs every model's price, and there is none of {', '.join(unknown)}; "
            "add it to prices.yaml, or cap tokens or calls"
        )
        raise SuiteError(message)
