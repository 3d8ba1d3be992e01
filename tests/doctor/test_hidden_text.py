"""`hidden-text`: models of text alone that nobody sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.core.shell import Shell
from pmgit.doctor.check import WARNING
from tests.doctor.looking import look

if TYPE_CHECKING:
    from tests.kit import Repo

NAME = "hidden-text"


def test_a_model_of_text_that_is_ignored(repo: Repo) -> None:
    repo.write("pretrained_model/tok/vocab.txt", "a\n")
    repo.write("pretrained_model/tok/spm.model", 2000)
    repo.write("pretrained_model/bert/config.json", "{}\n")
    repo.write("pretrained_model/bert/model.safetensors", 2000)
    assert NAME not in look(repo)  # git status shows it
    assert repo.pmgit("gitignore").code == 0
    repo.git("add", "-A")
    repo.commit()
    check = look(repo)[NAME]
    assert check.status == WARNING
    assert check.evidence == (
        "pretrained_model/tok/ holds text alone, and all of it is ignored by Git"
    )
    assert check.fix is not None
    repo.paste(Shell().line(check.fix))
    repo.git("add", "-A")
    assert "pretrained_model/tok/spm.model" in repo.staged()
    assert NAME not in look(repo)
