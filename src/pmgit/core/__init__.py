"""The base of pmgit: errors, units, findings, rules, the configuration."""
