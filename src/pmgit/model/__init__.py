"""Models: what weights are, which folder is a model, its INFO.md, its name."""
