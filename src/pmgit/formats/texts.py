"""Texts: JSON with a chat template or a Keras model in it, templates, and what a text is about."""

from __future__ import annotations

import json
import re

from pmgit.formats import core_ml, kinds, named_classes
from pmgit.formats.keras_config import is_config, judge_config
from pmgit.formats.names import CONFLICT, HTML, JSON, SHELL_SCRIPT, TEMPLATE, TEXT, UTF16, XML
from pmgit.formats.opinion import (
    BROKEN,
    UNKNOWN,
    UNSAFE,
    WARN,
    BrokenError,
    FileFinding,
    Opinion,
    opinion,
)  # fmt: skip
from pmgit.formats.protobuf import Messages
from pmgit.formats.templates import judge_template

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

#: A tokenizer_config.json has up to 2 MB; five of nothing but lists take 100 MB in memory.
LONGEST_JSON = 5_000_000
#: JSON beside weights, of which more is not looked at than whether it is whole.
_OF_MODELS = (
    ".index.json", "tokenizer.json", "vocab.json", "special_tokens_map.json", "added_tokens.json",
    *named_classes.FILES,
)  # fmt: skip
_YAML_NAMES = (".yaml", ".yml")
_XML_MODEL = re.compile(rb"<(?:PMML|net)\b")
_TEMPLATE_NAMES = (".jinja", ".jinja2", ".j2")
#: Messages of protobuf as text: TensorFlow loads saved_model.pbtxt as it loads saved_model.pb.
_XML_ELEMENT = re.compile(rb"<[A-Za-z][\w:.-]*(?:\s+[\w:.-]+\s*=\s*[\"'][^<]*)?\s*/?>")
_MESSAGE_NAMES = (".pbtxt", ".pb")
#: How such a text begins, behind comments: a name, then a value or what stands in braces.
_MESSAGE = re.compile(
    rb"(?:\s|#[^\n]*\n)*[A-Za-z_]\w*\s*(?::\s*(?:[-\"'{<\[]|[\w.]+(?:\s|$))|[{<])"
)
#: What a list of JSON goes on with: an end, a value, or blanks to the end of what was read.
_AFTER_BRACKET = (b"", *(bytes([byte]) for byte in b']"{[-0123456789tfn'))
#: What JSON of these names says is used when a model is loaded.
_TEMPLATE_FILES = (
    "tokenizer_config.json", "chat_template.json", "processor_config.json", "config.json",
    "generation_config.json", "preprocessor_config.json",
)  # fmt: skip


def sniff(head: bytes, reader: Reader, caps: Caps) -> bool:  # noqa: ARG001 - one interface
    """Whether this is a text."""
    return bool(head) and kinds.is_text(head)


def judge(reader: Reader, caps: Caps) -> Opinion:
    """Judge a text by what it is; by its name it is a template, or any other text."""
    head = reader.read(0, 4096)
    kind = kind_of(head)
    base = reader.name.replace("\\", "/").rpartition("/")[2].lower()
    if base.endswith(_TEMPLATE_NAMES):
        caps.reading(min(reader.size, 4_000_000))
        text = reader.read(0, 4_000_000).decode("utf-8", "replace")
        of_chat = _is_of_chat(reader.name)
        found = judge_template(text, "", of_chat=of_chat)
        if not of_chat:
            # Django, Haystack and others have statements of their own, LaTeX has other brackets.
            found = [one.but(verdict=WARN) if one.verdict == BROKEN else one for one in found]
        return opinion(TEMPLATE, found)
    if kind == TEXT and base.endswith(_MESSAGE_NAMES):
        if base.endswith(".pb") and not _MESSAGE.match(head) and not _is_message(reader, caps):
            return opinion(kind, [FileFinding(BROKEN, "it is no message of protobuf", offset=0)])
        from pmgit.formats import tensorflow

        caps.reading(min(reader.size, LONGEST_JSON + 1))
        return opinion(kind, tensorflow.judge_text(reader.read(0, LONGEST_JSON + 1), base))
    if base in _TEMPLATE_FILES or base.endswith(_OF_MODELS):
        if kind in (CONFLICT, HTML, UTF16):
            return opinion(kind, [FileFinding(BROKEN, f"it is no JSON but {kind}")])
        if kind == JSON and head.startswith(b"\xef\xbb\xbf"):
            text = "JSON behind a mark of UTF-8, at which Python's reader stops"
            return opinion(kind, [FileFinding(BROKEN, text, offset=0)])
        if kind == JSON and not _ends(reader, head):
            return opinion(kind, [FileFinding(BROKEN, "it ends in the middle", offset=reader.size)])
    if base.endswith(_YAML_NAMES):
        from pmgit.formats import yaml_calls

        caps.reading(min(reader.size, LONGEST_JSON))
        return opinion(kind, yaml_calls.findings(reader.read(0, LONGEST_JSON), caps))
    if kind == XML and b"<!ENTITY" in head and _XML_MODEL.search(head):
        return opinion(kind, [FileFinding(UNSAFE, "it has entities, which may be other files")])
    if core_ml.is_manifest(base, head):
        return opinion(kind, core_ml.findings(reader, caps))
    if kind == XML and base.endswith(".xml"):
        from pmgit.formats import openvino

        return opinion(kind, openvino.findings(reader, caps) if openvino.is_model(head) else [])
    if kind == JSON and base in named_classes.FILES:
        return opinion(JSON, _of_json(reader, caps, always_keras=False))
    if kind != JSON or not (base in _TEMPLATE_FILES or _may_be_keras(head)):
        return opinion(kind, [])
    in_archive = bool(caps.depth) and base == "config.json"
    return opinion(JSON, _of_json(reader, caps, always_keras=in_archive))


