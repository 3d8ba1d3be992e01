"""The pre-receive hook of a server: judges a push, and makes its answer and exit code."""

from __future__ import annotations

from pmgit.core.errors import CLEAN, FAILED, FINDINGS, PmgitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.server.judge import Server


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
            judgement = server.judge(Receipt(walk, batch), select, ignore)
    except OverdueError as error:
        from pmgit.report.refusal import could_not

        text = could_not(error.message, error.hint, pushers=True)
        return _shown(text, gitlab or _on_gitlab(server)), FAILED
    except Exception as error:
        from pmgit.core.errors import machine_error
        from pmgit.report.refusal import could_not
        from pmgit.server.judge import PushedError

        known = error if isinstance(error, PmgitError) else machine_error(error)
        if known is None:
            raise
        text = could_not(known.message, known.hint, pushers=isinstance(known, PushedError))
        return _shown(text, gitlab or _on_gitlab(server)), known.exit_code
    finally:
        if batch is not None:
            batch.leave()
    report = judgement.report
    if report.not_judged:
        # A server that lacks objects of its own must never say "clean".
        from pmgit.report.text import not_judged

        judgement.notes.append(not_judged(report.not_judged))
    code = FINDINGS if report.errors else FAILED if report.not_judged else CLEAN
    if not (report.findings or judgement.notes):
        return "", code
    from pmgit.report.refusal import refusal

    return _shown(refusal(report, judgement.by, judgement.notes), gitlab or server.is_gitlab), code


def _on_gitlab(server: Server | None) -> bool:
    try:
        return server is not None and server.is_gitlab
    except Exception:  # noqa: BLE001 - it is what went wrong in the first place
        return False


def _shown(text: str, gitlab: bool) -> str:
    if not gitlab:
        return text
    from pmgit.report.refusal import for_gitlab

    return for_gitlab(text)
