"""`.gitattributes` and the filter of Git LFS: what is said there, and what a set-up writes."""
