"""The files below a path: in one order, without circles, whatever lies there."""

from __future__ import annotations

import os
from pathlib import Path

from pmgit.scan.paths import files_below


def listed(*paths: Path | str) -> list[tuple[str, str]]:
    return [(place.path, place.trouble) for place in files_below([str(path) for path in paths])]


def test_folders_are_walked_in_the_order_of_their_bytes(tmp_path: Path) -> None:
    top = tmp_path / "top"
    for name in ("b/z", "b/a/x", "a", "é", "Z", "b/.git/config", ".hidden"):
        file = top / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
    names = [path.removeprefix(f"{top}/") for path, trouble in listed(top) if not trouble]
    assert names == [".hidden", "Z", "a", "é", "b/z", "b/a/x"]
    assert listed(top) == listed(top)


def test_what_is_given_comes_as_it_is_given(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).write_bytes(b"")
    assert [path for path, _ in listed(tmp_path / "b", tmp_path / "a", tmp_path / "b")] == [
        str(tmp_path / name) for name in "bab"
    ]
    assert listed(tmp_path / "none")[0][1] == "No such file or directory"


def test_links_and_special_files(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "below").mkdir(parents=True)
    (tmp_path / "file").write_bytes(b"content")
    links = {
        "to-file": "../file", "to-link": "to-file", "to-folder": "below", "up": "..",
        "loop": "loop", "dead": "none", "device": "/dev/null",
    }  # fmt: skip
    for name, target in links.items():
        (folder / name).symlink_to(target)
    os.mkfifo(folder / "pipe")
    found = {Path(path).name: trouble for path, trouble in listed(folder)}
    assert found["to-file"] == found["to-link"] == ""
    assert found["to-folder"] == found["up"] == "a link to a folder, which is not followed"
    assert found["pipe"] == found["device"] == "it is neither a file nor a folder"
    assert found["dead"] == "a link to nothing"
    assert listed(folder / "dead")[0][1] == "No such file or directory", "somebody means that file"
    assert found["loop"]
    # What somebody types is meant: a link to a folder is that folder.
    assert [Path(path).name for path, _ in listed(folder / "to-folder")] == []
    assert next(path for path, _ in listed(folder / "up")).startswith(f"{folder}/up/")


def test_a_deep_folder(tmp_path: Path) -> None:
    deep = tmp_path / "top"
    for _ in range(60):
        deep = deep / ("d" * 20)
    deep.mkdir(parents=True)
    (deep / "file").write_bytes(b"")
    assert [trouble for _, trouble in listed(tmp_path / "top")] == [""]
