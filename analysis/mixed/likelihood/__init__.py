"""Deviances, their gradients and the search for their minima: arrays in, frozen results out."""
