"""Which samples stand behind each finding, for the page: what was scored, and where the transcript is."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from standfast.analysis.excerpts import Excerpt
from standfast.analysis.findings import Finding
from standfast.analysis.samples import Samples, Scores
from standfast.reports import links, numbers, words
from standfast.reports.source import Source
from standfast.reports.text import NAME, show

_SEPARATOR = "__"


def anchor(number: int) -> str:
    """Return the id of an excerpt on the page, counted from 1."""
    return f"transcript-{number}"


def address(source: Source, excerpt: Excerpt) -> str:
    """Return where an excerpt's whole transcript is, empty where no viewer or no log is known."""
    for samples in source.samples:
        if samples.audit == excerpt.audit and excerpt.model in samples.logs:
            keys = list(zip(samples.ids, samples.epochs, strict=True))
            if (key := (excerpt.sample, excerpt.epoch)) in keys:
                log = str(samples.logs[excerpt.model][keys.index(key)])
                return links.sample(source.log_url, log, excerpt.sample, excerpt.epoch)
    return ""


def cells(source: Source, finding: Finding) -> tuple[int, ...]:
    """Return the places of a finding's cells among its audit's, from 1; negative where they are taken off."""
    found = next((one for one in source.samples if one.audit == finding.audit), None)
    weights = found.weights(finding.measure, finding.contrast) if found else {}
    ordered = sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(i + 1 if weight > 0 else -(i + 1) for i, weight in ordered if weight)


def to_json(source: Source) -> str:
    """Return all samples as JSON in ASCII, empty without samples.

    An id is told as the places of its pieces in lists of pieces, a value as its place in a list of texts, which are
    sorted by value; texts from `scored` on say why there is no value.
    """
    if not source.samples:
        return ""
    data = {"url": source.log_url, "audits": {_name(one.audit): _audit(source, one) for one in source.samples}}
    return json.dumps(data, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def _audit(source: Source, samples: Samples) -> dict[str, Any]:
    pieces = [name.split(_SEPARATOR) for name in samples.ids]
    even = len({len(own) for own in pieces}) == 1
    columns = list(zip(*pieces, strict=True)) if even else [samples.ids]
    defined = {one["name"]: one for one in source.run["audits"][samples.audit]["measures"]}
    return {
        "pieces": [_coded(column) for column in columns],
        "epochs": samples.epochs if set(samples.epochs) != {1} else [],
        "cells": [_cell(*key) for key in samples.cells],
        "cell": samples.cell.tolist(),
        "subjects": {
            _name(model): {
                # Names of logs are dated, so that a page without a viewer has the same bytes for the same run.
                "logs": _coded(logs.tolist() if source.log_url else [""] * len(logs)),
                "shown": _shown(source, samples, model),
                "scores": {
                    measure: _scores(scores, defined.get(measure, {}))
                    for (of, measure), scores in samples.scores.items()
                    if of == model and measure in samples.behind
                },
            }
            for model, logs in samples.logs.items()
        },
    }


def _coded(column: Sequence[str]) -> dict[str, Any]:
    """Return distinct texts as they are, as they are shown where that differs, and the place of each entry."""
    texts = sorted(set(column))
    places = {text: place for place, text in enumerate(texts)}
    plain = [_name(text) for text in texts]
    safe = [text.encode("utf-8", "replace").decode() for text in texts]
    return {"texts": safe, "shown": plain if plain != safe else [], "at": [places[text] for text in column]}


def _cell(role: str, profile: str, challenge: str) -> str:
    return _name(", ".join([role, words.profile(profile), *([challenge] if challenge != "none" else [])]))


def _name(text: str) -> str:
    """Return a name as the findings show it."""
    return show(text, longest=NAME)


def _shown(source: Source, samples: Samples, model: str) -> dict[str, int]:
    """Return the place of a sample -> the number of its excerpt on the page."""
    places = {key: place for place, key in enumerate(zip(samples.ids, samples.epochs, strict=True))}
    own = ((n, e) for n, e in enumerate(source.excerpts, 1) if (e.audit, e.model) == (samples.audit, model))
    return {str(places[e.sample, e.epoch]): n for n, e in own if (e.sample, e.epoch) in places}


def _scores(scores: Scores, measure: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was scored as places in a list of texts; −1 where the measure does not apply."""
    scale, unit = measure.get("scale", ""), measure.get("unit", "")
    finite = np.isfinite(scores.value)
    known, places = np.unique(scores.value[finite], return_inverse=True)
    at = np.full(len(finite), -1)
    at[finite] = places
    why = sorted({str(status) for status in scores.status[~finite]} - {""})
    for place, status in enumerate(why, len(known)):
        at[~finite & (scores.status == status)] = place
    texts = [*(numbers.value(float(v), scale, unit) for v in known), *(s.replace("_", " ") for s in why)]
    return {"texts": texts, "scored": len(known), "at": at.tolist()}
