"""Results -> the data of one figure, with its caption and its words for those who cannot see it."""
