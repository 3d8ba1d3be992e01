"""The fixes: commands that cure what is staged, committed or pushed, and lose nothing."""
