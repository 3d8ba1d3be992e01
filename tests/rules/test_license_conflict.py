"""`license-conflict`: the files of a model name different licenses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit import Repo, pointer

MODEL = "pretrained_model/mine"
INFO, CARD, LOCK = f"{MODEL}/INFO.md", f"{MODEL}/README.md", f"{MODEL}/pmgit.lock"
MIT = """\
MIT License

Copyright (c) 2026 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES
OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def stage(repo: Repo, info: str = "", card: str = "", lock: str = "", **texts: str) -> None:
    """Stage a model whose files state these licenses, and no others."""
    repo.git("rm", "-r", "-f", "-q", "--ignore-unmatch", MODEL)
    write(repo, MODEL, info, card, lock, **texts)
    repo.git("add", "--", MODEL)


def write(
    repo: Repo, model: str, info: str = "", card: str = "", lock: str = "", **texts: str
) -> None:
    """Write a model whose files state these licenses."""
    repo.write(f"{model}/config.json", "{}\n")
    if info:
        repo.write(
            f"{model}/INFO.md",
            "# Mine\n\n**Source**: https://example.invalid/mine\n**Downloaded**: 2026-01-13\n"
            f"**Commit**: v1\n**License**: {info}\n",
        )
    if card:
        repo.write(f"{model}/README.md", f"---\nlanguage: en\n{card}\n---\n# Mine\n")
    if lock:
        repo.write(
            f"{model}/pmgit.lock",
            'version = 1\ncreated = "2026-01-13"\n\n[source]\ntype = "local"\n\n'
            f'[license]\nid = "{lock}"\n\n[content]\nfiles = [\n]\n',
        )
    for name, text in texts.items():
        repo.write(f"{model}/{name.replace('_', '-')}", text)


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", "license-conflict", *args)


def test_reports_each_pair_that_disagrees(repo: Repo) -> None:
    for given, path, line, said in (
        ({"info": "mit", "card": "license: apache-2.0"}, INFO, 6, "apache-2.0 in README.md"),
        ({"info": "mit", "lock": "apache-2.0"}, INFO, 6, "in pmgit.lock: the lock is older"),
        ({"info": "Apache 2.0", "LICENSE": MIT}, INFO, 6, "mit in LICENSE"),
        ({"lock": "mit", "card": "license: gemma"}, CARD, 3, "the lock is older"),
        ({"card": "license: gemma", "LICENSE": MIT}, CARD, 3, "mit in LICENSE"),
        ({"info": "mit", "card": "license: [mit, gemma]"}, INFO, 6, "mit AND gemma in README.md"),
        ({"info": "mit, gemma", "card": "license: mit"}, INFO, 6, "mit in README.md"),
        ({"info": "cc-by-4.0", "card": "license: cc-by-nc-4.0"}, INFO, 6, "cc-by-nc-4.0 in"),
        ({"info": "gpl-2.0", "card": "license: gpl-3.0"}, INFO, 6, "gpl-3.0 in README.md"),
        (
            {"info": "llama3.1", "card": "license: other\nlicense_name: llama2"},
            INFO, 6, "llama2 in README.md",
        ),
    ):  # fmt: skip
        stage(repo, **given)
        (finding,) = findings(repo)
        assert said in finding["message"], given
        assert (finding["path"], finding["line"]) == (path, line), given
        assert finding["severity"] == "warning"


def test_accepts_what_may_be_the_same(repo: Repo) -> None:
    same: tuple[dict[str, str], ...] = (
        {"info": "Apache License 2.0", "card": "license: apache-2.0", "lock": "apache-2.0"},
        {"info": "MIT", "LICENSE": MIT},
        {"info": "gpl-3.0", "card": "license: gpl"},
        {"info": "GPL-3.0-or-later", "card": "license: gpl-3.0"},
        {"info": "cc-by-nc-4.0", "card": "license: cc"},
        {"info": "creativeml-openrail-m", "card": "license: openrail"},
        {"info": "apache-2.0, mit", "card": "license:\n- mit\n- apache-2.0"},
        {"info": "MIT OR Apache-2.0", "LICENSE-MIT": MIT},
        {"info": "apache-2.0", "LICENSE": MIT, "LICENSE-MODEL": "The Terms of Some Model\n"},
        {"info": "apache-2.0", "LICENSE": "Copyright Somebody. All rights are reserved.\n"},
        {"info": "apache-2.0", "LICENSE": MIT.replace("MIT License", "Modified MIT License")},
        {"info": "apache-2.0", "LICENSE": f"{MIT}\nOnly for those who live in Kyoto, or near.\n"},
        {"info": "apache-2.0", "docs/LICENSE": MIT},
        {"info": "nobody-knows", "card": "license: mit"},
        {"info": "mit", "card": "license: other"},
        {"info": "mit", "card": "license: unknown"},
        {"info": "mit", "card": "license: &a gemma"},
        {"info": "mit", "card": 'text: "\nlicense: gemma\n"'},
        {"info": "mit", "card": "x: {license: gemma}"},
        {"info": "LicenseRef-Agreement", "card": "license: cc-by-nc-4.0"},
        {"info": "TODO", "card": "license: mit"},
        {"card": "license: mit"},
        {"info": "mit", "lock": ""},
    )  # fmt: skip
    for number, given in enumerate(same):
        write(repo, f"pretrained_model/m{number}", **given)
    # One more, of which something is found.
    write(repo, f"pretrained_model/m{len(same)}", info="mit", card="license: gemma")
    repo.git("add", "-A")
    assert [f["path"] for f in findings(repo)] == [f"pretrained_model/m{len(same)}/INFO.md"]