def _is_of_chat(name: str) -> bool:
    """Whether a template of this name is used for chats: transformers has `chat_template.jinja`,
    and more of them in a folder `additional_chat_templates`."""
    *_, folder, base = ("", *name.replace("\\", "/").lower().split("/"))
    return "chat" in base or "chat_template" in folder


def _is_message(reader: Reader, caps: Caps) -> bool:
    """Whether this is a whole message: a small one looks like a text, such as a tensor of ONNX."""
    try:
        return all(number for number, _, _, _ in Messages(reader, caps).fields(0, reader.size))
    except BrokenError:
        return False


def _ends(reader: Reader, head: bytes) -> bool:
    """Whether a JSON text ends as it begins; or with so many blanks that nobody looks."""
    tail = reader.read(max(0, reader.size - 4096), 4096).rstrip()
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return not tail or tail[-1:] == (b"}" if begin == b"{" else b"]")


def judge_keras(reader: Reader, caps: Caps) -> list[FileFinding]:
    """What speaks against the configuration in an archive of Keras."""
    return _of_json(reader, caps, always_keras=True)


def kind_of(head: bytes) -> str:
    """What a text is, by how it begins."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head[:4]:
        return UTF16
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:512]
    lower = start.lower()
    if lower.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return HTML
    if lower.startswith(b"<!--") and b"<html" in head.lower():
        return HTML
    if lower.startswith(b"<?xml"):
        return HTML if b"<html" in lower else XML
    if _XML_ELEMENT.match(start):
        return XML
    if b"<<<<<<< " in head and (b"\n=======" in head or b"\n>>>>>>> " in head):
        return CONFLICT
    if start.startswith(b"#!"):
        return SHELL_SCRIPT
    # A vocabulary begins with [PAD] often, a configuration of other programs with [section].
    if start[:1] == b"{" or (start[:1] == b"[" and start[1:].lstrip()[:1] in _AFTER_BRACKET):
        return JSON
    return TEXT


def _may_be_keras(head: bytes) -> bool:
    return b'"class_name"' in head or b'"modelTopology"' in head or b'"keras_version"' in head


def _of_json(reader: Reader, caps: Caps, *, always_keras: bool) -> list[FileFinding]:
    """What speaks against a JSON file that is used when a model is loaded.

    `always_keras`: it is the configuration of a Keras archive, whatever it looks like.
    """
    if reader.size > LONGEST_JSON:
        return [FileFinding(UNKNOWN, "a JSON text that is too long to judge")]
    caps.reading(reader.size)
    try:
        document = json.loads(reader.read(0, reader.size))
    except RecursionError:
        return [FileFinding(BROKEN, "JSON that is nested too deeply")]
    except ValueError as error:
        return [FileFinding(BROKEN, f"it is no JSON: {error}"[:200])]
    base = reader.name.replace("\\", "/").rpartition("/")[2].lower()
    found = named_classes.findings(base, document)
    if not isinstance(document, dict) and base not in named_classes.FILES:
        text = "it is no configuration but a value of JSON"
        return [FileFinding(BROKEN, text)] if always_keras else []
    if not isinstance(document, dict):
        return found
    for where, text in templates_in(document.get("chat_template")):
        caps.step(60)
        found += judge_template(text, where)
    for part in (document, document.get("modelTopology"), document.get("model_config")):
        if is_config(part) or (always_keras and part is document):
            found += judge_config(part, "")
        elif isinstance(part, dict) and is_config(part.get("model_config")):
            found += judge_config(part["model_config"], "model_config")
    return found


def templates_in(value: Any) -> list[tuple[str, str]]:
    """The templates of a tokenizer's configuration: one, or a list with their names."""
    if isinstance(value, str):
        return [("chat_template", value)]
    if isinstance(value, dict):
        return [
            (f"chat_template {name}", one) for name, one in value.items() if isinstance(one, str)
        ]
    items = value if isinstance(value, list) else []
    return [
        (f"chat_template {item.get('name')}", item["template"])
        for item in items
        if isinstance(item, dict) and isinstance(item.get("template"), str)
    ]
