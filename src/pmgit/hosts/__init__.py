"""What hosts accept: dated limits, as data."""
