"""The judgement of a push on the server: by which configuration, and of every new tip.

The configuration is, in this order: the file that the hook was given, `git config pmgit.config`,
`pmgit.toml` in the git directory; else what the ref itself had before the push, what HEAD has,
and the defaults. A commit of the push never decides how the push is judged.
"""

from __future__ import annotations

import os
import stat

from pmgit import rules
from pmgit.check import engine
from pmgit.check.config_lookup import check_options, parse
from pmgit.core.config import BASELINE, FILE, MAX_BYTES, MOST_BYTES, PYPROJECT, Config
from pmgit.core.errors import PmgitError, UsageError, cut
from pmgit.core.finding import Report, together
from pmgit.core.rule import LFS, MODELS, PLACES
from pmgit.core.toml_subset import too_large
from pmgit.git.objects import Objects
from pmgit.git.ref_updates import RefUpdate
from pmgit.git.tree_order import MalformedTreeError
from pmgit.lfs import pointer
from pmgit.server.config_source import HEAD, NAMES, Settings, is_true
from pmgit.server.watch import SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pmgit.baseline.forgive import Baseline
    from pmgit.git.cat_file import Answer
    from pmgit.git.repository import Repository
    from pmgit.server.pushed_commits import Receipt
    from pmgit.server.tip_snapshot import TipSnapshot

    #: Whether it is the ref's own configuration (else that of HEAD), its name and its content.
    _Which = tuple[bool, str, Answer | None]

#: What is sure to be needed where models change: the scopes of rules.
_NEEDED = frozenset({LFS, PLACES, MODELS})
#: The server's own configuration, in the git directory.
SERVER_FILE = "pmgit.toml"
_DEFAULT_BRANCH = "the default branch"
#: No configuration; see `_which`.
_NONE: _Which = (False, "", None)
BY_SERVER, BY_DEFAULTS = "the configuration of this server", "pmgit's defaults"


class PushedError(UsageError):
    """The push itself holds something broken: only the pusher can mend it."""


class Server:
    """A server about to accept a push, and its settings."""

    def __init__(self, repository: Repository, settings: Settings, file: str = "") -> None:
        self._repository = repository
        self._settings = settings
        self._file = file
        self._notes: dict[str, bool] = {}

    @property
    def is_gitlab(self) -> bool:
        """Whether `git config pmgit.gitlab` asks for lines that GitLab shows in its pages."""
        return is_true(self._settings.configured.get("gitlab", ""))

    @property
    def seconds(self) -> int:
        """How long the judgement may take: `git config pmgit.timeout`. Raises UsageError."""
        value = self._settings.configured.get("timeout", str(SECONDS))
        if value.isascii() and value.isdigit() and len(value) < 9 and int(value):
            return int(value)
        raise UsageError(
            f"git config pmgit.timeout is {cut(value)!r}, not a number of seconds",
            f"for example: git config pmgit.timeout {SECONDS}",
        )

    def for_new_ref(self) -> tuple[str, Config]:
        """The configuration that a new ref is judged by, behind its name in words."""
        own = self._own_configuration()
        if own:
            return BY_SERVER, own
        update = RefUpdate("", "", "", "")
        return self._recorded(_which(update, self._settings.recorded(MOST_BYTES)), update)

    def judge(
        self, receipt: Receipt, select: Sequence[str] = (), ignore: Sequence[str] = ()
    ) -> tuple[Report, list[str], list[str]]:
        """Judge every new tip of the push. Raises PmgitError when that cannot be done.

        Returns the findings, the names in words of the configurations that they were made with, and
        what else the pusher should know.
        """
        self._settings.confirm()
        own = self._own_configuration()
        groups: dict[tuple[_Which, str], list[RefUpdate]] = {}
        configs: dict[tuple[_Which, str], tuple[str, Config]] = {}
        recorded = {} if own else self._settings.recorded(MOST_BYTES)
        baselines = self._settings.baselines()
        for update in receipt.updates:
            # Refs with the same configuration and baseline are judged together: a commit of one
            # is not judged again with another. With different ones, it is.
            which = _NONE if own else _which(update, recorded)
            key = which, baselines[update.old or HEAD]
            groups.setdefault(key, []).append(update)
            if key not in configs:
                configs[key] = (BY_SERVER, own) if own else self._recorded(which, update)
        try:
            taken = receipt.snapshots(groups.values())
        except MalformedTreeError as error:
            raise PushedError(f"the pushed {error.message}", error.hint) from None
        for (_, config), snapshots in zip(configs.values(), taken, strict=True):
            # Git works on one of them ahead; not on all at once, because each takes two processes.
            if snapshots and snapshots[0].prepare(config.models):
                for name in engine.selected(config, select, ignore):
                    if rules.RULES[name].scope in _NEEDED:
                        rules.load(name)
                break
        # The sizes of all blobs at once.
        new = [blob for snapshots in taken for one in snapshots for blob in one.introduced]
        files = dict.fromkeys(blob for blob in new if blob.is_regular)
        Objects(self._repository, self._settings.batch).survey(files, pointer.may_be)
        reports, by = [], {}
        for (where, config), group, snapshots in zip(
            configs.values(), groups.values(), taken, strict=True
        ):
            forgiving = self._forgiving(group)
            names = engine.selected(config, select, ignore)
            for snapshot in snapshots:
                snapshot.prepare(config.models)
                by[where] = True
                reports.append(_judged(snapshot, config, names, forgiving, own=bool(own)))
                if reports[-1].errors:
                    self._note_pushed_settings(snapshot, bool(own))
                snapshot.discard()
        return together(reports), list(by), list(self._notes)

    def _forgiving(self, group: Sequence[RefUpdate]) -> Callable[[], Baseline]:
        """A function that reads the baseline of the old tip, of HEAD for a new ref.

        The whole group has the same one. A push cannot forgive itself. Nothing is forgiven when
        `git config pmgit.baseline` is false, or when it cannot be read: a push has to mend it.
        """
        old, ref = next(((each.old, each.remote) for each in group if each.old), ("", ""))

        def asked() -> Baseline:
            from pmgit.baseline import source  # only for findings: it takes 9 ms

            if not is_true(self._settings.configured.get("baseline", "true")):
                return source.of_commit(self._repository, "")
            (commit,) = self._settings.batch.ask([f"{old or HEAD}^{{commit}}"])
            try:
                return source.of_commit(self._repository, commit.oid)
            except UsageError as error:
                name = ref or _DEFAULT_BRANCH
                self._notes[f"{name}: {error.message}: it forgives nothing"] = True
                return source.of_commit(self._repository, "")

        return asked

    def _note_pushed_settings(self, snapshot: TipSnapshot, own: bool) -> None:
        """Add a note where a refused push changes the settings: in the clone it looks fine."""
        pushed = {change.path for change in snapshot.changes if change.oid}
        names = [] if own else [FILE]
        if is_true(self._settings.configured.get("baseline", "true")):
            names.append(BASELINE)
        for name in names:
            if name in pushed:
                self._notes[
                    f"{name} of this push does not count yet: a push is judged by the one that was"
                    " here before; where it is agreed on, push it first, in a commit of its own"
                ] = True

    def _own_configuration(self) -> Config | None:
        """The server's own configuration; None when it has none."""
        folder = self._repository.git_dir
        named = self._file or self._settings.configured.get("config", "")
        path = os.path.join(folder, os.path.expanduser(named) if named else SERVER_FILE)
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                raise UsageError(f"{path} is not a file")
            with open(path, "rb") as file:
                return _usable(parse(file.read(MAX_BYTES + 1), path))
        except FileNotFoundError:
            if not named:
                return None
            raise UsageError(f"the configuration {path} is not there") from None
        except OSError as error:
            raise PmgitError(f"{path} could not be read: {error.strerror}") from error

    def _recorded(self, which: _Which, update: RefUpdate) -> tuple[str, Config]:
        """A configuration of the repository, behind its name in words."""
        tree, file, answer = which
        if answer is None:
            return BY_DEFAULTS, Config()
        owner = update.remote if tree else _DEFAULT_BRANCH
        try:
            if answer.size > MOST_BYTES:
                raise too_large(file, answer.size, MAX_BYTES)
            config = _usable(parse(answer.data, file))
        except UsageError as error:
            # Else nobody could push what mends it.
            self._notes[f"{owner}: {error.message}: judged by {BY_DEFAULTS} instead"] = True
            return BY_DEFAULTS, Config()
        return f"{file} of {owner}, as it was before this push", config


