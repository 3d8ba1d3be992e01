"""The questions of `pmgit info new`, at a real terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.hub_server import HubServer
from tests.kit import Repo, Result

if TYPE_CHECKING:
    from pathlib import Path

    from tests.weights import Weights

COMMIT = "86b5e0934494bd15c9632b12f734a8a67f723594"
BERT = "pretrained_model/bert"
INFO = f"{BERT}/INFO.md"
ALL_GIVEN = f"pmgit info new bert --source gpt2 --revision {COMMIT} --downloaded 2026-01-13"
ENGLISH = ("Source (", "Downloaded (", "Commit (", "License (")
CHINESE = ("来源 (", "下载日期 (", "版本/Commit (", "许可证 (")


def asked(repo: Repo, *answers: str, command: str = "pmgit info new bert") -> Result:
    """Type an answer to each question, in their order."""
    labels = CHINESE if "zh" in command else ENGLISH
    return repo.dialogue(command, list(zip(labels, answers, strict=False)))


def page(repo: Repo) -> list[str]:
    return (repo.path / INFO).read_text("utf-8").splitlines()


@pytest.fixture
def bert(repo: Repo) -> Repo:
    repo.write(f"{BERT}/config.json", "{}")
    return repo


@pytest.fixture
def downloaded(bert: Repo) -> Repo:
    """A model of which the folder shows three of the four fields."""
    bert.write(f"{BERT}/README.md", "---\nlicense: mit\n---\n")
    bert.write(
        f"{BERT}/.cache/huggingface/download/config.json.metadata",
        f"{COMMIT}\netag\n{4_000_000_000}\n",
    )
    return bert


def test_four_answers_make_it_complete(bert: Repo) -> None:
    shown = asked(bert, "google-bert/bert\n", "2026-01-13\n", f"{COMMIT}\n", " apache-2.0 \n")
    assert shown.code == 0, shown
    assert page(bert)[2:6] == [
        "**Source**: https://huggingface.co/google-bert/bert",
        "**Downloaded**: 2026-01-13",
        f"**Commit**: `{COMMIT}`",
        "**License**: apache-2.0",
    ]
    bert.git("add", INFO)
    assert bert.check("--select", "info") == []


def test_enter_keeps_what_was_found(downloaded: Repo) -> None:
    shown = asked(downloaded, "\n", "\n", "\n", "\n")
    for default in ("[2096-10-02]", f"[{COMMIT}]", "[mit]"):
        assert default in shown.out
    assert [line.partition(": ")[2] for line in page(downloaded)[2:6]] == [
        "TODO: the address it was downloaded from", "2096-10-02", f"`{COMMIT}`", "mit",
    ]  # fmt: skip


def test_another_answer_replaces_what_was_found(downloaded: Repo) -> None:
    """A branch goes with the commit that is known; TODO leaves open what was found wrong."""
    asked(downloaded, "https://a.example/x\n", "TODO\n", "main\n", "TODO\n")
    assert page(downloaded)[2:6] == [
        "**Source**: https://a.example/x",
        "**Downloaded**: TODO: the date of the download, as YYYY-MM-DD",
        f"**Commit**: `main` (commit: {COMMIT})",
        "**License**: TODO: the license, as the model's page names it",
    ]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("a b", "use alphanumeric"), ("https://me:secret@a.example/x", "user name or password"),
        ("https://", "is not an address"), ("a/b/c", "hint"), ("\x1b[A", "hint"),
    ],
)  # fmt: skip
def test_a_wrong_source_is_asked_for_again(bert: Repo, wrong: str, why: str) -> None:
    typed = "\x16" + wrong if wrong[0] == "\x1b" else wrong  # ^V: the next character as it is
    steps = [("Source (", f"{typed}\n"), ("Source (", "gpt2\n"), ("Downloaded (", "\n")]
    steps += [("Commit (", "\n"), ("License (", "MIT\n")]
    shown = bert.dialogue("pmgit info new bert", steps)
    assert (shown.code, why in shown.out or why == "hint") == (0, True), shown
    assert page(bert)[2] == "**Source**: https://huggingface.co/gpt2"
    assert "secret" not in "".join(page(bert))


def test_wrong_dates_commits_and_licenses_are_asked_for_again(bert: Repo) -> None:
    steps = [("Source (", "\n"), *(("Downloaded (", f"{bad}\n") for bad in ("13.1.2026", "now"))]
    steps += [("Downloaded (", "2026-02-30\n"), ("Downloaded (", "2026-01-13\n")]
    steps += [("Commit (", "`x`\n"), ("Commit (", "v1\n"), ("License (", "<!--\n")]
    steps += [("License (", "MIT\n")]
    shown = bert.dialogue("pmgit info new bert", steps)
    assert shown.code == 0, shown
    assert shown.out.count("is no date\nhint: write it as YYYY-MM-DD\n") == 3
    assert page(bert)[3:6:2] == ["**Downloaded**: 2026-01-13", "**License**: MIT"]


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_interrupted_nothing_is_written(bert: Repo, key: str) -> None:
    bert.write("pretrained_model/gpt2/config.json", "{}")
    before = bert.contents()
    steps = [(label, "\n") for label in ENGLISH] + [("gpt2/INFO.md", ""), ("Source (", key)]
    shown = bert.dialogue("pmgit info new bert gpt2", steps)
    assert shown.code == 130, shown
    assert "pmgit: interrupted" in shown.out
    assert "Traceback" not in shown.out
    assert bert.contents() == before


def test_the_questions_are_in_the_language_of_the_template(bert: Repo) -> None:
    bert.write(f"{BERT}/config.json", '{"_name_or_path": "google-bert/bert-large"}')
    answers = ("\n", "2026-01-13\n", "\n", "MIT\n")
    shown = asked(bert, *answers, command="pmgit info new bert --language zh")
    assert "来源 (下载页面的网址；此处提到 `google-bert/bert-large`，是否就是它？): " in shown.out
    assert page(bert)[3:6:2] == ["**下载日期**：2026-01-13", "**许可证**：MIT"]


def test_what_is_given_is_not_asked_for(bert: Repo) -> None:
    line = "pmgit info new bert --source gpt2 --downloaded 2026-01-13 --license MIT"
    shown = bert.dialogue(line, [("Commit (", f"{COMMIT}\n")])
    assert (shown.code, "License (" in shown.out) == (0, False), shown
    assert not any("TODO" in line for line in page(bert)[:7])


@pytest.mark.parametrize(
    "command",
    ["pmgit info new bert --yes", "PMGIT_INFO_NEW_YES=1 pmgit info new bert",
     "pmgit info new bert < /dev/null", "pmgit info new bert 2>&1 | cat",
     f"{ALL_GIVEN} --license MIT"],
)  # fmt: skip
def test_nobody_is_asked(downloaded: Repo, command: str) -> None:
    shown = downloaded.dialogue(command, [])
    assert (shown.code, "Source (" in shown.out) == (0, False), shown
    assert page(downloaded)[5].casefold() == "**license**: mit"


@pytest.mark.parametrize("command", ["pmgit fix --yes", "pmgit fix"])
def test_a_fix_does_not_ask_in_between(bert: Repo, command: str) -> None:
    bert.stage(f"{BERT}/config.json", "{}")
    shown = bert.dialogue(command, [])
    assert ("Source (" in shown.out, (bert.path / INFO).is_file()) == (False, True), shown


def test_the_page_alone_goes_to_standard_output(bert: Repo) -> None:
    asked(bert, "gpt2\n", "\n", "\n", "\n", command="pmgit info new bert --dry-run > out.md")
    text = (bert.path / "out.md").read_text()
    assert text.startswith(
        "# bert\n\n**Source**: https://huggingface.co/gpt2\n**Downloaded**: TODO"
    )
    assert not (bert.path / INFO).exists()


def test_names_and_defaults_of_strangers_do_not_act_on_the_terminal(repo: Repo) -> None:
    repo.write("pretrained_model/a\n\x1b[31m/config.json", "{}")
    name = "pretrained_model/$'a\\n\\x1b[31m'"
    shown = repo.dialogue(f"pmgit info new {name}", [(label, "\n") for label in ENGLISH])
    assert shown.code == 0, shown
    assert "\x1b" not in shown.out


def test_what_the_hubs_own_client_leaves_is_found(repo: Repo, weights: Weights) -> None:
    """A download into a folder, the client's cache as a models folder, and links into it."""
    script = (
        "from huggingface_hub import snapshot_download as download\n"
        "download('onnx-community/vad', local_dir='pretrained_model/vad')\n"
        "download('onnx-community/vad', cache_dir='pretrained_model')\n"
    )
    files = {"README.md": b"---\nlicense: mit\n---\n", "model.safetensors": weights.safetensors}
    with HubServer() as hub:
        commit = hub.add("onnx-community/vad", files)
        env = hub.environment(str(repo.path.parent / "hf"))
        done = repo.run([sys.executable, "-c", script], env=env)
    assert done.code == 0, done
    cached = "pretrained_model/models--onnx-community--vad"
    (repo.path / "pretrained_model/linked").mkdir()
    for name in files:
        target = repo.path / cached / "snapshots" / commit / name
        (repo.path / "pretrained_model/linked" / name).symlink_to(target)
    page = "https://huggingface.co/onnx-community/vad"
    for model, expected in (
        ("vad", ["TODO", "20", f"`{commit}`", "mit", "309,633 F32"]),
        ("models--onnx-community--vad", [page, "TODO", f"`{commit}`", "mit", "309,633 F32"]),
        ("linked", [page, "TODO", f"`{commit}`", "TODO", "TODO"]),
    ):
        lines = repo.pmgit("info", "new", model, "--dry-run").out.splitlines()
        values = [line.partition(": ")[2] for line in (*lines[2:6], lines[8])]
        assert all(map(str.startswith, values, expected)), (model, values)


