"""The parameters of checkpoints of torch, which INFO.md says: counted, and nothing loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pmgit.model.describe import look
from tests.formats.assemble import CALL, legacy, pickled, state_dict, tensor, text, torch_zip

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Repo

ONE = torch_zip()


def counted(folder: Path, **files: bytes) -> int:
    """The number of parameters of a model with these files (`.` is written `__`)."""
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_bytes(content)
    found = look(str(folder), "bert").parameters
    for name in files:
        (folder / name.replace("__", ".")).unlink()
    return sum(found.values())


@pytest.mark.parametrize("suffix", ["bin", "pt", "pth", "ckpt"])
def test_a_checkpoint_is_counted(tmp_path: Path, suffix: str) -> None:
    whole = counted(tmp_path, **{f"model__{suffix}": ONE})
    assert whole == 6
    # What is the state of a training lies beside it, and its name shows that.
    assert counted(tmp_path, **{f"model__{suffix}": ONE, "optimizer__pt": ONE}) == whole


def test_shards_and_what_transformers_loads(tmp_path: Path) -> None:
    first, second = "pytorch_model-00001-of-00002__bin", "pytorch_model-00002-of-00002__bin"
    assert counted(tmp_path, **{first: ONE, second: ONE}) == 12
    assert counted(tmp_path, **{first: ONE}) == 0
    assert counted(tmp_path, pytorch_model__bin=ONE, another__pt=ONE) == 6


def test_what_is_not_clear_stays_open(tmp_path: Path) -> None:
    assert counted(tmp_path, a__pt=ONE, b__pt=ONE) == 0
    assert counted(tmp_path, a__pt=legacy()) == 0
    assert counted(tmp_path, a__pt=torch_zip(pickled(CALL))) == 0
    assert counted(tmp_path, a__pt=ONE[:-9]) == 0
    assert counted(tmp_path, a__pt=b"PK\3\4 no zip") == 0
    # Of an optimizer in the same file nobody knows what counts.
    for name in ("optimizer", "exp_avg", "ema"):
        data = state_dict(more=text(name) + tensor())
        assert counted(tmp_path, a__pt=torch_zip(data)) == 0, name
    assert counted(tmp_path, a__pt=torch_zip(state_dict(more=text("b") + tensor()))) > 0


def test_info_new_fills_it_in(repo: Repo) -> None:
    repo.write("pretrained_model/bert/pytorch_model.bin", ONE)
    assert repo.pmgit("info", "new", "bert", "--yes").code == 0
    page = (repo.path / "pretrained_model/bert/INFO.md").read_text()
    assert "- Parameters: 6 F32\n" in page, page
    assert "checkpoint" in repo.pmgit("info", "show").out
