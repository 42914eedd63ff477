"""A large run is asked slice after slice: Inspect's memory grows with the samples of an eval set, a slice's does not."""

from collections.abc import Iterator, Mapping
from copy import copy

from inspect_ai import Task, task_with
from inspect_ai.dataset import MemoryDataset

# Samples of one slice, over all audits, subjects and epochs: about 120 MB. It is part of the tasks' names, by which
# Inspect knows a log again: another number asks a run that was begun with this one again.
MOST = 4_000


def sliced(tasks: Mapping[str, Task], limit: int | None, *, subjects: int, epochs: int) -> Iterator[list[Task]]:
    """Yield the tasks to be asked one after the other, each slice in one eval set; its samples are made on its turn.

    An audit is cut into neighbouring pieces of its own order, the same whenever the same run is carried on, and every
    slice has a piece of each audit. An audit that looks before its end stays whole, in the first slice.

    Args:
        tasks: Audit -> task; one without samples is left out.
        limit: Samples of each audit.
        subjects: How many models are asked.
        epochs: How often.

    Yields:
        The tasks as they are where they fit in one slice.
    """
    sizes = {name: len(task.dataset[:limit]) for name, task in tasks.items()}
    split = {name: size for name, size in sizes.items() if size and not _looks(tasks[name])}
    count = -(-sum(split.values()) * subjects * epochs // MOST)
    if count <= 1:
        yield [task for name, task in tasks.items() if sizes[name]]
        return
    for number in range(1, count + 1):
        own = [task for name, task in tasks.items() if number == 1 and sizes[name] and name not in split]
        for name, size in split.items():
            piece = slice(size * (number - 1) // count, size * number // count)
            if piece.start < piece.stop:
                own.append(_cut(tasks[name], name, piece, f"{number:0{len(str(count))}}-of-{count}"))
        yield own


def _cut(task: Task, audit: str, piece: slice, suffix: str) -> Task:
    # The name tells Inspect the pieces apart; the analysis goes by the metadata, in which they are the same audit.
    rows = list(task.dataset[piece])
    return task_with(copy(task), dataset=MemoryDataset(rows, name=task.dataset.name), name=f"{audit}-{suffix}")


def _looks(task: Task) -> bool:
    return bool((task.metadata or {})["standfast"]["looks"])
