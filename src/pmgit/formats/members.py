"""Names of members in archives: where a file of this name would go when somebody unpacks it."""

from __future__ import annotations


def wrong_name(name: str) -> str:
    """Why a name leads out of the folder where it is unpacked; '' when it does not."""
    if "\0" in name:
        return "a name with a NUL"
    if name[:1].isalnum() and not (":" in name or "\\" in name or ".." in name):
        return ""  # nearly every name
    plain = name.replace("\\", "/")
    if plain.startswith("/"):
        return "an absolute name"
    if plain[1:2] == ":" and plain[:1].isalpha():
        return "a name with a drive"
    if ".." in plain.split("/"):
        return "a name that leads out of its folder"
    return ""
