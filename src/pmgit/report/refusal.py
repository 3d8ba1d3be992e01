"""The text that a pusher gets from a server, and reads in another clone, on another machine.

So no path of the server is named, nothing is kept in files there, and every command is one that
works in the pusher's clone. There is no colour: the bytes would reach the pusher's terminal, and
the pages of GitLab, as they are.
"""

from __future__ import annotations

from pmgit.core.shell import Shell
from pmgit.report.text import render, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.core.finding import Report

#: GitLab shows the lines that begin so on its pages, and not only to `git push`.
GITLAB = "GL-HOOK-ERR: "


def refusal(report: Report, by: Sequence[str] = (), notes: Sequence[str] = ()) -> str:
    """The text for a push with findings; warnings alone refuse nothing.

    `by` names the configurations that it was judged by, `notes` what else is to be known.
    """
    text = render(report, Shell())
    for note in notes:
        text += f"note: {visible(note)}\n"
    if not report.errors:
        return text
    text += f"judged by: {visible('; '.join(by))}\n"
    text += "the push was refused: nothing of it is kept on the server\n"
    if any(finding.blobs for finding in report.errors):
        text += (
            "hint: what a commit of the push adds must go from that commit: another commit"
            " on top does not take it out of the history\n"
        )
    return text


def could_not(message: str, hint: str, *, pushers: bool) -> str:
    """The text for a push that could not be judged, and so is refused.

    `pushers`: the pusher can mend it, and need not ask the administrator of the server.
    """
    lines = [f"pmgit: {visible(message)}"]
    if hint:
        lines.append(f"hint: {visible(hint)}")
    lines.append(
        "the push was refused: nothing of it is kept on the server"
        if pushers
        else "the push was refused because it could not be judged: tell the server's administrator"
    )
    return "\n".join(lines) + "\n"


def for_gitlab(text: str) -> str:
    """The same text with every line marked for the pages of GitLab."""
    return "".join(f"{GITLAB}{line}\n" for line in text.split("\n") if line)
