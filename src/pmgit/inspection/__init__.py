"""Inspections: what files, models and revisions hold, how two of them differ, as people read it."""
