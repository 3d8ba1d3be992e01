"""What is in files of weights: tensors, metadata, globals, templates; listed, and never loaded."""
