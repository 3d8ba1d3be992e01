"""`python -m pmgit`."""

from pmgit.cli import main

main()