def test_a_locked_model_is_described_by_its_lock(repo: Repo, weights: Weights) -> None:
    """The weights need not be here, nor the folder's own texts."""
    folder: Path = repo.path / "pretrained_model/silero-vad"
    repo.write("pretrained_model/silero-vad/model.safetensors", weights.safetensors)
    assert repo.pmgit("add", "pretrained_model/silero-vad").code == 0
    lock = (folder / "pmgit.lock").read_text()
    lock = lock.replace(
        'type = "local"',
        f'type = "huggingface"\nrepo_id = "snakers4/silero-vad"\nrevision = "{COMMIT}"',
    )
    (folder / "pmgit.lock").write_text(
        lock.replace("[parameters]", '[license]\nid = "mit"\n\n[parameters]')
    )
    (folder / "INFO.md").unlink()
    (folder / "model.safetensors").unlink()
    shown = repo.dialogue("pmgit info new silero-vad", [(label, "\n") for label in ENGLISH])
    assert shown.code == 0, shown
    text = (folder / "INFO.md").read_text()
    assert "**Source**: https://huggingface.co/snakers4/silero-vad\n**Downloaded**: 20" in text
    assert f"**Commit**: `{COMMIT}`\n**License**: mit\n" in text
    assert "- Parameters: 309,633 F32\n" in text
    assert "`model.safetensors` (1.2 MB) - 1239748 bytes, sha256" in text


@pytest.mark.parametrize(
    ("old", "new"),
    [('type = "local"', 'type = "huggingface"\nrepo_id = "a/b\\n# injected"'),
     ('type = "local"', 'type = "url"\nurl = "https://a.example/x`<!--\\n# injected"'),
     ("[parameters]", '[license]\nid = "mit\\n# injected"\n\n[parameters]'),
     ("F32 =", '"F32\\n# injected" =')],
)  # fmt: skip
def test_a_lock_of_strangers_writes_no_line(
    repo: Repo, weights: Weights, old: str, new: str
) -> None:
    folder = repo.path / "pretrained_model/silero-vad"
    repo.write("pretrained_model/silero-vad/model.safetensors", weights.safetensors)
    assert repo.pmgit("add", "pretrained_model/silero-vad").code == 0
    lock = (folder / "pmgit.lock").read_text()
    assert old in lock
    (folder / "pmgit.lock").write_text(lock.replace(old, new))
    (folder / "INFO.md").unlink()
    shown = repo.pmgit("info", "new", "silero-vad")
    assert shown.code == 0, shown
    assert "injected" not in (folder / "INFO.md").read_text()
