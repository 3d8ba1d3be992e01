"""The commands, one module each. It reads the options, makes one call and prints."""
