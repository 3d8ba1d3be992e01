"""A repository in which every text that pmgit may print is made to harm a terminal or a CI log."""

from __future__ import annotations

import json
import os
import struct
from typing import TYPE_CHECKING

from pmgit.lfs.pointer import VERSION
from tests.formats.assemble import named, pickled, torch_zip
from tests.kit import pointer, weights_bytes
from tests.test_hook_is_safe import HOSTILE

if TYPE_CHECKING:
    from tests.kit import Repo

#: Texts inside of files: what a terminal or a runner acts on, and marks of reports.
EVIL = "x\x1b]0;pwned\x07\x1b[31m\u202e\x9b2J\r\n::error::injected\n##[command]x\u2028y"
MARKUP = "\"><script>alert(1)</script>]]>|`x`&amp;'"
#: Secrets, by where they stand.
SECRETS = {
    "HF_TOKEN": "hf_" + "a1B2" * 8,
    "GITHUB_TOKEN": "plainsecret0123456789",
    "MODELSCOPE_API_TOKEN": "ms-0123456789abcdef",
    "address": "passw0rd-in-the-address",
    "lfsconfig": "passw0rd-in-lfsconfig",
    "query": "s1gnature-0123456789",
}
MODEL = "pretrained_model/good"


def safetensors(names: list[str], metadata: dict[str, str]) -> bytes:
    """Tensors of one byte each; the last one reaches behind the end."""
    header: dict[str, object] = {"__metadata__": metadata}
    for at, name in enumerate(names):
        header[name] = {"dtype": "U8", "shape": [1], "data_offsets": [at, at + 1]}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(len(names) - 1)


def gguf(key: str, value: str) -> bytes:
    """One entry, whose text says what to run."""

    def text(value: str) -> bytes:
        raw = value.encode()
        return struct.pack("<Q", len(raw)) + raw

    head = b"GGUF" + struct.pack("<IQQ", 3, 0, 2)
    entries = text(key) + struct.pack("<I", 8) + text(value)
    template = text("tokenizer.chat_template") + struct.pack("<I", 8)
    return head + entries + template + text(f"{{{{ ''.__class__ }}}}{value}")


def files() -> dict[str, bytes]:
    """What the models hold, by path: text, tensors, keys and globals that say what harms."""
    evil = EVIL.replace("\n", "\\n").replace("\r", "\\r").encode()
    plain = EVIL.replace("\n", "").replace("\r", "")
    info = f"# {EVIL}\n\n**Source**: {EVIL}\n**License**: {EVIL}\n**Commit**: {plain}\n{EVIL}\n"
    return {
        f"{MODEL}/INFO.md": info.encode(),
        f"{MODEL}/README.md": f"---\nlicense: \"{plain}\"\nbase_model: '{plain}'\n---\n".encode(),
        f"{MODEL}/config.json": json.dumps(
            {"model_type": EVIL, "architectures": [EVIL], "_name_or_path": EVIL}
        ).encode(),
        f"{MODEL}/model.safetensors": safetensors([EVIL, "b" * 10_000, MARKUP], {EVIL: EVIL}),
        f"{MODEL}/model.gguf": gguf(EVIL, EVIL),
        f"{MODEL}/model.pt": torch_zip(pickled(named(plain, f"{plain}{MARKUP}") + b")R")),
        f"{MODEL}/tokenizer_config.json": json.dumps(
            {"chat_template": "{{ x|attr('__class__') }}" + EVIL}
        ).encode(),
        f"{MODEL}/pmgit.lock": lock(plain),
        f"{MODEL}/{MARKUP.replace('/', '')}.bin": b"\x80\x04" + evil,
        "pretrained_model/pointers/model.safetensors": pointer(weights_bytes(300)),
        "pretrained_model/pointers/broken.safetensors": (
            f"version {VERSION}\noid sha256:{plain}\nsize {plain}\n".encode()
        ),
        ".gitattributes": b"*.safetensors filter=lfs -text\n" + evil + b" filter=lfs\n*.gguf lfs\n",
        ".lfsconfig": (
            f"[lfs]\n\turl = https://u:{SECRETS['lfsconfig']}@host.invalid/x\n"
        ).encode(),
    }


def lock(text: str) -> bytes:
    """A lock whose source, license and parameters are texts that harm."""
    escaped = json.dumps(text).replace("\x7f", "\\u007f")
    return (
        'version = 1\ncreated = "2026-01-01"\n\n[source]\ntype = "huggingface"\n'
        f"repo_id = {escaped}\nrequested = {escaped}\nrevision = {escaped}\n\n"
        f"[license]\nid = {escaped}\n\n[parameters]\n{escaped} = 5\n\n[content]\nfiles = [\n"
        f'    {{ path = "model.pt", size = 7, sha256 = "{"0" * 64}" }},\n]\n'
    ).encode()


def fill(repo: Repo) -> None:
    """Commit some of it, stage some of it, and leave some of it on disk alone."""
    repo.git("remote", "add", "origin", f"https://u:{SECRETS['address']}@host.invalid/\u202ex.git")
    repo.git("config", "lfs.url", f"https://host.invalid/lfs?X-Amz-Signature={SECRETS['query']}")
    repo.commit("Begin", "--allow-empty")
    for path, content in files().items():
        repo.write(path, content)
    repo.git("add", "-f", "--", *(path for path in files() if path.startswith(MODEL)))
    repo.commit(f"subject {EVIL}", "--author", "a\x1b[31m\u202e <a@b>")
    for number, name in enumerate(HOSTILE):
        place = (f"{name}.pt", f"{MODEL}/{name}.pt", f"pretrained_model/{name}/model.pt")
        repo.write(place[number % 3], 1_500 + number)
        repo.write(f"{MODEL}/beside/{name}.safetensors", 300 + number)
    repo.git("add", "-f", "-A")
    for number, name in enumerate(HOSTILE[:4]):
        repo.write(f"pretrained_model/{name}/untracked.pt", 500 + number)
    os.symlink(f"/{EVIL}", repo.path / MODEL / "link.pt")
    repo.git("branch", "a\u202eb")
