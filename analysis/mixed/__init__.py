"""Mixed models with crossed random effects: linear, binomial and ordinal.

Example:
    >>> import pandas as pd
    >>> from standfast.analysis.mixed import lmm
    >>> frame = pd.DataFrame({"y": [1.0, 3.0, 2.0, 5.0, 3.0, 6.0], "g": list("aabbcc"), "x": [0, 1, 0, 1, 0, 1]})
    >>> print(lmm("y ~ x + (1 | g)", frame))  # doctest: +ELLIPSIS
    Linear mixed model fit by REML
    ...
"""

from standfast.analysis.mixed.fit import clmm, glmm, lmm
from standfast.analysis.mixed.fitted import MixedFit
from standfast.analysis.mixed.inference.summary import summary
from standfast.analysis.mixed.scaled import refit

__all__ = ["MixedFit", "clmm", "glmm", "lmm", "refit", "summary"]
