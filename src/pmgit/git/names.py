"""Names that Git gives to things, and one of pmgit's."""

from __future__ import annotations

#: The file, in any folder, by which Git treats other files.
ATTRIBUTES = ".gitattributes"
#: The file, in any folder, by which Git leaves others alone.
IGNORES = ".gitignore"
#: What the names of refs begin with.
HEADS, TAGS, REMOTES = "refs/heads/", "refs/tags/", "refs/remotes/"
#: A name for the files and folders of a trial of pmgit, which nobody else uses.
PROBE = "pmgit-probe"
