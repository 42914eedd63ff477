"""One file, one public format: a path to published files -> items. The files stay where the user keeps them."""
