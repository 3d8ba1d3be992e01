"""Hugging Face: the only package that imports huggingface_hub."""
