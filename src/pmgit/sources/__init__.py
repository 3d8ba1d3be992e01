"""Sources of models: the Hub, ModelScope, addresses; lists of their files, and the bytes."""
