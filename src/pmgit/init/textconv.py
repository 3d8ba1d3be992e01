"""`git diff` of weights by their tensors: the textconv of this clone.

The attribute `diff=pmgit` is for everybody, and means nothing without this setting, which is for
one clone: what a repository says cannot choose what Git runs. Git ends with an error when the
program of a textconv fails (2.39: "unable to read files to diff"), so the hash of the file stands
in where pmgit is gone.

Git has Git LFS make the content of a pointer before a textconv gets it (prep_temp_blob in Git's
diff.c, 2.39): what is not here is downloaded, and when that fails Git ends. With
GIT_LFS_SKIP_SMUDGE=1 the pointer itself comes, and pmgit finds its object.

`diff.pmgit.cachetextconv` stays unset: of a pointer whose object is not here Git would remember
for ever that it is not.
"""

from __future__ import annotations

from pmgit.core.shell import own_command, quote
from pmgit.git.settings import GitSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.git.repository import Repository

KEY = "diff.pmgit.textconv"
#: What every version of the setting has in it.
_OURS = " inspect --textconv "


def command() -> str:
    """The setting: a function of the shell, to which Git gives the path of one file.

    `--`: a file of the work tree is given by its bare name, which may begin with a dash.
    """
    pmgit = quote(own_command())
    instead = "pmgit could not be run, so only the hash is shown"
    return (
        f'f() {{ {pmgit} inspect --textconv -- "$1" 2>/dev/null || {{ echo "{instead}";'
        ' git hash-object --no-filters -- "$1"; }; }; f'
    )


def configured(repository: Repository) -> str:
    """The setting of this clone; '' when there is none."""
    return GitSettings(repository).text(KEY)


def configure(repository: Repository) -> bool:
    """Write the setting; whether that changed anything. What somebody has made of it stays."""
    now = configured(repository)
    if _OURS in now:
        return False
    repository.run("config", "--local", "--replace-all", KEY, command())
    return True


def forget(repository: Repository) -> bool:
    """Remove the setting where it is ours; whether that changed anything."""
    if _OURS not in configured(repository):
        return False
    return repository.start("config", "--local", "--unset-all", KEY).wait()[0] == 0
