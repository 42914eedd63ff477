"""What the reader of marginal means and contrasts must know, in sentences below the table."""

from collections.abc import Sequence

from standfast.analysis.mixed.means.grid import Weights
from standfast.analysis.mixed.means.scales import Basis
from standfast.analysis.mixed.means.tables import SIMULTANEOUS, Adjust


def of_means(values: Basis, columns: Sequence[str], weights: Weights, confidence: float) -> list[str]:
    """Return what the reader of marginal means must know."""
    grid = values.grid
    averaged = [v.name for v in grid.variables if v.name not in columns and len(v.values) > 1]
    fixed = [f"{v.name} = {v.labels[0]}" for v in grid.variables if v.name not in columns and len(v.values) == 1]
    said = [f"Averaged over {', '.join(averaged)} ({weights} weights)."] if averaged else []
    said += [f"At {', '.join(fixed)}."] if fixed else []
    if (grid.counts == 0).any():
        said.append(
            f"{int((grid.counts == 0).sum())} of {len(grid.counts)} combinations have no data: the model fills in."
        )
    return [*said, *_scale_notes(values), f"Confidence level: {confidence:g}.", *values.freedom.fit.messages]


def of_contrasts(values: Basis, adjust: Adjust, confidence: float) -> list[str]:
    """Return what the reader of contrasts must know."""
    together = "together within each family" if adjust in SIMULTANEOUS else "each for itself"
    said = [f"Confidence level: {confidence:g}, {together}.", f"P-value adjustment: {adjust}."]
    return [*_scale_notes(values), *said, *values.freedom.fit.messages]


def _scale_notes(values: Basis) -> list[str]:
    """Return what the numbers are, in one sentence each."""
    fit, scale = values.freedom.fit, values.scale
    said = [f"Degrees of freedom: {values.freedom.method}."]
    if fit.family == "gaussian":
        return said
    if values.back:
        return [*said, "Means are taken on the logit scale and shown as probabilities, contrasts as odds ratios."]
    if scale == "link":
        return [
            *said,
            "Results are on the latent scale." if fit.family == "ordinal" else "Results are on the logit scale.",
        ]
    random = "averaged over the random effects" if scale == "population" else "with random effects at zero"
    return [*said, f"Results are on the scale of the response, {random}."]
