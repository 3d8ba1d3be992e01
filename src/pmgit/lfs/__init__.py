"""Git LFS: pointers, attribute lines, and where objects are."""
