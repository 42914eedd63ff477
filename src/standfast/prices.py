"""prices.yaml: what models cost, when that was read, and where. A model that is not in it has no price.

Inspect's own model database ships no prices, and the tools it has for cost take them from its user.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from standfast import cards, keys
from standfast.cards import Card, Fault
from standfast.folder import is_simulated, put
from standfast.waivers import Day

if TYPE_CHECKING:  # takes more than a second to import
    from inspect_ai.model import ModelCost

PRICES_FILE = "prices.yaml"
SIMULATED = "simulated: costs nothing by definition"
_PER = 1_000_000  # tokens that a price is for


def _address(text: str) -> str:
    if text.startswith(("https://", "http://")) and " " not in text:
        return text
    message = "this is no address; write where the price was read, as https://..."
    raise ValueError(message)


Pattern = Annotated[str, Field(pattern=r"^[^/\s]+/\S+$")]
Dollars = Annotated[float, Field(ge=0)]


class Price(Card):
    """What one model costs, in dollars per million tokens."""

    models: tuple[Pattern, ...] = Field(min_length=1, description="Names or patterns, as Inspect writes them.")
    input: Dollars = Field(description="Of what is sent.")
    output: Dollars = Field(description="Of what comes back, reasoning included.")
    cache_read: Dollars | None = Field(None, description="Of what the provider had cached; as `input` if left out.")
    cache_write: Dollars | None = Field(None, description="Of what it is told to cache; as `input` if left out.")
    as_of: Day = Field(description="Day on which the price was read, as 2026-11-30.")
    source: Annotated[str, AfterValidator(_address)] = Field(description="Where it was read.")

    def cost(self) -> "ModelCost":
        """Return it as Inspect reckons with it."""
        from inspect_ai.model import ModelCost

        return ModelCost(
            input=self.input,
            output=self.output,
            input_cache_read=self.input if self.cache_read is None else self.cache_read,
            input_cache_write=self.input if self.cache_write is None else self.cache_write,
        )

    def dollars(self, tokens_in: float, tokens_out: float) -> float:
        """Return what these tokens cost where none come from the provider's prompt cache."""
        return (tokens_in * self.input + tokens_out * self.output) / _PER


class PriceList(Card):
    """The file."""

    prices: tuple[Price, ...] = Field(description="What is known.")


FREE = Price.model_construct(
    models=("standfast/*",), input=0.0, output=0.0, cache_read=0.0, cache_write=0.0, as_of="", source=SIMULATED
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """A price list that can be asked.

    Attributes:
        file: Where it was read from.
        entries: Name or pattern -> price.
    """

    file: str
    entries: Mapping[str, Price] = field(default_factory=dict)

    def find(self, model: str) -> Price | None:
        """Return a model's price with its day and source; `None` where it has none.

        Args:
            model: provider/name, as Inspect writes it. An exact name wins, then the longest pattern. A simulated
                model costs nothing by definition.
        """
        if is_simulated(model):
            return FREE
        if model in self.entries:
            return self.entries[model]
        fitting = [pattern for pattern in self.entries if fnmatchcase(model, pattern)]
        return self.entries[max(fitting, key=len)] if fitting else None

    def of(self, model: str) -> "ModelCost | None":
        """Return what a model costs, as Inspect reckons with it; `None` where it has no price."""
        found = self.find(model)
        return found.cost() if found else None

    def missing(self, models: Iterable[str]) -> list[str]:
        """Return which models have no price, each once and in this order."""
        return [name for name in dict.fromkeys(models) if self.find(name) is None]


def shipped() -> Traversable:
    """Return the price list that comes with the package."""
    return files("standfast").joinpath(PRICES_FILE)


def where(suite_file: Path, given: Path | None = None) -> Path | None:
    """Return the price list that counts for a suite: the given one, else prices.yaml beside it, else the shipped one.

    Returns:
        `None` for the shipped one.
    """
    beside = suite_file.parent / PRICES_FILE
    return given or (beside if beside.is_file() else None)


def keep(folder: Path, prices: object) -> None:
    """Copy the user's own price list into a run folder, so that resuming the run reckons with the same prices.

    Raises:
        SuiteError: It holds the value of a secret variable.
    """
    path = Path(prices.file) if isinstance(prices, Prices) else None
    if path is not None and path.is_file() and path.resolve() != (folder / PRICES_FILE).resolve():
        text = path.read_bytes()
        keys.check(text, path)
        put(folder / PRICES_FILE, text)


def load(path: Path | None = None) -> Prices:
    """Read a price list.

    Args:
        path: The file; the shipped one where `None`.

    Raises:
        SuiteError: The file cannot be read, or is wrong; the message lists every problem.
    """
    found = cards.load(path or shipped(), PriceList, check=_check)
    entries = {name: price for price in found.prices for name in price.models}
    return Prices(file=str(path) if path else f"{PRICES_FILE} as shipped", entries=entries)


def _check(found: PriceList) -> Iterator[Fault]:
    seen: set[str] = set()
    for i, price in enumerate(found.prices):
        for j, name in enumerate(price.models):
            if name in seen:
                yield Fault(("prices", i, "models", j), f"{name} has a price already", "give each model one price")
            seen.add(name)
