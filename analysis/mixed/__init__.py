"""Mixed models with crossed random effects: arrays in, frozen results out."""
