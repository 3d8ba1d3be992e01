"""Samples of kinds that a set of files without pickles has found, which was made without a look at
the others."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import struct
from typing import TYPE_CHECKING

from pmgit.formats.safetensors import file_of
from tests.formats.assemble import (
    CALL,
    field,
    gguf,
    gguf_tensor,
    gguf_text,
    onnx,
    pair,
    pickled,
    zipped,
)
from tests.formats.hdf5_samples import hdf5_files
from tests.formats.tensor_samples import keras as archive
from tests.formats.tensor_samples import layer, model

if TYPE_CHECKING:
    from tests.formats.container_samples import Samples

_SAFETENSORS = file_of(b"numbers")
_GGUF = gguf(tensors=(gguf_tensor(),), body=bytes(32))


def found() -> Samples:
    """Verdict and content by the name of the file."""
    return (
        _under_other_names()
        | _onnx()
        | _messages()
        | _gguf()
        | _openvino()
        | _templates()
        | _packages()
        | _configurations()
        | _yaml()
        | _layers()
    )


def _under_other_names() -> Samples:
    return {
        "packed.safetensors": ("broken", gzip.compress(_SAFETENSORS, mtime=0)),
        "packed.gguf": ("broken", bz2.compress(_GGUF)),
        "packed.onnx": ("broken", lzma.compress(onnx(_weight()))),
        "named.gguf.gz": ("ok", gzip.compress(_GGUF, mtime=0)),
        "gguf.msgpack": ("broken", _GGUF),
        "safetensors.mlmodel": ("broken", _SAFETENSORS),
    }


def _weight(
    *shape: int, kind: int = 1, raw: int | None = 64, name: bytes = b"w", more: bytes = b""
) -> bytes:
    """A tensor of ONNX of four rows and four columns, if it has no other shape."""
    sizes = b"".join(field(1, size % 2**64) for size in shape or (4, 4))
    numbers = field(9, bytes(raw)) if raw is not None else b""
    return sizes + field(2, kind) + (field(8, name) if name else b"") + numbers + more


def _outside(**entries: str) -> bytes:
    pairs = [field(1, key.encode()) + field(2, value.encode()) for key, value in entries.items()]
    outside = b"".join(field(13, one) for one in pairs) + field(14, 1)
    return _weight(raw=None, more=outside)


def _wired(takes: str, makes: str, *, more: bytes = b"") -> bytes:
    """A node of a graph in which x and w are given, and one before it makes y of them."""
    parts = [field(1, name.encode()) for name in takes] + [field(2, n.encode()) for n in makes]
    return field(1, b"".join(parts) + field(4, b"Op") + more)


_SPARSE = field(15, field(1, field(1, 1) + field(2, 1) + field(8, b"s") + field(9, bytes(4))))
_LOOP = field(5, field(1, b"body") + field(6, _wired("xq", "r") + field(12, field(1, b"r"))))
_WIRES = {
    "absent": ("broken", _wired("xv", "z")),
    "output-absent": ("broken", field(12, field(1, b"z"))),
    "twice": ("broken", _wired("x", "y")),
    "behind-a-large-node": (
        "broken",
        _wired("x", "z", more=field(6, bytes(70_000))) + _wired("v", "u"),
    ),
    "optional": ("ok", field(1, field(1, b"x") + field(1, b"") + field(2, b"z") + field(2, b""))),
    "any-order": ("ok", _wired("z", "u") + _wired("y", "z")),
    "sparse": ("ok", _SPARSE + _wired("s", "z")),
    "inside": ("ok", _wired("x", "z", more=_LOOP)),
    "large-node": ("ok", _wired("x", "z", more=field(6, bytes(70_000))) + _wired("z", "u")),
    "odd-field": ("ok", field(1, field(1, b"v") + field(2, b"z") + field(3, 1))),
}


def _onnx() -> Samples:
    floats = field(4, bytes(64))
    graph = field(5, _weight())
    bad = {
        "raw-short": _weight(raw=60),
        "raw-long": _weight(raw=80),
        "wider-type": _weight(kind=11),
        "nothing": _weight(raw=None),
        "fewer-floats": _weight(raw=None, more=field(4, bytes(48))),
        "fewer-doubles": _weight(kind=11, raw=None, more=field(10, bytes(48))),
        "negative": _weight(-4, 4),
        "too-large": _weight(2**40, 2**40),
        "type-0": _weight(kind=0),
        "type-99": _weight(kind=99),
        "texts-raw": _weight(kind=8),
        "outside-shorter": _outside(location="w.data", length="32"),
    }  # fmt: skip
    good = {
        "floats": _weight(raw=None, more=floats),
        "packed-shape": field(1, b"\x04\x04") + field(2, 1) + field(8, b"w") + field(9, bytes(64)),
        "scalar": field(2, 1) + field(8, b"w") + field(9, bytes(4)),
        "empty": _weight(0, 4, raw=None),
        "empty-raw": _weight(0, 4, raw=0),
        "half-bytes": _weight(3, 5, kind=22, raw=8),
        "complex": _weight(2, kind=14, raw=None, more=field(4, bytes(16))),
        "texts": _weight(2, kind=8, raw=None, more=field(6, b"a") + field(6, b"b")),
        "part": _weight(raw=32, more=field(3, field(1, 0) + field(2, 8))),
        "outside": _outside(location="w.data", length="64", offset="64"),
        "two-bits": _weight(3, 5, kind=26, raw=4),
        "six-bits": _weight(4, 4, kind=28, raw=12),
    }
    found: Samples = {f"{name}-weight.onnx": ("broken", onnx(one)) for name, one in bad.items()}
    found |= {f"{name}-weight.onnx": ("ok", onnx(one)) for name, one in good.items()}
    return found | {
        "no-name-weight.onnx": ("warn", onnx(_weight(name=b""))),
        "twice-weight.onnx": ("warn", onnx(_weight(), graph=graph)),
        "two-weights.onnx": ("ok", onnx(_weight(name=b"v"), graph=graph)),
        **{f"{name}-wires.onnx": (v, onnx(graph=more)) for name, (v, more) in _WIRES.items()},
        "no-version.onnx": ("warn", field(2, b"x") + onnx()[2:]),
        "version-9999.onnx": ("broken", field(1, 9999) + onnx()[2:]),
        "no-operators.onnx": ("broken", field(1, 8) + field(7, graph)),
        "no-operators-2.onnx": ("warn", field(1, 2) + field(7, graph)),
    }


def _flax(shape: bytes, kind: bytes, size: int, *, length: bytes = b"\xc4") -> bytes:
    """A dictionary of Flax with one array; lengths of under 256."""
    head = b"\x93" + shape + bytes((0xA0 + len(kind),)) + kind
    inside = head + length + size.to_bytes({0xC4: 1, 0xC5: 2}[length[0]], "big") + bytes(size)
    return b"\x81\xa6kernel\xc7" + bytes((len(inside), 1)) + inside


def openvino(*constants: str) -> bytes:
    """A graph of OpenVINO with constants of these attributes."""
    layers = "".join(f'<layer type="Const"><data {one}/></layer>' for one in constants)
    net = f'<net name="m" version="11"><layers>{layers}</layers></net>'
    return f'<?xml version="1.0"?>\n{net}\n'.encode()


def _openvino() -> Samples:
    bad = {
        "cut": openvino()[:-9],
        "of-another-size": openvino('element_type="f32" shape="4, 4" offset="0" size="32"'),
        "of-half-bytes": openvino('element_type="i4" shape="3,3" offset="0" size="4"'),
        "negative": openvino('element_type="f32" shape="4" offset="-16" size="16"'),
        "wraps": openvino('element_type="f32" shape="4" offset="18446744073709551600" size="16"'),
    }
    found: Samples = {f"{name}/model.xml": ("broken", data) for name, data in bad.items()}
    return found | {
        "no-constants/model.xml": ("ok", openvino()),
        "other.xml": ("ok", b'<?xml version="1.0"?>\n<net offset="x" size="y">'),
    }


#: `_target_: os.system` as YAML writes it too, and what else is called in the end.
_CALLING = {
    "block": "a:\n  _target_: >-\n    os.system\n",
    "literal": "a:\n  _target_: |-\n    os.system\n",
    "comment": "a:\n  _target_: # a\n    os.system\n",
    "text-tag": "a:\n  _target_: !!str os.system\n",
    "anchor": "a:\n  _target_: &a os.system\n",
    "alias": "a: &a os.system\nb:\n  _target_: *a\n",
    "alias-of-the-key": "a: &a _target_\nb:\n  *a : os.system\n",
    "escaped-key": 'a:\n  "_t\\x61rget_": os.system\n',
    "escaped": 'a:\n  _target_: "o\\x73.system"\n',
    "two-lines": 'a:\n  _target_: "os.\\\n    system"\n',
    "merged": "a: &a {_target_: os.system}\nb: {<<: *a}\n",
    "second": "a: 1\n---\nb:\n  - {c: 1, _target_: os.system}\n",
    "looked-up": "a:\n  path: os.system\n  _target_: hydra.utils.get_method\n",
    "inserted": "m: os.system\na:\n  _target_: ${m}\n",
    "put-together": "m: os\na:\n  _target_: ${m}.system\n",
    "put-together-in-torch": "m: hub\na:\n  _target_: torch.${m}.load\n",
    "put-together-elsewhere": "m: os\na:\n  _target_: my_package.${m}.system\n",
    "by-way-of-another": "a:\n  _target_: my_package.data.os.system\n",
    "loads": "a:\n  _target_: torch.hub.load\n",
    "runs-text": "a:\n  _target_: numpy.testing._private.utils.runstring\n",
    "long-tag": "a: !<tag:yaml.org,2002:python/object/apply:os.system> [x]\n",
    "handle": "%TAG !e! tag:yaml.org,2002:python/\n---\na: !e!object/apply:os.system [x]\n",
    "escaped-key-16": 'a: {"\\u005ftarge\\U00000074_": os.system}\n',
    "escaped-slash": "a: !!python%2fname:os.system\n",
    "tag-in-a-list": "[!!%70ython/object/apply:os.system [x]]\n",
    "escaped-tag": "a: !!pyth%6Fn/object/apply:os%2Esystem [x]\n",
    "new": "a: !!python/object/new:subprocess.Popen [x]\n",
    "built-in": "a: !!python/object/apply:eval ['1']\n",
    "named": "a: !!python/object/new:my.Thing {state: !!python/name:exec }\n",
    "imported": "a: !!python/module:antigravity\n",
}
_CALLING_NOTHING = {
    "values": "a: !!python/tuple [1]\nb: !!python/name:dict\nc: !!python/object/apply:set [[1]]\n",
    "plain": "a:\n  _target_: torch.optim.AdamW\n  lr: 0.1\n",
    "reads-data": "a:\n  _target_: numpy.load\n  file: ${dir}/a.npy\n",
    "inserted-class": "m: nemo.Model\na:\n  _target_: ${m}\n",
    "inserted-at-the-end": "n: Adam\na:\n  _target_: torch.optim.${n}\n",
    "paths": "n: {_target_: os.path.join}\na:\n  _target_: torch.nn.${n}\n",
    "inserted-between": "n: unet\na:\n  _target_: my_package.models.${n}.Net\n",
    "looks-up": "a:\n  _target_: hydra.utils.get_class\n  path: torch.nn.ReLU\n",
    "path": "a:\n  path: os.system\n  other: _target_\n",
    "text": 'a: "\\u2581 os.system"\nb: "_target_: os.system"\n# _target_: os.system\n',
    "no-yaml": "a: [_target_, {{ os.system }\n",
}


def _yaml() -> Samples:
    found: Samples = {}
    for verdict, texts in (("unsafe", _CALLING), ("ok", _CALLING_NOTHING)):
        found |= {f"{name}/config.yaml": (verdict, text.encode()) for name, text in texts.items()}
    wide = _CALLING["block"].encode("utf-16")
    long = b"a: '!x 100%'\nb: \"a\\nb\"\nc: http://x/c%2B%2B !x=''%2F'' \\x60\n" * 60_000
    return found | {"wide/config.yaml": ("unsafe", wide), "long/lock.yaml": ("ok", long)}


def _configurations() -> Samples:
    bad = {
        "adapter_config.json": {
            "auto_mapping": {"base_model_class": "system", "parent_library": "os"},
        },
        "modules.json": [{"idx": 0, "type": "subprocess.Popen"}],
        "model_index.json": {"_class_name": "P", "unet": ["os", "system"]},
        "config.json": {"model_type": "a", "_attn_implementation_internal": "org/kernel"},
        "deep/config.json": {"text_config": {"_attn_implementation": "org/kernel"}},
    }
    good = {
        "adapter_config.json": {
            "auto_mapping": {
                "base_model_class": "BertModel",
                "parent_library": "transformers.models.bert.modeling_bert",
            },
        },
        "none/adapter_config.json": {"auto_mapping": None, "r": 8},
        "modules.json": [{"idx": 0, "type": "sentence_transformers.models.Pooling"}],
        "model_index.json": {
            "_class_name": "P", "unet": ["diffusers", "UNet"], "checker": [None, None],
        },
        "config.json": {
            "_attn_implementation": "sdpa", "auto_map": {"AutoModel": "modeling_a.Model"},
        },
    }  # fmt: skip
    pieces = b"".join(
        field(1, field(1, b"piece%d" % number) + b"\x15" + bytes(4)) for number in range(9)
    )
    page = b"<!DOCTYPE html><html></html>"
    found: Samples = {}
    for verdict, documents in (("unsafe", bad), ("ok", good)):
        for name, document in documents.items():
            found[f"{verdict}/{name}"] = (verdict, json.dumps(document).encode())
    return found | {
        "trust/config.json": ("warn", b'{"model_type": "lightglue", "trust_remote_code": true}'),
        "cut/model_index.json": ("broken", b'{"_class_name": "P", "unet": ["diff'),
        "whole/tokenizer.model": ("ok", pieces),
        "cut/tokenizer.model": ("broken", pieces[:-4]),
        "page/tokenizer.model": ("broken", page),
        "empty/spiece.model": ("broken", b""),
        "tiktoken/tokenizer.model": ("ok", b"IQ== 0\nIg== 1\nIw== 2\n"),
    }


#: What the superblock of HDF5 counts from the begin of all: where it lies itself, and the end.
_BASE, _END = slice(12, 20), slice(28, 36)


def _behind(block: bytes) -> bytes:
    """A file of HDF5 behind bytes of its user."""
    data = bytearray(hdf5_files()["many-links.h5"][1])
    for place in (_BASE, _END):
        value = int.from_bytes(data[place], "little") + len(block)
        data[place] = value.to_bytes(8, "little")
    return block + data


def _manifest(*places: str, root: str = "0") -> bytes:
    entries = {str(number): {"path": place} for number, place in enumerate(places)}
    document = {"itemInfoEntries": entries, "rootModelIdentifier": root}
    return json.dumps(document | {"fileFormatVersion": "1.0.0"}).encode()


def _layers() -> Samples:
    bad = {
        "imported-by-keras": layer("system", "keras.src.models.cloning.os"),
        "legacy": layer(
            "function", "keras.src.legacy.saving.legacy_h5_format", config="load_model_from_hdf5"
        ),
    }
    found: Samples = {f"{name}.keras": ("unsafe", archive(model(one))) for name, one in bad.items()}
    plain = layer("Dense", "keras.src.layers.core.dense")
    return found | {"own-module.keras": ("ok", archive(model(plain)))}


def _packages() -> Samples:
    layers = json.dumps(model(layer("Dense"))).encode()
    keras = {"metadata.json": b'{"keras_version": "3.12.0"}', "config.json": layers}
    weights = hdf5_files()["many-links.h5"][1]
    return {
        "behind-zeros.h5": ("ok", _behind(bytes(2048))),
        "behind-many-zeros.hdf5": ("ok", _behind(bytes(65_536))),
        "behind-text.h5": ("warn", _behind(b"notes of the user\n".ljust(512))),
        "behind-pickle.h5": ("unsafe", _behind(pickled(CALL).ljust(512, b"\0"))),
        "behind-cut.h5": ("broken", _behind(bytes(512))[:-1]),
        "behind-513.h5": ("broken", _behind(bytes(513))),
        "without-weights.keras": ("broken", zipped(keras)),
        "with-weights.keras": ("ok", zipped(keras | {"model.weights.h5": weights})),
        "with-noise.keras": ("broken", zipped(keras | {"model.weights.h5": b"\xfe\1" * 99})),
        "a.mlpackage/Manifest.json": ("ok", _manifest("com.apple.CoreML/model.mlmodel")),
        "up.mlpackage/Manifest.json": ("unsafe", _manifest("../../x")),
        "root.mlpackage/Manifest.json": ("broken", _manifest("x", root="1")),
        "cut.mlpackage/Manifest.json": ("broken", _manifest("x")[:-20]),
        "number.mlpackage/Manifest.json": ("broken", _manifest("x").replace(b'"x"', b"1")),
        "Manifest.json": ("ok", b'{"some": "list"}'),
        # A model of Core ML of the first version begins as a SavedModel does.
        "one.mlmodel": ("ok", field(1, 1) + field(2, field(1, b"input")) + field(500, b"net")),
        "a.mlpackage/Data/com.apple.CoreML/weights/weight.bin": ("ok", b"\1\2\xfe\0" * 9),
    }  # fmt: skip


#: Templates that do not compile, that never end, and that Jinja reads on where a brace seems to end
#: them; and those of chats that look like these.
_TEMPLATES = {
    "unknown-statement": ("broken", "{% if x %}{% remember x %}{% endif %}"),
    "known-statements": ("ok", (
        "{% for m in messages %}{% if loop.index > 9 %}{% break %}{% endif %}{% do x.append(m) %}"
        "{% generation %}{{ m.content }}{% endgeneration %}{% continue %}{% endfor %}"
    )),
    "letter": ("unsafe", r"{{ x['__c\x6cass__'] }}"),
    "letters": ("unsafe", r"{{ x['__cl\u0061ss__']['__b\141se__'] }}"),
    "letter-mapped": ("unsafe", r"{{ x | map(attribute='__cl\x61ss__') | list }}"),
    "letter-in-a-loop": ("unsafe", r"{% for k in ['__cl\x61ss__'] %}{{ x[k] }}{% endfor %}"),
    "letter-of-a-frame": ("unsafe", r"{{ (messages | select)['gi_fr\x61me'] }}"),
    "line": ("unsafe", "{{ x['__cla\\\nss__'] }}"),
    "caller": ("unsafe", (
        "{% macro get(o) %}{{ o[caller()] }}{% endmacro %}{% call get(x) %}a{% endcall %}"
    )),
    "frame-behind": ("unsafe", "{{ x.f_back.f_locals }}"),
    "escapes": ("ok", r"{{ '\u003c|' ~ m.role ~ '|\x3e\n__\t\101' }}{{ '\uZZZZ' }}"),
    "no-endfor": ("broken", "{% for m in messages %}{{ m.content }}"),
    "no-for": ("broken", "{{ bos_token }}{% endfor %}"),
    "crossed": ("broken", "{% for m in messages %}{% if m %}a{% endfor %}{% endif %}"),
    "else-alone": ("broken", "{{ bos_token }}{% else %}a"),
    "elif-of-for": ("broken", "{% for m in messages %}a{% elif m %}b{% endfor %}"),
    "open-bracket": ("broken", "{{ messages[0]['content' }}"),
    "closed-twice": ("broken", "{{ messages[0]] }}"),
    "open-block-of-set": ("broken", "{% set a %}text"),
    "open-macro": ("broken", "{% macro a(b) %}text"),
    "open-raw": ("broken", "{% raw %}{{ text }}"),
    "far": ("unsafe", "{% for i in range(99999999) %}a{% endfor %}"),
    "long": ("unsafe", "{{ 'a' * 9999999999 }}"),
    "long-before": ("unsafe", "{{ 9999999999 * 'a' }}"),
    "power": ("unsafe", "{{ 9 ** 99999999 }}"),
    "power-of-power": ("unsafe", "{{ 9 ** 9 ** 9 }}"),
    "in-a-dictionary": ("unsafe", "{{ x[{1: {2: 3}} and '__cla' ~ 'ss__'] }}"),
    "behind-braces": ("unsafe", "{{ {1: {}}.__class__ }}"),
    "behind-braces-in-a-list": ("unsafe", "{{ [{1: {2: {}}}, x.__class__] }}"),
    "behind-a-remainder": ("unsafe", "{% set a = {1: 5 %}.__class__ } %}"),
    "behind-raw": ("unsafe", "{% raw %}{{ a }}{% endraw %}{{ x.__class__ }}"),
    "in-no-raw": ("unsafe", "{% set raw = x.__class__ %}{% set endraw = 1 %}"),
    "raw": ("ok", "{%- raw -%}{{ x.__class__ }}{% for %}{%- endraw -%}{{ bos_token }}"),
    "braces": ("ok", "{{ {'a': {'b': [1, (2, 3)]}} | tojson }}{% set a = {'b': {'c': 1}} %}"),
    "braces-in-texts": ("ok", "{{ '{\"name\": ' ~ tool.name ~ '}}' }}{{ '%}' }}{{ \"[(\" }}"),
    "blocks": ("ok", (
        "{%- set text -%}a{%- endset -%}{% set n = 1 %}{% set a, b = 1, 2 %}{% set x | upper %}b"
        "{% endset %}{%+ if text %}{% elif n %}{% else %}{% endif %}{% for m in messages if m %}"
        "{% break %}{% continue %}{% else %}{% endfor %}{% macro f(x={}) %}{{ caller() }}"
        "{% endmacro f %}{% call(a) f() %}{% endcall %}{% filter upper %}{% endfilter %}"
        "{% with a = 1 %}{% endwith %}{% generation %}{% endgeneration %}{% do x %}{% debug %}"
    )),
    "numbers": ("ok", "{{ 2 ** 10 }}{{ '=' * 40 }}{{ range(100000) }}{{ 1000000 * n }}"),
}  # fmt: skip


#: Templates that are none of chats, and one more that is.
_OTHER_TEMPLATES = {
    "templates/page.j2": ("warn", "{% load static %}<a href=\"{% url 'x' %}\">"),
    "prompt.jinja2": ("warn", '{% message role="user" %}{{ text }}{% endmessage %}'),
    "paper.tex.j2": ("warn", "\\newcommand{%\n  \\foo{a}}\n"),
    "unsafe.j2": ("unsafe", "{% load x %}{{ x.__class__ }}"),
    "pages/base.html.j2": (
        "ok",
        (
            "{% extends 'layout.html' %}{% import 'forms/text.j2' as forms with context %}"
            "{% block main %}{{ self.title() }}{{ config.NAME }}{% include part %}{% endblock %}"
        ),
    ),
    "roles/hosts.j2": ("ok", "{{ hostvars[host]['ansible_' + iface].ipv4.address }}"),
    "roles/func.j2": ("unsafe", "{{ x['func_' + y] }}"),
    "roles/hidden.j2": ("unsafe", "{{ x['_' + y] }}"),
    "roles/chat.j2": ("unsafe", "{{ x['ansible_' + y] }}"),
    "pages/outside.j2": ("unsafe", "{% include '/etc/passwd' %}"),
    "pages/above.j2": ("unsafe", "{% from '../../home/x' import y %}"),
    "pages/inside.j2": ("unsafe", "{% include x.__class__ %}"),
    "pages/reaching.j2": ("unsafe", "{{ config.get(x.__class__) }}{{ request | attr('x') }}"),
    "pages/cycler.j2": ("unsafe", "{{ cycler.x }}"),
    "chat.j2": ("unsafe", "{% include 'part.j2' %}"),
    "additional_chat_templates/tool.jinja": ("broken", "{% load x %}"),
}


def _templates() -> Samples:
    found: Samples = {
        f"{name}/chat_template.jinja": (verdict, template.encode())
        for name, (verdict, template) in _TEMPLATES.items()
    }
    return found | {
        name: (verdict, text.encode()) for name, (verdict, text) in _OTHER_TEMPLATES.items()
    }


def _with(*entries: tuple[str, int, bytes]) -> bytes:
    """A GGUF file with these entries."""
    pairs = tuple(pair(key.encode(), kind, value) for key, kind, value in entries)
    return gguf(pairs, (gguf_tensor(),), bytes(32))


def _part(number: int, count: int) -> bytes:
    short = struct.Struct("<H").pack
    return _with(("split.no", 2, short(number)), ("split.count", 2, short(count)))


def _words(words: int, scores: int) -> bytes:
    listed = struct.pack("<IQ", 8, words) + gguf_text(b"w") * words
    numbers = struct.pack("<IQ", 6, scores) + bytes(4 * scores)
    return _with(("tokenizer.ggml.tokens", 9, listed), ("tokenizer.ggml.scores", 9, numbers))


def _gguf() -> Samples:
    return {
        "architecture-of-a-number.gguf": ("broken", _with(("general.architecture", 4, bytes(4)))),
        "split-of-a-text.gguf": ("broken", _with(("split.count", 8, gguf_text(b"2")))),
        "name-not-utf-8.gguf": ("broken", gguf(tensors=(gguf_tensor(b"\xff"),), body=bytes(32))),
        "fewer-scores.gguf": ("broken", _words(5, 4)),
        "all-scores.gguf": ("ok", _words(5, 5)),
        "parts/part-00001-of-00002.gguf": ("ok", _part(0, 2)),
        "parts/part-00002-of-00002.gguf": ("ok", _part(1, 2)),
        "renamed.gguf": ("ok", _part(1, 2)),
        "swapped/part-00002-of-00002.gguf": ("broken", _part(0, 2)),
        "other-count/part-00002-of-00002.gguf": ("broken", _part(1, 3)),
    }


def _messages() -> Samples:
    bad = {
        "shorter": _flax(b"\x92\x04\x04", b"float32", 60),
        "longer": _flax(b"\x92\x04\x04", b"float32", 68),
        "wider": _flax(b"\x92\x04\x04", b"float64", 64),
        "objects": _flax(b"\x91\x08", b"object", 64),
        "no-type": _flax(b"\x91\x08", b"float99", 64),
        "negative": _flax(b"\x91\xfc", b"float32", 16),
        "no-bytes": b"\x81\xa1w\xc7\x0d\x01\x93\x91\x01\xa7float32\xc0\xc0",
        "no-list": b"\x81\xa1w\xc7\x0c\x01\x93\x01\xa7float32\xc4\x00",
        "cut-head": b"\x81\xa1w\xc7\x03\x01\x93\x91\x04",
        "no-text": _flax(b"\x90", b"float32", 4).replace(b"kernel", b"kern\xff\xfe"),
    }
    good = {
        "floats": _flax(b"\x92\x04\x04", b"float32", 64),
        "scalar": _flax(b"\x90", b"float32", 4),
        "empty": _flax(b"\x92\x00\xcd\x01\x00", b"float32", 0),
        "bfloat16": _flax(b"\x91\xcc\x40", b"bfloat16", 128),
        "eight-bits": _flax(b"\x91\x08", b"float8_e4m3fn", 8),
        "long": _flax(b"\x91\x38", b"float32", 224, length=b"\xc5"),
        "texts": _flax(b"\x91\x02", b"str64", 16),
        "bytes-as-text": b"\x82\xa2nd\xc3\xa4data\xa4\0\0\x80\xbf",
        "dates": _flax(b"\x91\x02", b"datetime64[D]", 16),
    }
    found: Samples = {f"{name}.msgpack": ("broken", data) for name, data in bad.items()}
    return found | {f"{name}.msgpack": ("ok", data) for name, data in good.items()}
