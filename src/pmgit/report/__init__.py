"""How findings are shown: pure functions from a report to text."""
