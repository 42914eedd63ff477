"""Where the data are: a frame, or a Parquet file that need not fit into memory; read by column, in pieces."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, TypeGuard

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from standfast._problems import nearest, quoted
from standfast.errors import FitError

Column: TypeAlias = "pd.Series[Any]"
Chunk: TypeAlias = Mapping[str, Column]

_BUFFER = 2**20  # bytes read from a file at a time, per column
_LISTED = 12  # most columns that a message lists


def check_columns(source: pd.DataFrame | Path, names: Sequence[str]) -> None:
    """Refuse data in which a column is missing or ambiguous.

    Raises:
        FitError: There is no such file, it is not Parquet, or a column stands in the data not once.
    """
    known = Counter(source.columns if isinstance(source, pd.DataFrame) else _schema(source).names)
    for name in names:
        if known[name] > 1:
            msg = f"column {quoted(name)} stands in the data {known[name]} times; once would be right"
            raise FitError(msg)
        if not known[name]:
            texts = [text for text in known if isinstance(text, str)]
            listed = ", ".join(map(quoted, texts[:_LISTED])) + (", …" if len(texts) > _LISTED else "")
            near = nearest(name, texts)
            hint = f"did you mean {quoted(near)}? " if near else ""
            msg = f"column {quoted(name)} is not in the data; {hint}known: {listed or 'none'}"
            raise FitError(msg)


class Categories(NamedTuple):
    """What a column says of its categories.

    Attributes:
        arranged: Whether it gives them in an order that is to be kept.
        ordered: Whether that order has a meaning.
    """

    arranged: bool
    ordered: bool


def categorical(source: pd.DataFrame | Path, names: Sequence[str]) -> dict[str, Categories]:
    """Return the columns that are categoricals of pandas, or ordered dictionaries in a file.

    Other dictionaries in a file are a way to store: their order is that of the rows. A file holds categories that are
    numbers without their order.
    """
    if isinstance(source, pd.DataFrame):
        types = {name: source[name].dtype for name in names}
        return {name: Categories(True, bool(t.ordered)) for name, t in types.items() if _is_categorical(t)}
    schema = _schema(source)
    columns = (schema.pandas_metadata or {}).get("columns", [])
    declared = {column["name"] for column in columns if column["pandas_type"] == "categorical" and column["metadata"]}
    fields = {name: schema.field(name).type for name in names}
    stored = {name: bool(t.ordered) for name, t in fields.items() if pa.types.is_dictionary(t)}
    found = [name for name in names if name in declared or stored.get(name, False)]
    return {name: Categories(name in stored, stored.get(name, False)) for name in found}


def chunks(source: pd.DataFrame | Path, names: Sequence[str], rows: int) -> Iterator[Chunk]:
    """Yield the columns in pieces of up to so many rows; texts in a file come as categoricals, in any order."""
    if isinstance(source, pd.DataFrame):
        for start in range(0, len(source), rows):
            yield {name: source[name].iloc[start : start + rows] for name in names}
        return
    schema = _schema(source)
    texts = [name for name in names if _is_text(schema.field(name).type)]
    # Its default, pre_buffer=True, holds what was read until the end: in the end the whole file.
    with pq.ParquetFile(source, read_dictionary=texts, pre_buffer=False, buffer_size=_BUFFER) as file:
        for batch in file.iter_batches(batch_size=rows, columns=list(names)):
            yield {name: _series(batch.column(name)) for name in names}


def _schema(path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except FileNotFoundError:
        msg = f"{quoted(path)}: there is no such file"
    except (pa.ArrowInvalid, OSError) as error:
        msg = f"{quoted(path)}: cannot be read as Parquet ({str(error).splitlines()[0]})"
    raise FitError(msg)


def _is_categorical(kind: object) -> TypeGuard[pd.CategoricalDtype]:
    return isinstance(kind, pd.CategoricalDtype)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _series(values: pa.Array) -> Column:
    """Return a column; whole numbers stay whole where some are missing."""
    whole = values.null_count and pa.types.is_integer(values.type)
    column: Column = values.to_pandas(types_mapper=pd.ArrowDtype if whole else None)
    return column