def _which(update: RefUpdate, recorded: dict[tuple[str, str], Answer]) -> _Which:
    """The configuration for a ref: whether it is its own, its name and what it is."""
    for tree in (update.old, HEAD):
        for name in NAMES:
            answer = recorded.get((tree, name))
            if answer is not None and (name == FILE or _has_pmgit_table(answer.data)):
                return tree == update.old, name, answer
    return _NONE


def _has_pmgit_table(data: bytes) -> bool:
    """Whether a pyproject.toml has a table for pmgit; one that is broken may have."""
    try:
        return bool(parse(data, PYPROJECT).source)
    except UsageError:
        return b"tool.pmgit" in data


def _usable(config: Config) -> Config:
    """The configuration, when what it names exists and its patterns are some. Raises UsageError."""
    engine.selected(config)
    for name in config.rules:
        check_options(config, name)
    if config.rules.get("host-limit"):
        from pmgit.hosts import choice

        choice.check(config)
    if config.has_license_policy:
        from pmgit.licenses.policy import Policy

        Policy(config)
    config.patterns()
    return config


def _judged(
    snapshot: TipSnapshot,
    config: Config,
    names: Sequence[str],
    baseline: Callable[[], Baseline],
    *,
    own: bool,
) -> Report:
    """The findings. Raises PushedError for what is wrong in the pushed tree: not so when it is
    the configuration of the server, its `own`.
    """
    try:
        if not own:
            _demand_usable(snapshot)
        return engine.judge(snapshot, config, names, baseline)
    except UsageError as error:
        # The baseline of the old tip is read by `_forgiving`.
        named = error.message.startswith(BASELINE if own else (*NAMES, BASELINE))
        if own and not named:
            raise
        raise PushedError(f"{'the pushed ' * named}{error.message}", error.hint) from None


def _demand_usable(snapshot: TipSnapshot) -> None:
    """Refuse a configuration that stops every commit and every push after it."""
    if not any(change.oid and change.path in NAMES for change in snapshot.changes):
        return
    from pmgit.check import config_lookup
    from pmgit.hosts import choice

    choice.chosen(snapshot, _usable(config_lookup.read(snapshot)))
