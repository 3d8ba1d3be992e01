"""Which hooks a repository has, who wrote them, and which configurations they read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmgit.git.settings import GitSettings
from pmgit.hooks import chain, framework_files, names
from pmgit.hooks.hook_file import Call, HookFile

if TYPE_CHECKING:
    from pmgit.git.repository import Repository


@dataclass
class HookState:
    """The hooks of a repository.

    `folder` is where the chain goes: the folder that Git takes hooks from, or that of husky's
    users. `hooks_path` is core.hooksPath ('' when not set), `tracked` whether the folder is part
    of the work tree, `shared` whether it belongs to other repositories too. `manager` is husky
    or lefthook. `hooks` has every file that counts, by its name. `configs` are the configuration
    files of pre-commit and prek, `tool` is the one of the two that is used here ('' when neither
    is), `pushes` that its configuration has hooks for the pre-push stage. `named` is the
    configuration that their installed hooks read where that is another than `configs` say
    (`pre-commit install -c FILE`, `prek install --cd DIR`), `call` how they call it. `top` is the
    top of the work tree.
    """

    folder: str
    hooks_path: str = ""
    tracked: bool = False
    shared: bool = False
    manager: str = ""
    configs: list[str] = field(default_factory=list)
    tool: str = ""
    pushes: bool = False
    named: str = ""
    call: Call = field(default_factory=Call)
    top: str = ""
    hooks: dict[str, HookFile] = field(default_factory=dict)

    def hook(self, stage: str, suffix: str = "") -> HookFile:
        """The hook of a stage, or the one beside it (`legacy`, `before-pmgit`)."""
        return self.hooks[f"{stage}.{suffix}" if suffix else stage]

    @property
    def installed(self) -> list[HookFile]:
        """The hooks of pre-commit and prek, those of commits first."""
        return [self.hook(stage) for stage in names.STAGES if self.hook(stage).is_framework]

    @property
    def record(self) -> str:
        """The value of `hooks-config` for other clones: the file, or the folder with a slash."""
        return self.named if self.call.config or not self.named else f"{self.call.folder}/"

    def follow(self, record: str) -> None:
        """Take what another clone has recorded, where no hook of a framework is installed here."""
        if record and not self.installed:
            folder = record.endswith("/")
            self.call = Call(folder=record.rstrip("/")) if folder else Call(config=record)
            self.named = _named(self.call, names.PREK, self.top)

    def config(self, tool: str) -> str:
        """The configuration that pre-commit or prek reads here, relative to the top."""
        return self.named or framework_files.read_by(tool, self.configs)


def inspect(
    repository: Repository, settings: GitSettings | None = None, folder: str = ""
) -> HookState:
    """Look at the hooks; nothing is changed. Raises PmgitError when one cannot be read.

    `settings` are those of the repository, and `folder` is `hooks_folder`, where they are known
    already.
    """
    folder = folder or hooks_folder(repository)
    path = (settings or GitSettings(repository)).text("core.hookspath")
    parent, name = os.path.split(folder)
    if name == "_" and os.path.basename(parent) == ".husky":
        # husky makes `_` anew at every install and runs `.husky/<stage>` from it.
        return _read(repository, HookState(parent, path, manager=names.HUSKY))
    return _read(repository, HookState(folder, path))


def look_again(repository: Repository, state: HookState) -> HookState:
    """As `inspect`, where no more than hooks and their configurations has changed since: Git is
    not asked again for their folder.
    """
    manager = names.HUSKY if state.manager == names.HUSKY else ""
    return _read(repository, HookState(state.folder, state.hooks_path, manager=manager))


def _read(repository: Repository, state: HookState) -> HookState:
    """That state, with all that is in its folder, and in the work tree."""
    in_work_tree = not repository.bare and _is_below(state.folder, repository.top)
    in_git = _is_below(state.folder, repository.common_dir)
    state.tracked = in_work_tree and not in_git
    state.shared = not in_work_tree and not in_git
    for stage in names.STAGES:
        for name in (stage, f"{stage}.legacy", f"{stage}.{chain.SAVED}"):
            state.hooks[name] = HookFile.read(os.path.join(state.folder, name), stage)
    if any(b"lefthook" in (hook.content or b"") for hook in state.hooks.values()):
        state.manager = names.LEFTHOOK
    if not repository.bare:
        state.top = repository.top
        state.configs = framework_files.present(repository.top)
        state.tool = framework_files.tool(state.configs, _kinds(state))
        top = repository.top
        if state.installed and (named := named_config(state.installed[0], top)):
            state.named, state.tool = named, state.installed[0].kind
            state.call = state.installed[0].call
        push = state.hook(names.PUSH)
        name = (named_config(push, top) if push.is_framework else "") or state.config(state.tool)
        # One that cannot be read is reported by the framework itself.
        state.pushes = framework_files.names_push(framework_files.read(top, name)[0])
    return state


def named_config(hook: HookFile, top: str) -> str:
    """The configuration that the hook of a framework names, relative to the top; '' for the usual
    one.
    """
    path = _named(hook.call, hook.kind, top)
    return "" if path == names.YAML and hook.kind == names.PRE_COMMIT else path


def _named(call: Call, kind: str, top: str) -> str:
    config, folder = call.config, call.folder
    if folder and not config:
        config = framework_files.read_by(kind, framework_files.present(os.path.join(top, folder)))
    return os.path.normpath(os.path.join(folder, config)).replace(os.sep, "/") if config else ""


def hooks_folder(repository: Repository) -> str:
    """The folder that Git takes hooks from: core.hooksPath, or that of the main repository."""
    out = repository.start(
        "rev-parse", "--path-format=absolute", "--git-path", "hooks", own_hooks=True
    ).finish()
    return os.path.normpath(os.fsdecode(out).rstrip("\n"))


def _is_below(path: str, folder: str) -> bool:
    real, above = os.path.realpath(path), os.path.realpath(folder)
    return os.path.normcase(real).startswith(os.path.normcase(above).rstrip(os.sep) + os.sep)


def _kinds(state: HookState) -> set[str]:
    """The kinds of the hooks of commits, or of all stages where no framework has those."""
    kinds = {state.hook(stage).kind for stage in names.COMMIT_STAGES}
    if kinds.isdisjoint(names.FRAMEWORKS):
        return {hook.kind for hook in state.hooks.values()}
    return kinds
