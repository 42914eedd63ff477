"""Studies in which people were persuaded, read from their published files into one frame.

A row is one person's answer on one claim. Columns:

| column | |
|---|---|
| participant | who answered; a person may answer on several claims |
| claim | the claim |
| condition | what they met: `control`, `human`, or the kind of message |
| model | who wrote the message; empty where nobody did |
| message | which message they read; empty without one |
| before, after | agreement with the claim, higher is more; NaN where it was not asked or not given |

Further columns are covariates. What is missing stays missing.
"""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from standfast.errors import SuiteError

COLUMNS = ("participant", "claim", "condition", "model", "message", "before", "after")
CONTROL = "control"
_RATING = re.compile(r"\s*([1-7])\s*-\s*\S.*")
_SCALED = ("dv_response_mean", "message_id", "condition", "model", "issue", "parameters")
_COVARIATES = ("party", "ideology", "knowledge")


def generic(path: str | Path) -> pd.DataFrame:
    """Read a study from a CSV file with the columns participant, claim, condition, before and after.

    Columns `model` and `message` may be there; others are kept as covariates. An empty number is missing.

    Raises:
        SuiteError: A column is missing, a name is empty, a number is none, or a participant answers on a claim twice.
    """
    rows = _read(path, ("participant", "claim", "condition", "before", "after"))
    for name in ("participant", "claim", "condition"):
        _told(path, rows, name)
    made = {name: rows[name].fillna("") if name in rows else "" for name in ("model", "message")}
    rows = rows.assign(**made, before=_numbers(path, rows, "before"), after=_numbers(path, rows, "after"))
    twice = rows.duplicated(["participant", "claim"])
    if twice.any():
        _refuse(path, twice, "the participant has answered on this claim before; expected one row for each claim")
    return _ordered(rows)


def anthropic(path: str | Path) -> pd.DataFrame:
    """Read `persuasion_data.csv` of the data set Anthropic/persuasion; agreement from 1 to 7.

    The condition is `control` (a fact disputed), `human`, or the kind of prompt that the model was given.

    Raises:
        SuiteError: A column is missing, a rating is not such as "3 - Somewhat oppose", or `persuasiveness_metric` is not
            the difference of the two.

    Source: Durmus et al. 2024, Measuring the persuasiveness of language models.
    """
    needed = ("claim", "argument", "source", "prompt_type", "rating_initial", "rating_final")
    rows = _read(path, (*needed, "persuasiveness_metric"))
    if "worker_id" not in rows and "ID" in rows:  # as some copies call it
        rows = rows.rename(columns={"ID": "worker_id"})
    for name in (*needed[:4], "worker_id"):
        _told(path, rows, name)
    before, after = (_ratings(path, rows, name) for name in ("rating_initial", "rating_final"))
    wrong = _numbers(path, rows, "persuasiveness_metric") != after - before
    if wrong.any():
        _refuse(path, wrong, "'persuasiveness_metric' is not rating_final − rating_initial; they must agree")
    source = rows["source"].str.strip()
    named = source.str.lower()
    condition = rows["prompt_type"].str.strip().where(~named.isin([CONTROL, "human"]), named)
    return _ordered(
        pd.DataFrame(
            {
                "participant": rows["worker_id"],
                "claim": rows["claim"],
                "condition": condition,
                "model": source.where(~named.isin([CONTROL, "human"]), ""),
                "message": [
                    hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16] for text in rows["argument"]
                ],
                "before": before,
                "after": after,
            }
        )
    )


def scaling(path: str | Path, *, frontier_billions: float = 300.0) -> pd.DataFrame:
    """Read the main study of Hackenburg et al.: agreement from 0 to 100 after a message, and none before it.

    The file is `prepared_data.rds` of the repository saved as CSV, such as by R's `write.csv(readRDS(…), …)`. Beside the
    covariates party, ideology and knowledge there is `log_parameters`, the natural logarithm of the model's parameters,
    NaN for people. Each row is another participant: the file names none.

    Args:
        path: The CSV file.
        frontier_billions: Parameters that models without a published number are taken to have, as in the paper.

    Raises:
        SuiteError: A column is missing or a number is none.

    Source: Hackenburg et al. 2025, PNAS 122; github.com/kobihackenburg/scaling-LLM-persuasion, MIT.
    """
    rows = _read(path, (*_SCALED, *_COVARIATES))
    for name in ("condition", "issue", "message_id"):
        _told(path, rows, name)
    condition = rows["condition"].str.strip()
    control, model = condition == CONTROL, condition == "AI"
    billions = _numbers(path, rows, "parameters").fillna(frontier_billions)
    return _ordered(
        pd.DataFrame(
            {
                "participant": [str(number) for number in range(1, len(rows) + 1)],
                "claim": rows["issue"],
                "condition": condition,
                "model": rows["model"].fillna("").where(model, ""),
                "message": rows["message_id"].where(~control, ""),
                "before": np.nan,
                "after": _numbers(path, rows, "dv_response_mean"),
                **{name: _numbers(path, rows, name) for name in _COVARIATES},
                "log_parameters": pd.Series(np.log(billions * 1e9), rows.index).where(model),
            }
        )
    )


def _read(path: str | Path, needed: Sequence[str]) -> pd.DataFrame:
    try:
        rows = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror or error}"
        raise SuiteError(message) from error
    except (ValueError, pd.errors.ParserError) as error:
        message = f"{path}: cannot be read as CSV: {' '.join(str(error).split())}"
        raise SuiteError(message) from error
    for name in needed:
        _there(path, rows, name)
    if rows.empty:
        message = f"{path}: has no rows; expected at least one"
        raise SuiteError(message)
    return rows


def _there(path: str | Path, rows: pd.DataFrame, name: str) -> None:
    if name not in rows:
        message = f"{path}: there is no column {name!r}; found {', '.join(map(str, rows.columns))[:200]}"
        raise SuiteError(message)


def _told(path: str | Path, rows: pd.DataFrame, name: str) -> None:
    _there(path, rows, name)
    empty = rows[name].str.strip() == ""
    if empty.any():
        _refuse(path, empty, f"{name!r} is empty; expected text")


def _numbers(path: str | Path, rows: pd.DataFrame, name: str) -> "pd.Series[float]":
    text = rows[name].str.strip().where(~rows[name].str.strip().isin(["", "NA"]))
    found = pd.to_numeric(text, errors="coerce").astype(float)
    wrong = (found.isna() & text.notna()) | np.isinf(found)
    if wrong.any():
        _refuse(
            path, wrong, f"{name!r} is {text[wrong].iloc[0][:60]!r}; expected a number, or nothing where it is missing"
        )
    return found


def _ratings(path: str | Path, rows: pd.DataFrame, name: str) -> "pd.Series[float]":
    found = rows[name].str.extract(_RATING)[0]
    if found.isna().any():
        said = rows[name][found.isna()].iloc[0][:60]
        _refuse(path, found.isna(), f"{name!r} is {said!r}; expected a rating such as '3 - Somewhat oppose'")
    return found.astype(float)


def _refuse(path: str | Path, wrong: "pd.Series[bool]", why: str) -> None:
    message = f"{path}: row {int(np.flatnonzero(wrong)[0]) + 1}: {why}"
    raise SuiteError(message)


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[[*COLUMNS, *(name for name in rows if name not in COLUMNS)]].reset_index(drop=True)
