"""What a file is by its content, as far as its first bytes prove it."""
