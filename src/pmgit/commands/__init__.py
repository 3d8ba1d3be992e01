"""What people type: one module a command. It reads the options, makes one call and prints."""
