"""The pre-receive hook of a server: judges a push, and makes its answer and exit code.

The pusher reads the answer in another clone, on another machine. So no path of the server is named,
nothing is kept in files there, and every command is one that works in the pusher's clone. There is
no colour: the bytes would reach the pusher's terminal, and the pages of GitLab, as they are.
"""

from __future__ import annotations

from pmgit.core.errors import CLEAN, FAILED, FINDINGS, PmgitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.core.finding import Report
    from pmgit.server.judge import Server

#: GitLab shows the lines that begin so on its pages, and not only to `git push`.
GITLAB = "GL-HOOK-ERR: "


def answer(
    stdin: bytes,
    config: str,
    select: Sequence[str],
    ignore: Sequence[str],
    *,
    gitlab: bool,
) -> tuple[str, int]:
    """Judge a push: the text for the pusher, and the exit code. Whatever goes wrong, it is refused.

    `stdin` are the refs as Git announces them, `config` the file that the server judges by ('':
    as it is set up), `gitlab` whether every line begins so that GitLab shows it.
    """
    # Only what it takes to start Git; the rest is imported while Git works.
    from pmgit.git import ref_updates
    from pmgit.git.cat_file import Batch
    from pmgit.git.repository import receiving
    from pmgit.server.watch import OverdueError, Watch

    server = batch = None
    try:
        updates = ref_updates.parse(stdin)
        if not any(update.new for update in updates):
            return "", CLEAN  # a push that only deletes has nothing to judge
        with Watch() as watch:
            repository = receiving(max(len(update.new) for update in updates))
            walk = ref_updates.Walk(repository, updates)
            batch = Batch(repository)
            from pmgit.server import judge
            from pmgit.server.config_source import Settings

            # Not before: a process that has no core to start on has the one that starts it wait.
            settings = Settings(repository, batch, walk.updates)
            from pmgit.server.pushed_commits import Receipt

            server = judge.Server(repository, settings, config)
            watch.limit(server.seconds)
            report, by, notes = server.judge(Receipt(walk, batch), select, ignore)
    except OverdueError as error:
        text = _could_not(error.message, error.hint, pushers=True)
        return _shown(text, gitlab or _on_gitlab(server)), FAILED
    except Exception as error:
        from pmgit.core.errors import machine_error
        from pmgit.server.judge import PushedError

        known = error if isinstance(error, PmgitError) else machine_error(error)
        if known is None:
            raise
        text = _could_not(known.message, known.hint, pushers=isinstance(known, PushedError))
        return _shown(text, gitlab or _on_gitlab(server)), known.exit_code
    finally:
        if batch is not None:
            batch.leave()
    if report.not_judged:
        # A server that lacks objects of its own must never say "clean".
        from pmgit.report.text import not_judged

        notes.append(not_judged(report.not_judged))
    code = FINDINGS if report.errors else FAILED if report.not_judged else CLEAN
    if not (report.findings or notes):
        return "", code
    return _shown(_refusal(report, by, notes), gitlab or server.is_gitlab), code


def _refusal(report: Report, by: Sequence[str], notes: Sequence[str]) -> str:
    """The text for a push with findings; warnings alone refuse nothing.

    `by` names the configurations that it was judged by, `notes` what else is to be known.
    """
    from pmgit.core.shell import Shell
    from pmgit.report.text import render, visible

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


def _could_not(message: str, hint: str, *, pushers: bool) -> str:
    """The text for a push that could not be judged, and so is refused.

    `pushers`: the pusher can mend it, and need not ask the administrator of the server.
    """
    from pmgit.report.text import visible

    lines = [f"pmgit: {visible(message)}"]
    if hint:
        lines.append(f"hint: {visible(hint)}")
    lines.append(
        "the push was refused: nothing of it is kept on the server"
        if pushers
        else "the push was refused because it could not be judged: tell the server's administrator"
    )
    return "\n".join(lines) + "\n"


def _on_gitlab(server: Server | None) -> bool:
    try:
        return server is not None and server.is_gitlab
    except Exception:  # noqa: BLE001 - it is what went wrong in the first place
        return False


def _shown(text: str, gitlab: bool) -> str:
    """The text, with every line marked for the pages of GitLab where it is read there."""
    if not gitlab:
        return text
    return "".join(f"{GITLAB}{line}\n" for line in text.split("\n") if line)