def test_the_line_to_write_ends_it(repo: Repo) -> None:
    stage(repo, info="mit", card="license: cc-by-nc-4.0")
    (finding,) = findings(repo)
    _, found, line = finding["message"].partition("write in line 6 ")
    assert found
    page = (repo.path / INFO).read_text().replace("**License**: mit", line)
    repo.stage(INFO, page)
    assert findings(repo) == []


def test_a_lock_of_this_disk_is_written_anew_by_its_fix(repo: Repo) -> None:
    repo.stage_all({f"{MODEL}/config.json": "{}\n", CARD: "---\nlicense: mit\n---\n"})
    repo.write(f"{MODEL}/model.safetensors", 300_000)
    assert repo.pmgit("add", MODEL).code == 0
    repo.add_info(MODEL)
    repo.stage(CARD, "---\nlicense: apache-2.0\n---\n")
    repo.git("add", LOCK)
    (finding,) = findings(repo)
    assert "mit in pmgit.lock" in finding["message"]
    repo.paste(finding["fix"]["shell"])
    assert findings(repo) == []
    assert repo.blob(LOCK).count(b'id = "Apache-2.0"') == 1
    # Without a card INFO.md alone says it.
    repo.stage_all(
        {
            CARD: "# A card without a license\n",
            INFO: (repo.path / INFO).read_text().replace("Apache-2.0", "cc-by-4.0"),
        }
    )
    (finding,) = findings(repo)
    repo.paste(finding["fix"]["shell"])
    assert findings(repo) == []


def test_strict_and_what_is_only_touched(repo: Repo) -> None:
    strict = ("-c", "license-conflict.strict=true")
    stage(repo, info="mit", card="license: gemma")
    assert [f["severity"] for f in findings(repo, *strict)] == ["error"]
    repo.commit("in spite of it")
    assert findings(repo) == []
    repo.stage(f"{MODEL}/config.json", '{"a": 1}\n')
    assert findings(repo, *strict) == []  # no file changes that states a license
    repo.stage(CARD, "---\nlicense: gemma\n---\n# New words\n")
    assert [f["severity"] for f in findings(repo, *strict)] == ["error"]


@pytest.mark.parametrize("name", ["README.md", "LICENSE", "pmgit.lock"])
def test_hostile_files_are_passed_over(repo: Repo, name: str) -> None:
    path = f"{MODEL}/{name}"
    stage(repo, info="mit")
    bomb = "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(2000))
    for content in (
        b"---\nlicense: " + b"[" * 100_000 + b"\n---\n",
        f"---\n{bomb}license: gemma\n---\n".encode(),
        b"---\nlicense: gemma\n" + b"x: y\n" * 400_000 + b"---\n",
        b"---\nlicense: gemma\n---\n" + b"\xff\x00" * 700_000,
        b"[license]\nid = [[[[[[\n[content]\n",
        b"\0" * 1000,
        pointer(b"x"),
    ):
        repo.stage(path, content)
        assert findings(repo) == [], content[:40]
    repo.git("rm", "-q", "-f", path)
    repo.stage_blob(path, b"/etc/passwd", mode="120000")
    assert findings(repo) == []


def test_a_partial_clone_judges_by_what_it_has(repo: Repo) -> None:
    stage(repo, info="mit", card="license: gemma\ntext: " + "x" * 9000)
    repo.commit("a model")
    repo.stage(f"{MODEL}/LICENSE", MIT)
    repo.commit("another")
    repo.git("config", "uploadpack.allowFilter", "true")
    args = ("--filter=blob:limit=5k", "--no-checkout", repo.path.as_uri(), "../partial")
    repo.git("clone", "-q", *args)
    partial = Repo(repo.path.parent / "partial", repo.env, init=None)
    judged = ("check", "--range", "HEAD~1..HEAD", "--format", "json")
    for clone, findings_of_it in ((repo, 1), (partial, 0)):
        shown = clone.pmgit(*judged, "--select", "license-conflict")
        assert (shown.code, shown.json["not_judged"]) == (0, 0), shown
        assert len(shown.json["findings"]) == findings_of_it


def test_a_folder_of_many_texts_is_no_conflict(repo: Repo) -> None:
    texts = {f"LICENSE-{number}": MIT for number in range(11)}
    stage(repo, info="gemma", **texts)
    assert findings(repo) == []
    repo.git("rm", "-q", "-f", f"{MODEL}/LICENSE-1")
    assert len(findings(repo)) == 1
