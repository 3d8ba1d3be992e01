"""The names of all that runs Git hooks: the stages, the programs, and the files of each program."""

from __future__ import annotations

#: The stages that pmgit is there for: those of a commit, and the push.
COMMIT_STAGES = ("pre-commit", "pre-merge-commit")
PUSH = "pre-push"
STAGES = (*COMMIT_STAGES, PUSH)

PRE_COMMIT, PREK, HUSKY, LEFTHOOK = "pre-commit", "prek", "husky", "lefthook"
#: The two that read the same configuration, in which pmgit's entry is.
FRAMEWORKS = (PRE_COMMIT, PREK)

#: The configurations of pre-commit and prek; pre-commit reads YAML alone.
TOML, YAML, YML = "prek.toml", ".pre-commit-config.yaml", ".pre-commit-config.yml"
#: In the order in which prek looks for them.
CONFIGURATIONS = (TOML, YAML, YML)

#: By which files or folders at the top of a work tree each program is known.
FILES = {
    HUSKY: (".husky",),
    LEFTHOOK: tuple(
        f"{dot}lefthook.{end}" for dot in ("", ".") for end in ("yml", "yaml", "toml", "json")
    ),
    PREK: (TOML, YML),
    PRE_COMMIT: (YAML,),
}

#: The hooks that git-lfs writes, all or none: one foreign file among them and it gives up.
LFS_HOOKS = (PUSH, "post-checkout", "post-commit", "post-merge")
#: How a hook runs the part of Git LFS that uploads.
LFS_CALLS = ("git lfs pre-push", "git-lfs pre-push")
