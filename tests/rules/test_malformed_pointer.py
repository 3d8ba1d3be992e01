"""`malformed-pointer`: damaged pointers, and pointers in another than the one right form."""

from __future__ import annotations

import os

import pytest

from pmgit.lfs import conflict
from pmgit.lfs.pointer import MAX_BYTES
from tests.kit import Repo, pointer, weights_bytes
from tests.lfs.test_pointer import BROKEN, CURED, FAULTY, SAMPLES
from tests.snapshots.test_staged import NAMES

RULE = "malformed-pointer"
SELECT = ("--select", RULE)
PATH = "pretrained_model/bert/model.safetensors"
CONTENT = weights_bytes(3000)
POINTER = pointer(CONTENT)
CRLF = POINTER.replace(b"\n", b"\r\n")

FAULTS = {
    "CRLF": CRLF,
    "mark": b"\xef\xbb\xbf" + POINTER,
    "UTF-16": b"\xff\xfe" + POINTER.decode().encode("utf-16-le"),
    "blanks": b"\n  " + POINTER + b"\n\n",
    "no line end": POINTER[:-1],
    "old version": POINTER.replace(b"git-lfs.github", b"hawser.github"),
    "order": b"".join(POINTER.splitlines(keepends=True)[at] for at in (0, 2, 1)),
    "zeros": POINTER.replace(b"size ", b"size 000"),
}


# -- reports --------------------------------------------------------------------------------------


def staged_as(repo: Repo, samples: dict[str, bytes], mode: str = "100644") -> dict[str, str]:
    """Stage each sample as weights of its own; the name of each by its path."""
    paths = {f"pretrained_model/bert/{at}.safetensors": name for at, name in enumerate(samples)}
    if mode == "100644":
        repo.stage_blobs({path: samples[name] for path, name in paths.items()})
        return paths
    for path, name in paths.items():
        repo.stage_blob(path, samples[name], mode)
    return paths


def test_broken_pointers_are_reported(lfs_repo: Repo) -> None:
    broken = {
        name: data
        for name, (data, kind) in SAMPLES.items()
        if kind == BROKEN and len(data) < MAX_BYTES and not conflict.sides(data)
    }
    assert len(broken) > 30
    paths = staged_as(lfs_repo, broken)
    found = {finding["path"]: finding for finding in lfs_repo.check(*SELECT)}
    assert {paths[path] for path in found} == set(broken)
    for path, finding in found.items():
        assert finding["message"].startswith("a damaged Git LFS pointer: "), paths[path]
        assert finding["message"].endswith("; stage the right version again"), paths[path]
        assert finding["fix"] is None, paths[path]  # only a person knows the right one
    # It is not taken for raw content too.
    said = {(finding["path"], finding["rule"]) for finding in lfs_repo.check()}
    for path, name in paths.items():
        assert (path, RULE) in said, name
        assert (path, "missing-pointer") not in said, name


def test_broken_pointers_outside_of_git_lfs_are_reported_too(repo: Repo) -> None:
    data, _ = SAMPLES["conflict around"]
    repo.stage("data/a.bin", data)
    (finding,) = repo.check(*SELECT)
    assert "conflict markers of a merge" in finding["message"]


def test_a_real_merge_conflict(lfs_repo: Repo) -> None:
    lfs_repo.stage(PATH, CONTENT)
    lfs_repo.commit()
    lfs_repo.git("checkout", "-q", "-b", "side")
    lfs_repo.stage(PATH, weights_bytes(3001))
    lfs_repo.commit()
    lfs_repo.git("checkout", "-q", "main")
    lfs_repo.stage(PATH, weights_bytes(3002))
    lfs_repo.commit()
    # Without `merge=lfs`, as on a clone whose .gitattributes only says filter=lfs.
    lfs_repo.write(".git/info/attributes", "* !merge text\n")
    lfs_repo.git("merge", "side", code=1, env={"GIT_LFS_SKIP_SMUDGE": "1"})
    text = (lfs_repo.path / PATH).read_bytes()
    assert b"<<<<<<< " in text
    lfs_repo.stage_blob(PATH, text)
    (finding,) = lfs_repo.check(*SELECT)
    assert "conflict markers" in finding["message"]


def test_faulty_pointers_are_reported(lfs_repo: Repo) -> None:
    paths = staged_as(lfs_repo, FAULTS)
    found = {paths[finding["path"]]: finding for finding in lfs_repo.check(*SELECT)}
    assert set(found) == set(FAULTS)
    for name, finding in found.items():
        begin = "a Git LFS pointer that is not in its right form: "
        assert finding["message"].startswith(begin), name
        assert finding["fix"]["safe"], name


def test_a_pointer_to_a_pointer_is_reported(lfs_repo: Repo) -> None:
    lfs_repo.git("lfs", "clean", "--", PATH, stdin=CONTENT)
    # What a script that writes objects and pointers itself did to a pointer.
    outer = pointer(POINTER)
    name = outer.split(b"sha256:")[1][:64].decode()
    lfs_repo.write(f".git/lfs/objects/{name[:2]}/{name[2:4]}/{name}", POINTER)
    lfs_repo.stage_blob(PATH, outer)
    (finding,) = lfs_repo.check(*SELECT)
    assert finding["message"] == "a Git LFS pointer to a pointer (of 3000 bytes)"
    lfs_repo.paste_all(*SELECT)
    assert lfs_repo.blob(PATH) == POINTER


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="Linux has a file that fails")
def test_an_object_that_cannot_be_read_is_an_error(lfs_repo: Repo) -> None:
    outer = pointer(POINTER)
    name = outer.split(b"sha256:")[1][:64].decode()
    place = lfs_repo.path / ".git/lfs/objects" / name[:2] / name[2:4]
    place.mkdir(parents=True)
    (place / name).symlink_to("/proc/self/mem")  # even root cannot read its first page
    lfs_repo.stage_blob(PATH, outer)
    done = lfs_repo.pmgit("check", *SELECT)
    assert done.code == 3
    assert f"the Git LFS object {name} cannot be read" in done.err
    assert "Traceback" not in done.err


