"""The data about error texts: whole, and right about what it names."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from pmgit import rules
from pmgit.cli import COMMANDS
from pmgit.core.shell import Shell
from pmgit.symptoms import answer, data, match

ALL = {symptom.name: symptom for symptom in data.load()}
#: Subcommands that are not in every list of `git help -a`.
PROGRAMS = {
    "git", "{pmgit}", "pmgit", "head", "grep", "mv", "printf", "test", "xargs", "hf", "sudo",
}  # fmt: skip


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
            "install",
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
    place = answer.PastePlace(Shell())
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
    "weights-missing": (
        ("OSError: Error no file named pytorch_model.bin, model.safetensors, tf_model.h5,"
        " model.ckpt.index or flax_model.msgpack found in directory"
        " /app/models/PUNC-BERT/chinese-lert-base-tokenizer.\n"),
        ["/app/models/PUNC-BERT/chinese-lert-base-tokenizer"],
    ),
    "page-unpickled": ("_pickle.UnpicklingError: invalid load key, '<'.\n", []),
    "unreadable-weights": (
        ("onnxruntime.capi.onnxruntime_pybind11_state.InvalidProtobuf: [ONNXRuntimeError] : 7 :"
        " INVALID_PROTOBUF : Load model from /home/mojo/commavq/models/decoder.onnx failed:Protobuf"
        " parsing failed.\n"),
        ["/home/mojo/commavq/models/decoder.onnx"],
    ),
    "weights-cut-off": (
        "RuntimeError: unexpected EOF, expected 58629 more bytes. The file might be corrupted.\n",
        [],
    ),
    "hub-gated": (
        ("huggingface_hub.errors.GatedRepoError: 401 Client Error. (Request ID: Root=1-66f4)\n\n"
        "Cannot access gated repo for url https://huggingface.co/black-forest-labs/FLUX.1-dev/"
        "resolve/main/ae.safetensors.\nAccess to model black-forest-labs/FLUX.1-dev is restricted."
        " You must have access to it and be authenticated to access it. Please log in.\n"),
        [],
    ),
    "hub-not-found": (
        ("huggingface_hub.utils._errors.RepositoryNotFoundError: 401 Client Error. Repository Not"
        " Found for url: https://huggingface.co/api/models/org/private-model/revision/main. Please"
        " make sure you specified the correct `repo_id` and `repo_type`.\n"),
        [],
    ),
    "hub-incomplete": (
        ("OSError: Consistency check failed: file should be of size 492265168 but has size"
        " 447786685 (model.safetensors).\nWe are sorry for the inconvenience. Please retry download"
        " and pass `force_download=True, resume_download=False` as argument.\n"),
        [],
    ),
    "gitee-large-file": (
        ("remote: File src/assets/style/img/nox_setup_v6.3.0.6_full.exe is 348.04 MB; this exceeds"
        " file size limit of 100.0 MB\nremote: hook declined to update refs/heads/master\n"),
        ["src/assets/style/img/nox_setup_v6.3.0.6_full.exe"],
    ),
    "github-fork-objects": (
        ("batch response: @poppingtonic can not upload new objects to public fork"
        " poppingtonic/concept-to-clinic\n"),
        [],
    ),
    "lfs-no-address": (
        ("Uploading LFS objects:   0% (0/1), 0 B | 0 B/s\n"
        'batch request: missing protocol: "G:\\Git\\test.git/info/lfs"\n'
        "error: failed to push some refs to 'G:\\Git\\test.git'\n"),
        [],
    ),
    "lfs-no-ssh-server": (
        ('Remote "box" does not support the LFS locking API. Consider disabling it with:\n'
        "  $ git config lfs.https://192.168.1.3/git/Photobooth.git.locksverify false\n"
        "batch request: bash: git-lfs-authenticate: command not found: exit status 127\n"),
        [],
    ),
    "lfs-access": (
        ("batch response: Authorization error: http://bitbucket.lars.com/scm/di/deep-learning.git/info"
        "/lfs/objects/batch \nCheck that you have proper access to the repository\n"),
        [],
    ),
    "lfs-wrong-place": (
        ("Repository or object not found: http://easydoe:9090/scm/git/Sandbox/theoSandbox.git/info/"
        "lfs/objects\nCheck that it exists and that you have proper access to it\n"),
        [],
    ),
    "lfs-locking-note": (
        ('Locking support detected on remote "origin". Consider enabling it with: \n'
        "  $ git config lfs.https://gitlab.melexis.com/x.git/info/lfs.locksverify true\n"),
        [],
    ),
    "lfs-log": (
        ("Errors logged to /some/project/.git/lfs/objects/logs/20170320T192042.257426199.log\n"
        "Use `git lfs logs last` to view the log.\n"),
        [],
    ),
    "lfs-disabled": (
        ("Error downloading object: libLivenessDetector.a (1db3ce7): Error downloading"
        " libLivenessDetector.a: batch response: Git LFS is not enabled on this GitLab server,"
        " contact your admin.\n"),
        [],
    ),
    "lfs-entity-too-large": (
        (f"LFS: Client error: http://xxx.xx.cn/xxx/test.git/info/lfs/objects/{'d3' * 32}/232468447"
        " from HTTP 413\nerror: failed to push some refs to 'xxx.xx.cn:xxx/test.git'\n"),
        ["d3" * 32],
    ),
    "lfs-certificate": (
        ("batch response: Post https://mygit.company.com/ms_teams/valid.git/info/lfs/objects/batch:"
        " x509: certificate signed by unknown authority\n"),
        [],
    ),
    "push-entity-too-large": (
        ("error: RPC failed; HTTP 413 curl 22 The requested URL returned error: 413\n"
        "send-pack: unexpected disconnect while reading sideband packet\n"
        "fatal: the remote end hung up unexpectedly\nEverything up-to-date\n"),
        [],
    ),
    "windows-size": (
        ("Filtering content: 100% (2/2), 4.38 GiB | 57.36 MiB/s, done.\n"
        "Encountered 1 file(s) that may not have been copied correctly on Windows:\n"
        "\tpytorch_model-00001-of-00002.bin\n\nSee: `git lfs help smudge` for more details.\n"),
        ["pytorch_model-00001-of-00002.bin"],
    ),
    "disk-full": (
        ("Error downloading object: unet/model.bin (c7da0e2): cannot write data to tempfile"
        ' "/opt/x/.git/lfs/incomplete/c7da0e21": write /opt/x/.git/lfs/incomplete/c7da0e21: no'
        " space left on device\n"),
        [],
    ),
    "lfs-not-found": (
        ("\nThis repository is configured for Git LFS but 'git-lfs' was not found on your path. If"
        " you no longer wish to use Git LFS, remove this hook by deleting '.git/hooks/pre-push'.\n"
        "error: failed to push some refs to '/srv/models.git'\n"),
        [],
    ),
    "clean-failed": (
        ("error: external filter 'git-lfs filter-process' failed\n"
        "fatal: prereqs/A/foo m/A.txt: clean filter 'lfs' failed\n"),
        ["prereqs/A/foo m/A.txt"],
    ),
    "embedded-repository": (
        ("warning: adding embedded git repository: pretrained_model/bert\n"
        "hint: You've added another git repository inside your current repository.\n"
        "hint: Clones of the outer repository will not contain the contents of\n"
        "hint: the embedded repository and will not know how to obtain it.\n"),
        ["pretrained_model/bert"],
    ),
    "attributes-in-lfs": (
        ("https://git-lfs.github.com/spec/v1 is not a valid attribute name: .gitattributes:1\n"
        f"sha256:{'8f' * 32} is not a valid attribute name: .gitattributes:2\n"),
        [".gitattributes"],
    ),
    "migrate-dirty": (
        ("migrate: override changes in your working copy?  All uncommitted changes will be lost!"
        " [y/N] migrate: working copy must not be dirty\n"),
        [],
    ),
    "lfs-locked": (
        ("remote: GitLab: The path 'a b.psd' is locked in Git LFS by user1\n"
        " ! [remote rejected] master -> master (pre-receive hook declined)\n"),
        ["a b.psd"],
    ),
    "pack-too-large": (
        ("Compressing objects: 100% (8846/8846), done. \n"
        "remote: fatal: pack exceeds maximum allowed size \n"
        "error: failed to push some refs to 'git@gitlab.melexis.com:msde-bvx/msenv-90421.git'\n"),
        [],
    ),
    "force-push-refused": (
        ("remote: error: GH006: Protected branch update failed for refs/heads/gh-pages.\n"
        "remote: error: Cannot force-push to this protected branch\n"
        "To https://github.com/test/x.git\n"
        " ! [remote rejected] gh-pages -> gh-pages (protected branch hook declined)\n"),
        [],
    ),
    "github-protected-branch": (
        ("remote: error: GH006: Protected branch update failed for refs/heads/main.        \n"
        "remote: \nremote: - Changes must be made through a pull request.        \n"
        "To https://github.com/SalamLang/Salam.git\n"
        " ! [remote rejected] main -> main (protected branch hook declined)\n"),
        [],
    ),
    "conflict-in-pointer": ("pointer parsing: Expected key oid, got <<<<<<<\n", []),
    "dvc-tracked": (
        ("ERROR:  output 'pretrained_model/a.pt' is already tracked by SCM (e.g. Git).\n"
        "    You can remove it from Git, then add to DVC.\n"),
        ["pretrained_model/a.pt"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        (
            "HFValidationError: Repo id must be in the form 'repo_name' or 'namespace/repo_name':"
            " '/disk2/lwc/LLM/Qwen3-32b'. Use `repo_type` argument if needed.\n"
        ),
        (
            "OSError: pretrained_model/bert is not a local folder and is not a valid model"
            " identifier listed on 'https://huggingface.co/models'\n"
        ),
    ],
)
def test_a_folder_that_is_taken_for_a_model_of_the_hub(text: str) -> None:
    assert [hit.symptom.name for hit in match.find(text)] == ["weights-missing"]


def test_a_force_push_that_gitlab_refuses() -> None:
    text = (
        "remote: GitLab: You are not allowed to force push code to a protected branch on this"
        " project.\n ! [remote rejected] master -> master (pre-receive hook declined)\n"
    )
    assert [hit.symptom.name for hit in match.find(text)] == ["force-push-refused"]


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
     "at position 0, opcode b'v' unknown",
     "gguf_init_from_file: invalid magic characters 'vers'\nllama_model_load: error loading model:",
     "gguf_init_from_file: invalid magic number 73726576",
     "ERROR: Model provided has model identifier 'ion ', should be 'TFL3'"],
)  # fmt: skip
def test_a_pointer_that_was_loaded(text: str) -> None:
    assert [hit.symptom.name for hit in match.find(text)] == ["pointer-unpickled"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        # The words of git-lfs-authenticate hold those of git-lfs.
        ("batch request: zsh:1: command not found: git-lfs-authenticate: exit status 127",
         "lfs-no-ssh-server"),
        ("zsh: command not found: git-lfs", "lfs-not-found"),
        (f"[{'24' * 32}] Object does not exist: [404] Object does not exist",
         "remote-missing-object"),
        ("git-lfs filter-process: 1: git-lfs: not found\nfatal: b.bin: clean filter 'lfs' failed",
         "lfs-not-found"),
        ("OSError: Unable to open file (file signature not found)", "unreadable-weights"),
        ("ValueError: Cannot load file containing pickled data when allow_pickle=False",
         "unreadable-weights"),
        ("RuntimeError: Internal: could not parse ModelProto from ./tokenizer.model",
         "unreadable-weights"),
        ("SafetensorError: Error while deserializing header: MetadataIncompleteBuffer",
         "weights-cut-off"),
        ("PytorchStreamReader failed reading zip archive: failed finding central directory",
         "weights-cut-off"),
        ("error: RPC failed; result=22, HTTP code = 413", "push-entity-too-large"),
        ("Git credentials for https://github.com/x/y.git not found:\nexit status 1", "lfs-access"),
        ("Authentication error: Authentication required: You must have push access to verify locks",
         "lfs-access"),
        ("batch response: Git LFS is disabled for your instance.", "lfs-disabled"),
        ("remote: GitLab: The path 'test1.txt' is locked in Git LFS by user1", "lfs-locked"),
        ("Possibly malformed conversion on Windows, see `git lfs help smudge` for more details",
         "windows-size"),
        ("Unable to find source for object c8f1 (try running git lfs fetch --all)",
         "missing-local-objects"),
    ],
)  # fmt: skip
def test_other_words_for_the_same(text: str, name: str) -> None:
    assert [hit.symptom.name for hit in match.find(text)] == [name]


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
    lines = [line for _, line in answer.ways(hit.symptom, hit, answer.PastePlace(Shell()))]
    found = [line for line in lines if "migrate" in line]
    assert bool(found) is (include is not None)
    if include:
        assert f"--include={include}" in found[0]
    assert len(lines) == 4 + len(found)
