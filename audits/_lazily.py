"""A data set that makes its samples when they are asked for: of a large audit they are 10 kB each."""

from collections.abc import Callable, Sequence
from typing import Any

from inspect_ai.dataset import MemoryDataset, Sample

from standfast.cells import Cell

FEWEST = 5_000  # below, samples are made once and kept, which costs less time than it saves memory


class LazyDataset(MemoryDataset):
    """Samples of cells, made anew at each access, unless something needs them all at hand, as shuffling does."""

    def __init__(self, cells: Sequence[Cell], make: Callable[[Cell], Sample], name: str) -> None:
        self._cells, self._make = cells, make
        self._held: list[Sample] | None = None
        super().__init__([], name=name)

    @property
    def samples(self) -> list[Sample]:
        """Return all samples, which from now on are kept."""
        if self._held is None:
            self._held = [self._make(cell) for cell in self._cells]
        return self._held

    @samples.setter
    def samples(self, samples: list[Sample]) -> None:
        self._held = samples or None

    def __len__(self) -> int:
        return len(self._cells)

    def __getitem__(self, index: Any) -> Any:
        if self._held is not None:
            return super().__getitem__(index)
        if isinstance(index, slice):
            return LazyDataset(self._cells[index], self._make, str(self.name))
        return self._make(self._cells[index])


def dataset(cells: Sequence[Cell], make: Callable[[Cell], Sample], name: str) -> MemoryDataset:
    """Return the samples of cells, in their order.

    Args:
        cells: The cells.
        make: Makes a cell's sample, the same at each call.
        name: Of the audit.
    """
    if len(cells) > FEWEST:
        return LazyDataset(cells, make, name)
    return MemoryDataset([make(cell) for cell in cells], name=name)
