"""`host-limit`: what the chosen host refuses, or advises against."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.kit import Repo, pointer, random_bytes, weights_bytes
from tests.test_house import SLOW, loaded

MIB = 2**20
ORIGIN = 'date = "2026-01-02"\nsource = "https://git.example.org/help"\n'
#: Figures that a test reaches without filling the disk.
SMALL = 'name = "Ours"\n' + "".join(
    f"[{kind}]\n{figures}\n{ORIGIN}"
    for kind, figures in (
        ("file-size", 'warn = "2 KiB"\nrefuse = "4 KiB"'),
        ("lfs-object-size", 'refuse = "1 MB"'),
        ("folder-entries", "warn = 3\nrefuse = 4"),
        ("repository-files", "warn = 6"),
        ("push-size", 'refuse = "9 kB"'),
    )
)


@pytest.fixture
def ours(repo: Repo, tmp_path: Path) -> Repo:
    """A repository beside a file with small limits."""
    (tmp_path / "ours.toml").write_text(SMALL)
    return repo


def findings(repo: Repo, *args: str, host: str = "../ours.toml") -> list[dict[str, Any]]:
    return repo.check("--select", "host-limit", "--host", host, *args)


def told(repo: Repo, *args: str, host: str = "../ours.toml") -> list[tuple[str, str, str]]:
    return [(f["path"], f["severity"], f["message"]) for f in findings(repo, *args, host=host)]


def stage_many(repo: Repo, *paths: str) -> None:
    for path in paths:
        repo.write(path, "x\n")
    repo.git("add", "--", *paths)


# -- files ----------------------------------------------------------------------------------------


def test_a_file_with_measure_limit_host_and_date(ours: Repo) -> None:
    ours.stage_all(
        {
            f"{name}.bin": size
            for name, size in (("a", 2048), ("b", 2049), ("c", 4096), ("d", 4097), ("e", 6000))
        }
    )
    assert [entry for entry in told(ours) if entry[0]] == [
        (
            "b.bin",
            "warning",
            "2049 bytes raw in Git; Ours advises at most 2 KiB (as of 2026-01-02)",
        ),
        (
            "c.bin",
            "warning",
            "4096 bytes raw in Git; Ours advises at most 2 KiB (as of 2026-01-02)",
        ),
        (
            "d.bin",
            "error",
            "4097 bytes raw in Git; Ours refuses more than 4 KiB (as of 2026-01-02)",
        ),
        ("e.bin", "error", "5.9 KiB raw in Git; Ours refuses more than 4 KiB (as of 2026-01-02)"),
    ]


def test_limits_of_github(repo: Repo) -> None:
    sizes = {"large.iso": 50 * MIB + 1, "refused.iso": 100 * MIB + 1}
    repo.stage_blobs({path: bytes(size) for path, size in sizes.items()})
    assert told(repo, host="github") == [
        ("large.iso", "warning",
         "52428801 bytes raw in Git; GitHub advises at most 50 MiB (as of 2026-11-23)"),
        ("refused.iso", "error",
         "104857601 bytes raw in Git; GitHub refuses more than 100 MiB (as of 2026-11-23)"),
    ]  # fmt: skip
    assert [f[0] for f in told(repo, host="gitlab")] == ["refused.iso"]


def test_hugging_face_wants_binary_files_in_git_lfs(repo: Repo) -> None:
    repo.stage_all(
        {
            "photo.png": 2000,
            "demo.mp4": 1_670_000,
            "vocab.txt": b"word\n" * 400_000,
            "large.txt": b"word\n" * 2_200_000,
        }
    )
    repo.stage_blob("model.safetensors", pointer(random_bytes(9000)))
    assert told(repo, host="huggingface") == [
        ("demo.mp4", "error", ("1.7 MB of binary data raw in Git; Hugging Face refuses more than"
         " 1 MB (as of 2026-11-23)")),
        ("large.txt", "error",
         "10.5 MiB raw in Git; Hugging Face refuses more than 10 MiB (as of 2026-11-23)"),
        ("photo.png", "warning", ("2.0 kB of binary data raw in Git; Hugging Face advises against"
         " it (as of 2026-11-23)")),
    ]  # fmt: skip


#: The sizes of objects of Git LFS, and what is said of each by the host.
OBJECTS = {
    "github": [(2**31, "", ""), (2**31 + 1, "error", "refuses more than 2 GiB")],
    "huggingface": [
        (2 * 10**11, "", ""),
        (2 * 10**11 + 1, "warning", "advises at most 200 GB"),
        (5 * 10**11 + 1, "error", "refuses more than 500 GB"),
    ],
    "gitlab": [(5 * 10**12, "", "")],
}


@pytest.mark.parametrize("host", OBJECTS)
def test_an_object_of_git_lfs(host: str, repo: Repo) -> None:
    expected = {}
    for at, (size, severity, limit) in enumerate(OBJECTS[host]):
        text = pointer(b"%d" % at).replace(b"size 1\n", f"size {size}\n".encode())
        repo.stage_blob(f"{at}.safetensors", text)
        if severity:
            expected[f"{at}.safetensors"] = (severity, limit)
    found = told(repo, host=host)
    assert {path: severity for path, severity, _ in found if path} == {
        path: severity for path, (severity, _) in expected.items()
    }
    name = "GitHub" if host == "github" else "Hugging Face"
    for path, _, message in found:
        if path:
            assert f"as one Git LFS object; {name}" in message
            limit = expected[path][1]
            assert f"{limit} (as of 2026-11-23); split it into shards, or keep" in message


def test_what_is_only_moved_is_there_already(ours: Repo) -> None:
    ours.stage("a.bin", 5000)
    ours.commit()
    ours.git("mv", "a.bin", "b.bin")
    assert told(ours) == []


def test_a_range_names_the_commit(ours: Repo) -> None:
    ours.commit("Begin", "--allow-empty")
    ours.stage("a.bin", 5000)
    sin = ours.commit("Add")
    ours.git("rm", "-q", "a.bin")
    ours.commit("Remove")
    (finding,) = findings(ours, "--range", "HEAD~2..HEAD")
    assert (finding["path"], finding["commit"]) == ("a.bin", sin)
    assert finding["fix"]["commands"][0][:2] == ["pmgit", "fix"]
    assert finding["message"].endswith(f"(in commit {sin[:12]})")


@pytest.mark.parametrize("name", ["modèle.bin", 'a "b".bin', "a\nb.bin", "-rf.bin", "\udcff.bin"])
def test_no_name_slips_through(name: str, ours: Repo) -> None:
    ours.stage(name, 5000)
    assert [f[0] for f in told(ours)] == [name]


def test_many_files_have_exact_sizes(ours: Repo) -> None:
    """From 2,000 files on, sizes come from the index where no limit is near."""
    for number in range(2001):
        ours.write(f"{number}.txt", f"{number}\n" * 400)
    ours.write("c.txt", "x" * 4097)
    ours.write("d.txt", "x\r\n" * 1500)  # 4,500 bytes on disk, 3,000 in Git
    ours.git("-c", "core.autocrlf=input", "-c", "core.safecrlf=false", "add", ".")
    paths = {f[0]: f[1] for f in told(ours) if f[0]}
    assert (paths["c.txt"], paths["d.txt"]) == ("error", "warning")
    assert {path for path, severity in paths.items() if severity == "error"} == {"c.txt"}


# -- the tree and the push ------------------------------------------------------------------------


def test_a_folder_that_gains_entries(ours: Repo) -> None:
    stage_many(ours, "d/1", "d/2", "d/3")
    assert told(ours) == []
    stage_many(ours, "d/sub/4")
    assert told(ours) == [
        ("d", "warning", "4 entries; Ours advises at most 3 (as of 2026-01-02)"),
    ]
    stage_many(ours, "d/5")
    assert told(ours)[0] == (
        "d", "error", "5 entries; Ours refuses more than 4 (as of 2026-01-02)"
    )  # fmt: skip
    ours.commit()
    # An old sin, until it grows: neither a change, nor a file deeper down, nor one elsewhere.
    ours.stage("d/1", "y\n")
    stage_many(ours, "d/sub/6")
    assert [path for path, *_ in told(ours)] == []
    assert [path for path, *_ in told(ours, "--all")] == ["d"]
    stage_many(ours, "d/7")
    assert [path for path, *_ in told(ours)] == ["", "d"]


def test_the_top_is_a_folder_too(ours: Repo) -> None:
    stage_many(ours, "1", "2", "3", "4/a", "5/b")
    assert told(ours) == [("", "error", "5 entries; Ours refuses more than 4 (as of 2026-01-02)")]


def test_the_files_of_the_whole_tree(ours: Repo) -> None:
    stage_many(ours, *(f"{number % 2}/{number}/x" for number in range(6)))
    assert told(ours) == []
    stage_many(ours, "2/x")
    assert told(ours) == [
        ("", "warning", "7 files in the repository; Ours advises at most 6 (as of 2026-01-02)")
    ]


@pytest.mark.parametrize("setting", ["core.splitIndex", "index.sparse"])
def test_an_index_that_is_in_two_parts(setting: str, ours: Repo) -> None:
    """The first bytes of such an index tell too few entries."""
    stage_many(ours, *(f"{number % 2}/{number}/x" for number in range(6)))
    ours.commit()
    if setting == "index.sparse":
        ours.git("sparse-checkout", "init", "--cone", "--sparse-index")
        ours.git("sparse-checkout", "set", "2")
    ours.git("config", setting, "true")
    for file in ours.path.glob("*/*/x"):
        os.utime(file, (0, 0))  # what is older than the index needs no entry in its second part
    ours.git("update-index", "--refresh")
    if "split" in setting:
        ours.git("update-index", "--split-index")
    stage_many(ours, "2/x")
    assert [message.split(";")[0] for _, _, message in told(ours)] == ["7 files in the repository"]


def test_a_push(ours: Repo) -> None:
    ours.stage_all(
        {f"d/{number % 2}/{number}.bin": weights_bytes(3000, seed=number) for number in range(4)}
    )
    (whole,) = [entry for entry in told(ours) if not entry[0]]
    assert whole[1] == "error"
    assert "kB of new blobs, compressed; Ours refuses more than 9 kB (as of 2026" in whole[2]
    # What counts is what goes over the wire.
    ours.stage_all({f"d/{number % 2}/{number}.bin": bytes([number]) * 4000 for number in range(4)})
    assert [entry for entry in told(ours) if not entry[0]] == []


# -- choosing a host ------------------------------------------------------------------------------


def test_silent_until_a_host_is_chosen(repo: Repo) -> None:
    repo.stage_blob("a.iso", pointer(b"").replace(b"size 0", b"size 600000000000"))
    assert repo.check("--select", "host-limit") == []
    repo.write(".pmgit.toml", '[rules.host-limit]\nhost = "github"\n')
    assert [f["path"] for f in repo.check("--select", "host-limit")] == ["a.iso"]
    # The command line counts instead.
    (finding,) = repo.check("--select", "host-limit", "--host", "huggingface")
    assert "Hugging Face" in finding["message"]
    # An empty name (a variable of CI that is not set) must not pass for "no host".
    assert repo.pmgit("check", "--host", "").code == 2


def test_a_file_of_the_repository(ours: Repo) -> None:
    ours.stage_all(
        {
            "a.bin": 5000,
            "conf/limits.toml": SMALL,
            ".pmgit.toml": '[rules.host-limit]\nhost = "./conf/limits.toml"\n',
        }
    )
    assert [f["path"] for f in ours.check("--select", "host-limit")] == ["a.bin"]
    assert ours.hook("pre-commit", "--select", "host-limit").code == 1
    assert ours.pmgit("check", "--select", "host-limit", cwd="conf").code == 1


@pytest.mark.parametrize(
    "host", ["/etc/passwd", "../ours.toml", "conf/../x.toml", "link.toml", "new.toml", "conf/"]
)
def test_a_configuration_opens_nothing_else(host: str, ours: Repo) -> None:
    """A repository that somebody clones must not make pmgit read files of the machine."""
    (ours.path / "link.toml").symlink_to("../ours.toml")
    ours.git("add", "link.toml")
    ours.stage("conf/limits.toml", SMALL)
    ours.write("new.toml", SMALL)
    ours.stage(".pmgit.toml", f'[rules.host-limit]\nhost = "{host}"\n')
    failed = ours.pmgit("check")
    assert (failed.code, failed.out) == (2, ""), failed
    assert failed.err == (
        f"pmgit: {host!r} in [rules.host-limit] is no file of this repository\n"
        "hint: name a file that is tracked or staged, by its path from the top\n"
    )


@pytest.mark.parametrize(
    ("host", "message", "hint"),
    [
        ("gihub", "unknown host 'gihub'", "did you mean 'github'?"),
        ("", "--host names no host", "known: github, gitlab, huggingface"),
        ("zzz", "unknown host 'zzz'", "known: github, gitlab, huggingface, or a file"),
        ("nowhere.toml", "no file 'nowhere.toml' that could be read", "known hosts: github"),
        ("/dev/zero", "no file '/dev/zero' that could be read", "known hosts: github"),
        ("./", "no file './' that could be read", "known hosts: github"),
        ("bad.toml", "bad.toml: unknown key 'nme'", "did you mean 'name'?"),
    ],
)
def test_a_host_that_is_none(host: str, message: str, hint: str, repo: Repo) -> None:
    repo.write("bad.toml", "nme = 1\n")
    failed = repo.pmgit("check", "--host", host)
    assert (failed.code, failed.out) == (2, ""), failed
    assert failed.err.startswith(f"pmgit: {message}\nhint: {hint}")


def test_a_host_that_no_selected_rule_judges(repo: Repo) -> None:
    failed = repo.pmgit("check", "--host", "github", "--select", "lfs")
    assert (failed.code, failed.out) == (2, "")
    assert failed.err == (
        "pmgit: --host is judged by host-limit, which is not selected\n"
        "hint: select it too: --select host-limit\n"
    )


def test_the_hook_pays_only_for_what_is_chosen(repo: Repo) -> None:
    code = "import sys; sys.argv = ['pmgit-hook', 'pre-commit']\n"
    code += "from pmgit.hook import main; sys.exit(main())"
    repo.stage("a.txt", "a\n")
    names = loaded(repo, code)
    assert [name for name in names if name.startswith(("pmgit.hosts", "pmgit.rules.host"))] == []
    repo.stage(".pmgit.toml", '[rules.host-limit]\nhost = "huggingface"\n')
    names = loaded(repo, code) - loaded(repo, "pass")
    assert "pmgit.hosts.limits" in names
    assert {name.split(".")[0] for name in names} & SLOW == set()


def test_a_push_is_judged_by_the_host_that_its_tip_names(repo: Repo) -> None:
    repo.add_remote()
    hook = repo.write(".git/hooks/pre-push", 'exec pmgit-hook pre-push "$@" --select host-limit\n')
    hook.write_text("#!/bin/sh\n" + hook.read_text())
    hook.chmod(0o755)
    repo.stage_all(
        {
            ".limits.toml": SMALL,
            ".pmgit.toml": '[rules.host-limit]\nhost = ".limits.toml"\n',
            "a.bin": 5000,
        }
    )
    repo.commit()
    repo.git("rm", "-q", "a.bin")
    repo.commit()
    refused = repo.run(["git", "push", "origin", "main"])
    assert refused.code != 0
    assert "a.bin: host-limit: 4.9 KiB raw in Git; Ours refuses more than 4 KiB" in refused.err + (
        refused.out
    )
    repo.git("rm", "-q", ".pmgit.toml")
    repo.commit()
    assert repo.run(["git", "push", "origin", "main"]).code == 0


def test_a_bare_repository(ours: Repo, tmp_path: Path) -> None:
    ours.stage("a.bin", 5000)
    stage_many(ours, "1", "2", "3", "4")
    ours.commit()
    ours.git("clone", "-q", "--bare", ".", str(tmp_path / "bare"))
    bare = Repo(tmp_path / "bare", ours.env, init=None)
    assert [(path, kind) for path, kind, _ in told(bare, "--all")] == [
        ("", "error"), ("a.bin", "error"),
    ]  # fmt: skip


def test_several_rules_about_one_file_print_one_fix(lfs_repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(SMALL)
    lfs_repo.add_info("pretrained_model/a")
    lfs_repo.stage_blob("pretrained_model/a/m.safetensors", weights_bytes(5000))
    shown = lfs_repo.pmgit("check", "--host", "../ours.toml")
    assert "host-limit missing-pointer" in shown.out
    (fix,) = shown.fixes
    lfs_repo.paste(fix)
    assert lfs_repo.check("--host", "../ours.toml") == []


# -- fixes ----------------------------------------------------------------------------------------


def test_the_fix_takes_a_large_file_out_and_agrees_with_other_rules(ours: Repo) -> None:
    repo, options = ours, ("--host", "../ours.toml", "-c", "oversized-blob.max-file-size=4 kB")
    repo.stage("large.iso", 5000)
    shown = repo.pmgit("check", *options)
    assert all(f"large.iso: {rule}: " in shown.out for rule in ("host-limit", "oversized-blob"))
    assert shown.fixes == ["git rm --cached -f -q -- large.iso"]
    repo.paste(shown.fixes[0])
    assert [f for f in repo.check(*options) if f["path"]] == []


def test_weights_go_where_they_belong(lfs_repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(SMALL)
    lfs_repo.add_info("pretrained_model/a")
    lfs_repo.stage("pretrained_model/a/model.gguf", 5000)
    lfs_repo.paste_all("--host", "../ours.toml")
    assert lfs_repo.blob("pretrained_model/a/model.gguf").startswith(b"version https://git-lfs")


@pytest.mark.parametrize("name", ["img/photo.png", "a b'c.png", "-rf"])
def test_the_fix_sends_a_binary_file_to_git_lfs(name: str, repo: Repo) -> None:
    content = random_bytes(2000)
    repo.stage(name, content)
    (fix,) = repo.pmgit("check", "--host", "huggingface").fixes
    assert fix.startswith("pmgit lfs-setup --pattern ")
    repo.paste(fix)
    assert findings(repo, host="huggingface") == []
    assert repo.blob(name) == pointer(content)
