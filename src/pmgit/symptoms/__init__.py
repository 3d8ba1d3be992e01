"""Error texts of hosts and tools, each with its cause and the way out, as data."""
