"""Rows of data and a formula -> a table of what a likelihood needs."""
