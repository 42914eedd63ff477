"""Marginal means and contrasts over a reference grid."""
