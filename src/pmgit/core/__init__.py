"""What all of pmgit stands on: errors, units, findings, rules, the configuration."""