def test_in_a_range(lfs_repo: Repo) -> None:
    base = lfs_repo.git("rev-parse", "HEAD").strip()
    lfs_repo.stage_blob(PATH, CRLF)
    tip = lfs_repo.commit()
    (finding,) = lfs_repo.check("--range", f"{base}..HEAD", *SELECT)
    assert finding["commit"] == tip
    lfs_repo.paste(finding["fix"]["shell"])
    assert lfs_repo.check("--range", f"{base}..HEAD", *SELECT) == []


def test_what_is_too_long_for_a_pointer_is_raw_content(lfs_repo: Repo) -> None:
    lfs_repo.stage_blob(PATH, SAMPLES["1024 bytes"][0])
    assert lfs_repo.rules("--select", "lfs") == ["missing-pointer"]


# -- accepts --------------------------------------------------------------------------------------


def test_right_pointers(lfs_repo: Repo) -> None:
    lfs_repo.stage_all(
        {
            PATH: CONTENT,
            "pretrained_model/bert/tiny.safetensors": b"tiny",
            "pretrained_model/bert/empty.safetensors": b"",
            "a/uncovered.bin": POINTER,
        }
    )
    assert lfs_repo.check(*SELECT) == []


@pytest.mark.parametrize("name", ["prose", "documentation", "a link", "attributes", "http"])
def test_texts_about_git_lfs(repo: Repo, name: str) -> None:
    repo.stage("docs/lfs.md", SAMPLES[name][0])
    assert repo.check(*SELECT) == []


def test_where_a_pointer_is_expected_a_mention_is_a_damaged_one(lfs_repo: Repo) -> None:
    data = b"# pointer\n" + POINTER
    lfs_repo.stage_blob(PATH, data)
    lfs_repo.stage("docs/a.md", data)
    assert [f["path"] for f in lfs_repo.check(*SELECT)] == [PATH]


def test_raw_weights_are_no_damaged_pointers(lfs_repo: Repo) -> None:
    lfs_repo.stage_blob(PATH, CONTENT)
    lfs_repo.stage_blob("pretrained_model/bert/b.safetensors", b"git-lfs" + weights_bytes(900))
    assert lfs_repo.check(*SELECT) == []


# -- fixes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "on_disk"),
    [("git", "absent"), ("git", "the content"), ("git", "the same"), ("pmgit", "the content")],
)
def test_the_fix(lfs_repo: Repo, by: str, on_disk: str) -> None:
    """`pmgit fix` in one line, and the commands of which it spares people the sight."""
    paths = staged_as(lfs_repo, FAULTS, "100755")
    if on_disk != "absent":
        for path, name in paths.items():
            lfs_repo.write(path, CONTENT if on_disk == "the content" else FAULTS[name])
    if by == "git":
        fixes = lfs_repo.plumbing(*SELECT)
        assert len(fixes) == len(paths)  # one for each alone
        for fix in fixes:
            assert "$'" not in fix  # fish does not read it
            lfs_repo.paste(fix)
    else:
        assert lfs_repo.paste_all(*SELECT) == ["pmgit fix malformed-pointer"]
    for path, name in paths.items():
        assert lfs_repo.blob(path) == POINTER, name
        assert lfs_repo.git("ls-files", "-s", path).startswith("100755"), name
        assert (lfs_repo.path / path).exists() == (on_disk != "absent"), name
    assert lfs_repo.check(*SELECT) == []


def test_the_fix_of_every_faulty_form(lfs_repo: Repo) -> None:
    forms = {name: data for name, (data, kind) in SAMPLES.items() if kind == FAULTY}
    paths = staged_as(lfs_repo, {**forms, **CURED})
    found = {paths[finding["path"]] for finding in lfs_repo.check(*SELECT)}
    assert found == {*forms, *CURED}
    fixes = lfs_repo.plumbing(*SELECT)
    assert len(fixes) == len(paths)
    for fix in fixes:
        lfs_repo.paste(fix)
    strict = ("lfs", "pointer", "--check", "--strict", "--stdin")
    for text, name in {lfs_repo.blob(path): name for path, name in paths.items()}.items():
        said = lfs_repo.run(["git", *strict], stdin=text)
        assert (said.code, said.out) == (0, ""), name
    assert lfs_repo.rules("--select", "lfs") == []


@pytest.mark.parametrize("cwd", ["", "pretrained_model"])
def test_the_fix_with_hostile_names(repo: Repo, cwd: str) -> None:
    repo.stage(".gitattributes", "/pretrained_model/** filter=lfs\n")
    paths = [os.fsdecode(b"pretrained_model/x/" + os.fsencode(name)) for name in NAMES]
    for path in paths:
        repo.write(path, CRLF)
    repo.git("add", "-A")
    repo.paste_all(*SELECT, cwd=cwd)
    assert not list(repo.path.rglob("PWNED"))
    for path in paths:
        assert repo.blob(path) == POINTER


def test_the_fix_loses_no_file(lfs_repo: Repo) -> None:
    lfs_repo.stage_blob(PATH, CRLF)
    lfs_repo.write(PATH, b"what somebody is working on")
    lfs_repo.paste_all(*SELECT)
    assert (lfs_repo.path / PATH).read_bytes() == b"what somebody is working on"
