"""The data about error texts: whole, and right about what it names."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from pmgit import rules
from pmgit.cli import COMMANDS
from pmgit.report.shell import Shell
from pmgit.symptoms import answer, data, match

ALL = {symptom.name: symptom for symptom in data.load()}
#: Subcommands that are not in every list of `git help -a`.
PROGRAMS = {"git", "{pmgit}", "pmgit", "head", "grep"}


def test_every_file_is_read() -> None:
    folder = Path(data.__file__).parent
    assert {file.stem for file in folder.glob("*.toml")} == {*data.FILES, "plans"}


@pytest.mark.parametrize("name", ALL)
def test_every_symptom_is_whole(name: str) -> None:
    symptom = ALL[name]
    assert re.fullmatch(r"[a-z-]+", name)
    assert not symptom.title.endswith(".")
    assert symptom.cause.endswith(".")
    assert symptom.source.startswith("https://")
    assert set(symptom.rules) <= set(rules.RULES)
    assert symptom.find or symptom.fix
    for template in (symptom.find, *(way.run for way in symptom.fix)):
        words = set(re.findall(r"(?<!@)\{(\w+)\}", template))
        assert words <= {
            "files", "paths", "patterns", "include", "oids", "remote", "range", "pmgit",
        }  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_each_of_its_texts_is_recognised_alone(name: str) -> None:
    for text in ALL[name].texts:
        for given in (
            text,
            f"remote: error: {text}        \n",
            text.upper(),
            f"\x1b[31m{text}\x1b[m",
        ):
            assert name in [hit.symptom.name for hit in match.find(given)], given


def test_every_command_exists() -> None:
    """The first words of every command of every way out."""
    known = subprocess.run(
        ["git", "--list-cmds=main,others"], capture_output=True, check=True, text=True
    ).stdout.split()
    place = answer.Place(Shell())
    for symptom in ALL.values():
        (hit,) = [h for h in match.find(symptom.texts[0]) if h.symptom is not None][:1]
        lines = [line for _, line in answer.ways(symptom, hit, place)]
        lines.append(answer.command(symptom.find or "pmgit doctor", hit, place))
        for line in lines:
            for part in re.split(r" && | \| ", line):
                words = shlex.split(part)
                assert words[0] in PROGRAMS, line
                if words[0] == "pmgit":
                    assert words[1] in COMMANDS, line
                elif words[0] == "git":
                    rest = [w for w in words[1:] if "=" not in w and w != "-c"]
                    assert rest[0] in known, line
                # What would throw something away, or hide that it did.
                assert not {"--yes", "--hard", "--no-verify"} & set(words), line
                assert not (words[1:2] == ["push"] and {"-f", "--force"} & set(words)), line


#: What hosts and tools have really printed: the symptom, and what is named in it.
REAL = {
    "github-large-file": (
        ("remote: error: Trace: 21ff46e210b3\n"
        "remote: error: See https://gh.io/lfs for more information.\n"
        "remote: error: File public/videos/Deniel 9c8433.mp4 is 206.69 MB; this exceeds GitHub's"
        " file size limit of 100.00 MB\n"
        "remote: error: File     iOS/Frameworks/SDK is 201.35  MB; this exceeds GitHub's file size"
        " limit of 100.00 MB\n"
        "remote: error: GH001: Large files detected. You may want to try Git Large File Storage -"
        " https://git-lfs.github.com.\nTo github.com:x/y.git\n"
        " ! [remote rejected] Dilip -> Dilip (pre-receive hook declined)\n"),
        ["public/videos/Deniel 9c8433.mp4", "iOS/Frameworks/SDK"],
    ),
    "github-large-file-warning": (
        ("remote: warning: File a.psd is 60.26 MB; this is larger than GitHub's recommended maximum"
        " file size of 50.00 MB\n"),
        ["a.psd"],
    ),
    "github-large-object": (
        (f"[{'e7' * 32}] Size must be less than or equal to 2147483648: [422] Size must be less"
        " than or equal to 2147483648\nerror: failed to push some refs to 'https://x/y.git'\n"),
        ["e7" * 32],
    ),
    "lfs-quota": (
        ("batch response: This repository is over its data quota. Account responsible for LFS"
        " bandwidth should purchase more data packs to restore access.\n"),
        [],
    ),
    "hub-large-file": (
        ("remote: -----------------------------------------------------------\n"
        "remote: Your push was rejected because it contains files larger than 10M.        \n"
        "remote: Please use https://git-lfs.github.com/ to store larger files.\nremote: \n"
        "remote: Offending files:        \nremote:  - model (1).pkl (ref: refs/heads/main)   \n"
        "To https://huggingface.co/spaces/a/b\n"
        " ! [remote rejected] main -> main (pre-receive hook declined)\n"),
        ["model (1).pkl"],
    ),
    "hub-binary-file": (
        ("remote: Your push was rejected because it contains binary files.\n"
        "remote: Please use https://huggingface.co/docs/hub/xet to store binary files.\n"
        "remote: Offending files:\nremote:   - static/demo.mp4 (ref: refs/heads/main)\n"),
        ["static/demo.mp4"],
    ),
    "hub-absent-object": (
        ("remote: Your push was rejected because an LFS pointer pointed to a file that does not"
        " exist.\nremote: For instance, this can happen if you used git push --no-verify to push"
        " your changes.\nremote: Offending file: \nremote: - text_encoder/model.safetensors\n"),
        ["text_encoder/model.safetensors"],
    ),
    "gitlab-large-file": (
        ('remote: GitLab: File "a b.bin" is larger than the allowed size of 5 MB. Use Git LFS to'
        " manage this file.\n"),
        ["a b.bin"],
    ),
    "gitlab-free-limit": (
        ("remote: GitLab: You are attempting to check in one or more files which exceed the 100MiB"
        f" limit:\nremote: \nremote: - {'25' * 20} (123 MiB)\n"),
        ["25" * 20],
    ),
    "gitlab-absent-objects": (
        ('remote: GitLab: LFS objects are missing. Ensure LFS is properly set up or try a manual'
        ' "git lfs push --all".\n'),
        [],
    ),
    "smudge-failed": (
        ("Error downloading object: IMG/out/a b.tar.gz (66dabdd): Smudge error: Error downloading\n"
        "fatal: IMG/out/a b.tar.gz: smudge filter lfs failed\n"),
        ["IMG/out/a b.tar.gz"],
    ),
    "pointer-unpickled": (
        ("OSError: Unable to load weights from pytorch checkpoint file for '/m/bert' at"
        " '/m/bert/pytorch_model.bin' at '/m/bert/pytorch_model.bin'.\n"
        "_pickle.UnpicklingError: invalid load key, 'v'.\n"),
        ["/m/bert/pytorch_model.bin"],
    ),
    "page-unpickled": ("_pickle.UnpicklingError: invalid load key, '<'.\n", []),
    "dvc-tracked": (
        ("ERROR:  output 'pretrained_model/a.pt' is already tracked by SCM (e.g. Git).\n"
        "    You can remove it from Git, then add to DVC.\n"),
        ["pretrained_model/a.pt"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_what_was_really_printed(name: str) -> None:
    text, named = REAL[name]
    (hit,) = match.find(text)
    assert hit.symptom.name == name
    assert [*(file for file, _ in hit.files), *hit.paths, *hit.oids] == named


@pytest.mark.parametrize(
    "text",
    ["safetensors_rust.SafetensorError: Error while deserializing header: HeaderTooLarge",
     "Error while deserializing header: header too large",
     "You seem to have cloned a repository without having git-lfs installed. Please",
     "at position 0, opcode b'v' unknown"],
)  # fmt: skip
def test_a_pointer_that_was_loaded(text: str) -> None:
    assert [hit.symptom.name for hit in match.find(text)] == ["pointer-unpickled"]


def test_a_terminal_wraps_lines() -> None:
    text = REAL["hub-binary-file"][0].replace("because it contains", "because\nit contains")
    assert [hit.symptom.name for hit in match.find(text)] == ["hub-binary-file"]


def test_a_huge_text_takes_no_time_worth_telling() -> None:
    """Every line is cut, so no expression can go round for long."""
    evil = "File " * 400_000 + " is 1 MB" + "(missing) " * 200_000 + "\n" + "- a" * 300_000
    text = evil + "\nGH001\n" + "\t" * 500_000 + "\n"
    assert [hit.symptom.name for hit in match.find(text)] == ["github-large-file"]
    far = "x" * 3000 + 'File "a.bin" is larger than the allowed size of 5 MB'
    assert match.find(far) == []
    many = "".join(
        f"remote: error: File {n} is 200 MB; this exceeds GitHub's x\n" for n in range(9999)
    )
    (hit,) = match.find(many + "GH001")
    assert len(hit.files) == 200


@pytest.mark.parametrize(
    ("name", "include"),
    [("a b.bin", "'/a b.bin'"), ("modèle.bin", "'/modèle.bin'"), ("-rf", "/-rf"),
     ("a,b.bin", None), ("[x].bin", None), ("a*.bin", None), ("b\\s.bin", None), ("t\tb", None)],
)  # fmt: skip
def test_names_that_git_lfs_cannot_be_told(name: str, include: str | None) -> None:
    """git-lfs splits --include at commas, and writes `\\` into .gitattributes as `/`."""
    hit = match.Match(ALL["github-large-file"], ((name, ""),), (), ())
    lines = [line for _, line in answer.ways(hit.symptom, hit, answer.Place(Shell()))]
    found = [line for line in lines if "migrate" in line]
    assert bool(found) is (include is not None)
    if include:
        assert f"--include={include}" in found[0]
    assert len(lines) == 3 + len(found)
