"""A push on the server: its hook, and how every new tip is judged."""
