"""The judgement: the selected rules over a snapshot, by the configuration that it holds."""
