"""Audit language models for sycophancy and role dependence."""

from pathlib import Path

__version__ = "0.1.0"

# In a checkout the five sub-packages live at the repository root, not beside this file.
_checkout = Path(__file__).parents[2]
if (_checkout / "audits" / "__init__.py").is_file():
    __path__.insert(0, str(_checkout))
