"""Where models come from: the Hub, ModelScope, addresses; what they have, and its bytes."""
