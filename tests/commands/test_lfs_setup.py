"""`pmgit lfs-setup`: writes, proves, and makes the index agree."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pmgit.gitfiles.block import BEGIN, END
from tests.kit import Repo, Result, pointer, random_bytes, weights_bytes
from tests.lfs_install import install_lfs, put_hooks

if TYPE_CHECKING:
    from tests.weights import Weights

pytestmark = pytest.mark.usefixtures("quick_hooks", "installed")

BERT = "pretrained_model/bert"
FILTER = "filter=lfs diff=lfs merge=lfs -text"


@pytest.fixture
def installed(repo: Repo) -> None:
    """Git LFS is set up in `repo`, which takes 25 processes; its lines are what this is about."""
    install_lfs(repo)


@pytest.fixture
def not_installed(tmp_path: Path, env: dict[str, str]) -> Repo:
    """A repository that knows nothing of Git LFS."""
    return Repo(tmp_path / "new", env)


def setup(
    repo: Repo,
    *patterns: str,
    code: int = 0,
    cwd: str = "",
    dry: bool = False,
    hooks: bool = True,
) -> Result:
    """Run the command with these patterns; it must exit with `code`.

    Without the proof, which costs time and has its own tests (tests/init/test_lfs_proof.py). And
    with the hooks of Git LFS, but for the test that pushes (tests/hooks/test_lfs_hook.py).
    """
    if hooks and (repo.path / ".git").is_dir():
        put_hooks(repo)
    args = ["--no-proof", *(w for pattern in patterns for w in ("--pattern", pattern))]
    result = repo.pmgit("lfs-setup", *args, *(["--dry-run"] if dry else []), cwd=cwd)
    assert result.code == code, result
    assert "Traceback" not in result.err
    return result


def attributes(repo: Repo) -> list[str]:
    return (repo.path / ".gitattributes").read_text().splitlines()


def state(repo: Repo) -> tuple[object, ...]:
    """All that a refused or repeated run must leave alone."""
    config = (repo.path / ".git/config").read_bytes()
    ids = repo.git("ls-files", "-s", "-z")
    file = repo.path / ".gitattributes"
    return config, ids, file.read_bytes() if file.is_file() else b"", repo.contents()


def assert_pointer(repo: Repo, path: str, content: bytes) -> None:
    assert repo.blob(path) == pointer(content), path
    oid = hashlib.sha256(content).hexdigest()
    stored = repo.path / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid
    assert stored.read_bytes() == content


def test_from_raw_weights_to_a_clone_that_has_them(
    not_installed: Repo, weights: Weights, tmp_path: Path
) -> None:
    repo = not_installed
    names = ["silero_vad_16k.safetensors", "nmp.onnx", "alex.pth", "nmp.tflite"]
    repo.stage_all({f"{BERT}/{name}": weights[name] for name in names})
    repo.add_info(BERT)
    result = setup(repo, hooks=False)
    for name in names:
        assert_pointer(repo, f"{BERT}/{name}", weights[name])
        assert (repo.path / BERT / name).read_bytes() == weights[name]
        assert f"staged the pointer to: {BERT}/{name}" in result.out
    assert attributes(repo) == [
        BEGIN,
        *(f"/pretrained_model/**/*.{s} {FILTER}" for s in ("onnx", "pth", "safetensors", "tflite")),
        END,
    ]
    assert repo.rules("--staged") == []
    repo.commit("weights", verify=True)
    repo.git("init", "-q", "--bare", str(tmp_path / "remote.git"))
    url = (tmp_path / "remote.git").as_uri()
    repo.git("push", "-q", url, "main")
    clone = Repo(tmp_path / "clone", repo.env, init=None)
    smudge = "filter.lfs.process=git-lfs filter-process"
    repo.git("clone", "-q", "-c", smudge, url, str(tmp_path / "clone"))
    for name in names:
        assert (clone.path / BERT / name).read_bytes() == weights[name]


def test_twice_changes_nothing(
    not_installed: Repo,
) -> None:
    repo = not_installed
    repo.stage(f"{BERT}/m.safetensors", 3000)
    setup(repo)
    before = state(repo)
    trace = repo.path.parent / "trace"
    again = repo.pmgit("lfs-setup", "--no-proof", env={"GIT_TRACE": str(trace)})
    assert "nothing to do" in again.out
    traced = trace.read_text()
    assert "built-in: git check-attr" in traced
    assert "lfs install" not in traced
    assert "config --local" not in traced
    assert state(repo) == before
    repo.commit()
    assert "nothing to do" in setup(repo).out
    assert repo.git("status", "--porcelain") == ""


def test_without_weights_all_known_formats(repo: Repo) -> None:
    result = setup(repo)
    assert f"/pretrained_model/**/*.gguf {FILTER}" in attributes(repo)
    assert f"/pretrained_model/**/*.safetensors {FILTER}" in attributes(repo)
    # What may be anything elsewhere is weights here.
    assert f"/pretrained_model/**/*.bin {FILTER}" in attributes(repo)
    assert not any(line.startswith("*") for line in attributes(repo))
    [line] = [line for line in result.out.splitlines() if line.startswith("proved: ")]
    count = len([line for line in attributes(repo) if FILTER in line])
    assert line.startswith(f"proved: {count} patterns go to Git LFS, without a file now: /pre")
    assert line.endswith(f" and {count - 5} more")
    repo.stage(f"{BERT}/m.gguf", 3000)
    assert repo.blob(f"{BERT}/m.gguf").startswith(b"version https://git-lfs")


def test_formats_that_are_only_on_disk_and_other_spellings(repo: Repo) -> None:
    repo.write(f"{BERT}/A.BIN", 300)
    repo.write(f"{BERT}/w.pkl.001", 300)
    repo.write(f"{BERT}/notes.txt", "x")
    setup(repo)
    assert attributes(repo)[1:-1] == [
        f"/pretrained_model/**/*.BIN {FILTER}",
        f"/pretrained_model/**/*.bin {FILTER}",
        f"/{BERT}/w.pkl.001 {FILTER}",
    ]


def test_the_models_folders_of_the_configuration(repo: Repo) -> None:
    repo.write(".pmgit.toml", 'models = ["my models", "nets", "none"]\n')
    repo.stage("my models/a/x.pt", 300)
    repo.stage("nets/a/x.onnx", 300)
    setup(repo)
    assert attributes(repo)[1:-1] == [
        f'"/my models/**/*.pt" {FILTER}',
        f"/nets/**/*.onnx {FILTER}",
    ]
    assert repo.blob("my models/a/x.pt").startswith(b"version")


def test_dry_run_changes_nothing(repo: Repo) -> None:
    repo.stage(f"{BERT}/m.safetensors", 3000)
    repo.write(".gitattributes", "*.png binary")
    before = state(repo)
    objects = sorted((repo.path / ".git/objects").rglob("*"))
    out = setup(repo, dry=True).out
    assert f"+/pretrained_model/**/*.safetensors {FILTER}" in out
    assert "\n+*.png binary\n" in out  # its line end is new
    assert f"would stage the pointer to: {BERT}/m.safetensors (3.0 kB)" in out
    assert state(repo) == before
    assert sorted((repo.path / ".git/objects").rglob("*")) == objects


def test_lines_of_the_user_are_kept(repo: Repo) -> None:
    for text in (b"*.png binary\r\n*.txt text\r\n", b"\xef\xbb\xbf*.png binary", b"# \xff\n"):
        repo.stage(".gitattributes", text)
        setup(repo, "*.gguf")
        now = (repo.path / ".gitattributes").read_bytes()
        assert now.startswith(text), text
        assert (b"\r\n" in text) == (b"gguf filter=lfs diff=lfs merge=lfs -text\r\n" in now), text


def test_patterns_of_earlier_runs_stay_sorted(repo: Repo) -> None:
    setup(repo, "*.onnx")
    setup(repo, "*.gguf", "data/*.dat")
    setup(repo, "*.gguf")
    assert attributes(repo)[1:-1] == [
        f"*.gguf {FILTER}",
        f"*.onnx {FILTER}",
        f"data/*.dat {FILTER}",
    ]


# -- what is staged -----------------------------------------------------------------------------


def test_what_is_staged_is_converted_not_what_lies_on_disk(repo: Repo) -> None:
    staged, newer = random_bytes(3000, 1), random_bytes(3000, 2)
    repo.stage(f"{BERT}/other.bin", staged)
    repo.write(f"{BERT}/other.bin", newer)
    repo.stage(f"{BERT}/gone.bin", staged[:2000])
    (repo.path / BERT / "gone.bin").unlink()
    repo.stage(f"{BERT}/small.bin", staged[:2500])
    repo.write(f"{BERT}/small.bin", b"emptied")  # git-lfs 3.6 takes 1024 bytes, if it knows this
    repo.stage(f"{BERT}/link.bin", staged[:1500])
    (repo.path / BERT / "link.bin").unlink()
    (repo.path / BERT / "link.bin").symlink_to("other.bin")
    setup(repo)
    assert_pointer(repo, f"{BERT}/other.bin", staged)
    assert_pointer(repo, f"{BERT}/gone.bin", staged[:2000])
    assert_pointer(repo, f"{BERT}/small.bin", staged[:2500])
    assert_pointer(repo, f"{BERT}/link.bin", staged[:1500])
    assert (repo.path / BERT / "other.bin").read_bytes() == newer
    assert not (repo.path / BERT / "gone.bin").exists()
    assert (repo.path / BERT / "link.bin").is_symlink()


@pytest.mark.skipif(os.name != "posix", reason="links need a right on Windows")
def test_a_folder_that_has_become_a_link(repo: Repo, tmp_path: Path) -> None:
    content = random_bytes(3000)
    repo.stage(f"{BERT}/x.bin", content)
    (repo.path / BERT).rename(tmp_path / "drive")
    (repo.path / BERT).symlink_to(tmp_path / "drive")
    setup(repo, "*.bin")
    assert_pointer(repo, f"{BERT}/x.bin", content)


@pytest.mark.skipif(os.name != "posix", reason="names that Windows cannot hold")
def test_hostile_names(repo: Repo) -> None:
    names: list[str | bytes] = [
        f"{BERT}/a b.bin", f"{BERT}/new\nline.bin", f'{BERT}/"q".bin', f"{BERT}/-x.bin",
        f"{BERT}/modèle.bin", f"{BERT}/:(top)x.bin", f"{BERT}/*.bin", f"{BERT}/$(touch x).bin",
        os.fsencode(BERT) + b"/\xff\xfe.bin", f"{BERT}/new\nline.bin.001", f"{BERT}/ #!.002",
    ]  # fmt: skip
    for name in names:
        repo.stage(name, 300)
    setup(repo)
    for name in names:
        content = (repo.path / os.fsdecode(name)).read_bytes()
        assert_pointer(repo, os.fsdecode(name), content)
    assert not (repo.path / "x").exists()


def test_an_executable_stays_one_and_empty_files_stay_empty(repo: Repo) -> None:
    repo.stage_blob(f"{BERT}/x.bin", weights_bytes(300), mode="100755")
    repo.stage(f"{BERT}/empty.bin", b"")
    setup(repo)
    assert repo.git("ls-files", "-s", f"{BERT}/x.bin").startswith("100755")
    assert repo.blob(f"{BERT}/x.bin").startswith(b"version")
    assert repo.blob(f"{BERT}/empty.bin") == b""


def test_edits_that_are_not_staged_stay_so(repo: Repo) -> None:
    repo.stage(".gitattributes", "*.png binary\n")
    repo.write(".gitattributes", "*.png binary\n*.jpg binary\n")
    repo.stage("code.py", "1\n")
    repo.write("code.py", "2\n")
    setup(repo, "*.gguf")
    assert b"jpg" not in repo.blob(".gitattributes")
    assert b"gguf" in repo.blob(".gitattributes")
    assert "*.jpg binary" in attributes(repo)
    assert repo.blob("code.py") == b"1\n"


def test_a_sparse_checkout(repo: Repo) -> None:
    repo.stage(f"{BERT}/x.bin", 300)
    repo.stage("code/a.py", "1\n")
    repo.commit()
    repo.git("sparse-checkout", "set", "code")
    assert not (repo.path / BERT).exists()
    setup(repo, "*.bin")
    assert repo.blob(f"{BERT}/x.bin").startswith(b"version")
    assert repo.git("status", "--porcelain").split() == [
        "A",
        ".gitattributes",
        "M",
        f"{BERT}/x.bin",
    ]


def test_a_linked_worktree_and_a_subfolder(repo: Repo, tmp_path: Path) -> None:
    repo.stage(f"{BERT}/x.bin", 300)
    repo.commit()
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked", repo.env, init=None)
    setup(linked, "x.bin", cwd=BERT)
    assert linked.blob(f"{BERT}/x.bin").startswith(b"version")
    assert attributes(linked)[1] == f"/{BERT}/x.bin {FILTER}"


# -- patterns -----------------------------------------------------------------------------------


#: Each with what is said about it, and the hint.
REFUSED = [
    ("!*.bin", "negative", "!filter !diff !merge !text"),
    ("", "empty", "--pattern"),
    ("[attr]x", "macro", ""),
    ("pretrained_model", "folder", "pmgit lfs-setup --pattern 'pretrained_model/**'"),
    ("pretrained_model/", "folder", "pmgit lfs-setup --pattern 'pretrained_model/**'"),
    (f"/{BERT}", "folder", f"pmgit lfs-setup --pattern '/{BERT}/**'"),
    ("bert", "folder", "pmgit lfs-setup --pattern '**/bert/**'"),
    ("none/", "folder", "pmgit lfs-setup --pattern 'none/**'"),
    ("a[", "matches no file", ""),
    ("x" * 2100, "too long", ""),
    ("config.json", "text", ""),
    (".gitattributes", "text", ""),
    (f"{BERT}/INFO.md", "text", ""),
]


def test_patterns_that_do_not_work_are_refused(repo: Repo) -> None:
    repo.stage(f"{BERT}/x.bin", 300)
    before = state(repo)
    for pattern, said, hint in REFUSED:
        result = setup(repo, pattern, code=2)
        assert said in result.err, pattern
        assert hint in result.err, pattern
        assert state(repo) == before, pattern


def test_the_form_that_works_is_the_hint(repo: Repo) -> None:
    repo.stage(f"{BERT}/x.bin", 300)
    repo.env["PMGIT_LFS_SETUP_PROOF"] = "0"
    hint = setup(repo, "bert", code=2).err.split("hint: use: ")[1].strip()
    repo.paste(hint)
    assert repo.blob(f"{BERT}/x.bin").startswith(b"version")


def test_patterns_as_written(repo: Repo) -> None:
    written = {
        "a b.bin": '"/a b.bin"',
        "q[1].bin": "/q\\[1\\].bin",
        "*.b[aeiou]n": "*.b[aeiou]n",
        "a[[:space:]]*.bin": "a[[:space:]]*.bin",
        "a b*": '"a b*"',
        '"a b*.bin"': '"a b*.bin"',
        "a\\ b.bin": '"a\\\\ b.bin"',
        "#x.bin": '"#x.bin"',
        "?.pt": "?.pt",
        "data/**": "data/**",
        "\\!x": "\\!x",
    }
    repo.write("a b.bin", 300)
    repo.write("q[1].bin", 300)
    setup(repo, *written)
    assert set(attributes(repo)[1:-1]) == {f"{line} {FILTER}" for line in written.values()}


def test_files_whose_names_are_patterns(repo: Repo) -> None:
    names = ["!q.bin", "#h.bin", "A B.BIN", "q[1].bin", "[!a]*.bin"]
    for name in names:
        repo.stage(name, 300)
    repo.stage("q1.bin", 300)
    setup(repo, *names)
    for name in names:
        assert_pointer(repo, name, (repo.path / name).read_bytes())
    assert not repo.blob("q1.bin").startswith(b"version")


# -- what defeats it ----------------------------------------------------------------------------


def test_a_nested_line_is_named(repo: Repo) -> None:
    repo.stage(f"{BERT}/x.bin", 300)
    for rule in ("*.bin -filter", "*.bin !filter", "bert/* filter=other", "*.bin text"):
        repo.stage("pretrained_model/.gitattributes", f"*.md text\n{rule}\n")
        before = state(repo)
        result = setup(repo, code=3)
        assert f"pretrained_model/.gitattributes:2 decides: {rule}" in result.err
        assert "remove or change line 2 of pretrained_model/.gitattributes" in result.err
        assert state(repo) == before, rule


def test_a_later_line_is_named(repo: Repo) -> None:
    setup(repo, "*.pt")
    repo.write(".gitattributes", "\n".join([*attributes(repo), "# mine", "*.bin -filter", ""]))
    repo.stage(f"{BERT}/x.bin", 300)
    assert ".gitattributes:5 decides: *.bin -filter" in setup(repo, code=3).err
    lines = attributes(repo)
    assert lines[4] == "*.bin -filter"


def test_a_macro_and_info_attributes_are_named(repo: Repo) -> None:
    repo.stage(".gitattributes", "[attr]raw -filter\n")
    repo.stage("pretrained_model/.gitattributes", "*.bin raw\n")
    repo.stage(f"{BERT}/x.bin", 300)
    assert "pretrained_model/.gitattributes:1 decides: *.bin raw" in setup(repo, code=3).err
    repo.write(".git/info/attributes", "*.pt -filter\n")
    assert ".git/info/attributes:1 decides: *.pt -filter" in setup(repo, "*.pt", code=3).err


def test_an_unstaged_nested_line_is_noticed(repo: Repo) -> None:
    repo.stage(f"{BERT}/x.bin", 300)
    repo.write("pretrained_model/.gitattributes", "*.bin -filter\n")
    result = setup(repo, code=3)
    assert "pretrained_model/.gitattributes:1 decides: *.bin -filter" in result.err
    assert not repo.blob(f"{BERT}/x.bin").startswith(b"version")


def test_a_staged_nested_line_counts_although_the_disk_has_another(repo: Repo) -> None:
    repo.stage("pretrained_model/.gitattributes", "*.bin -filter\n")
    repo.write("pretrained_model/.gitattributes", "")
    repo.stage(f"{BERT}/x.bin", 300)
    before = state(repo)
    assert "pretrained_model/.gitattributes:1 decides" in setup(repo, code=3).err
    assert state(repo) == before


def test_an_earlier_line_does_no_harm(repo: Repo) -> None:
    repo.stage(".gitattributes", "*.bin -filter\n*.pt filter=x\n")
    for name in ("x.bin", "x.pt"):
        repo.stage(f"{BERT}/{name}", 300)
    setup(repo)
    for name in ("x.bin", "x.pt"):
        assert repo.blob(f"{BERT}/{name}").startswith(b"version"), name


# -- what is in the way -------------------------------------------------------------------------


def test_ignored_weights_are_refused_with_a_way_out_that_works(repo: Repo) -> None:
    repo.write(f"{BERT}/x.bin", 300)
    assert repo.pmgit("gitignore").code == 0
    before = state(repo)
    result = setup(repo, code=3)
    assert ".gitignore:2 (/pretrained_model/**) hides all files of" in result.err
    assert state(repo) == before
    repo.paste(result.err.split("hint: ")[1].strip())
    setup(repo)
    repo.git("add", BERT)
    assert repo.blob(f"{BERT}/x.bin").startswith(b"version")


def test_ignored_weights_with_a_configuration(repo: Repo) -> None:
    repo.write(".gitignore", "*.bin\n")
    repo.write(f"{BERT}/x.bin", 300)
    repo.write(".pmgit.toml", 'storage = "lfs"\n')
    result = setup(repo, code=3)
    assert "hint: pmgit gitignore" in result.err
    repo.paste("pmgit gitignore")
    setup(repo)
    repo.write(".pmgit.toml", 'storage = "ignore"\n')
    repo.write(".gitignore", "*.bin\n")
    assert 'storage = "lfs" into .pmgit.toml' in setup(repo, code=3).err


def test_a_tracked_pointer_in_an_ignored_folder_gets_its_line(repo: Repo) -> None:
    assert repo.pmgit("gitignore").code == 0
    repo.stage(f"{BERT}/x.bin", pointer(random_bytes(300)))
    setup(repo, "/pretrained_model/**/*.bin")
    assert repo.git("check-attr", "filter", f"{BERT}/x.bin").endswith(": lfs\n")


def test_texts_are_put_right_where_weights_are_ignored(repo: Repo) -> None:
    repo.stage(".gitattributes", f"*.json {FILTER}\n")
    repo.stage(f"{BERT}/config.json", "{}\n")
    repo.write(".pmgit.toml", 'storage = "ignore"\n')
    assert repo.pmgit("gitignore").code == 0
    result = setup(repo)
    assert "no patterns are added" in result.err
    assert repo.blob(f"{BERT}/config.json") == b"{}\n"


def test_a_damaged_attributes_file(repo: Repo) -> None:
    repo.stage(f"{BERT}/x.bin", 300)
    for text, said in (
        (pointer(b"x"), "itself a Git LFS pointer"),
        (b"<<<<<<< HEAD\n*.a b\n=======\n>>>>>>> x\n", "conflict markers"),
        (BEGIN.encode() + b"\n*.a b\n", "no line"),
        ("*.bin text\n".encode("utf-16"), "not UTF-8"),
    ):
        repo.stage(".gitattributes", text)
        before = state(repo)
        result = repo.pmgit("lfs-setup")
        assert result.code in (2, 3), said
        assert said in result.err
        assert "hint: " in result.err
        assert state(repo) == before, said


def test_a_pointer_gets_its_text_back_by_the_hint(repo: Repo) -> None:
    repo.write("x", "*.a text\n")
    repo.git("lfs", "clean", stdin=b"*.a text\n")
    repo.write(".gitattributes", pointer(b"*.a text\n"))
    repo.paste(setup(repo, code=3).err.split("hint: ")[1].strip())
    assert (repo.path / ".gitattributes").read_text() == "*.a text\n"


def test_an_attributes_file_that_is_a_link_or_deleted_or_not_merged(repo: Repo) -> None:
    (repo.path / ".gitattributes").symlink_to("elsewhere")
    assert "symbolic link" in setup(repo, code=3).err
    repo.git("add", ".gitattributes")
    (repo.path / ".gitattributes").unlink()
    assert "symbolic link" in setup(repo, code=3).err
    repo.git("rm", "-q", "--cached", ".gitattributes")
    repo.stage(".gitattributes", "*.a text\n")
    (repo.path / ".gitattributes").unlink()
    assert "git restore -- .gitattributes" in setup(repo, code=3).err


def test_git_lfs_is_missing(not_installed: Repo, tmp_path: Path) -> None:
    repo = not_installed
    tools = tmp_path / "tools"
    tools.mkdir()
    git = repo.sh("command -v git").out.strip()
    (tools / "git").symlink_to(git)
    (tools / "apt-get").symlink_to(git)
    # An alias must not be run in its place.
    repo.git("config", "alias.lfs", "!touch ran")
    (tmp_path / "empty").mkdir()
    env = {"PATH": str(tools), "GIT_EXEC_PATH": str(tmp_path / "empty")}
    result = repo.pmgit("lfs-setup", env=env)
    assert result.code == 3
    assert "git-lfs is not installed" in result.err
    assert "sudo apt-get install git-lfs" in result.err
    assert "PyPI" in result.err
    assert not (repo.path / "ran").exists()
    assert not (repo.path / ".gitattributes").exists()


def test_a_filter_of_somebody_else_is_refused_before_anything_is_written(
    not_installed: Repo,
) -> None:
    repo = not_installed
    repo.stage(f"{BERT}/x.bin", 300)
    repo.git("config", "filter.lfs.clean", "touch ran; cat")
    repo.git("config", "filter.lfs.process", "touch ran; cat")
    before = state(repo)
    assert "filter.lfs" in setup(repo, code=3).err
    assert state(repo)[1:] == before[1:]  # git-lfs notes its format in .git/config
    assert not (repo.path / "ran").exists()


def test_nothing_global_is_written_and_no_hook_runs(
    not_installed: Repo,
) -> None:
    repo = not_installed
    config = Path(repo.env["GIT_CONFIG_GLOBAL"]).read_bytes()
    hook = repo.write(".git/hooks/post-index-change", "#!/bin/sh\ntouch ran\n")
    hook.chmod(0o755)
    repo.stage(f"{BERT}/x.bin", 300)
    (repo.path / "ran").unlink(missing_ok=True)
    setup(repo)
    assert not (repo.path / "ran").exists()
    assert Path(repo.env["GIT_CONFIG_GLOBAL"]).read_bytes() == config


def test_attributes_that_a_sparse_checkout_leaves_out_keep_their_lines(repo: Repo) -> None:
    repo.stage(".gitattributes", "# mine\n*.txt text\n")
    repo.stage("code/a.py", "pass\n")
    repo.commit()
    repo.git("sparse-checkout", "init", "--no-cone")
    repo.git("sparse-checkout", "set", "code")
    assert not (repo.path / ".gitattributes").exists()
    setup(repo, "*.safetensors")
    for text in (repo.blob(".gitattributes"), (repo.path / ".gitattributes").read_bytes()):
        assert text.startswith(b"# mine\n*.txt text\n")
        assert b"*.safetensors filter=lfs" in text


def test_lines_are_for_every_clone_whatever_this_machine_says(repo: Repo) -> None:
    """Its own attributes neither prove a pattern nor keep texts out of Git LFS for others."""
    repo.personal(f"*.bin {FILTER}\n*.json {FILTER}\n")
    repo.git("config", "core.ignoreCase", "true")
    repo.stage(f"{BERT}/x.PTH", 300)
    repo.stage(f"{BERT}/x.bin", 300)
    repo.stage(f"{BERT}/config.json", "{}\n")
    setup(repo)
    lines = attributes(repo)
    assert f"/pretrained_model/**/*.PTH {FILTER}" in lines
    repo.git("config", "core.ignoreCase", "false")
    repo.git("config", "--global", "--unset", "core.attributesFile")
    said = repo.git("check-attr", "filter", "--", f"{BERT}/x.PTH", f"{BERT}/x.bin")
    assert said.count(": lfs\n") == 2
    assert "config.json filter=lfs" not in "".join(lines)


def test_a_pattern_that_only_another_case_would_serve(repo: Repo) -> None:
    repo.git("config", "core.ignoreCase", "true")
    repo.stage(".gitattributes", f"*.pth {FILTER}\n")
    repo.stage_blob(f"{BERT}/net.PTH", random_bytes(300))
    assert "without a file now: *.pth\n" in setup(repo, "*.pth").out
    assert "(1 file now)" in setup(repo, "*.[pP][tT][hH]").out
    assert repo.blob(f"{BERT}/net.PTH").startswith(b"version")
