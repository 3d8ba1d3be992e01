"""`.gitattributes` and the filter of Git LFS: reading the lines, and writing those of a set-up."""
