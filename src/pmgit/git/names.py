"""Names that Git gives to things, and one of pmgit's."""

from __future__ import annotations

#: The file that says what Git does with other files, in any folder.
ATTRIBUTES = ".gitattributes"
#: What the names of refs begin with.
HEADS, TAGS, REMOTES = "refs/heads/", "refs/tags/", "refs/remotes/"
#: A name that nobody else gives: of files and folders that only a trial of pmgit has.
PROBE = "pmgit-probe"
