"""Samples of safetensors, GGUF, ONNX, Keras, numpy and texts: sound, and with each fault."""

from __future__ import annotations

import json
import struct

from tests.formats.assemble import (
    CALL,
    array,
    field,
    gguf,
    gguf_tensor,
    gguf_text,
    initializer,
    npy,
    onnx,
    pair,
    pickled,
    text,
    torch_zip,
    zipped,
)  # fmt: skip
from tests.kit import pointer

#: How a program of ExecuTorch begins that has a header of its own.
_PROGRAM = b"\x3c\0\0\0ET12eh00\x18\0\0\0"

Samples = dict[str, tuple[str, bytes]]


def encode(header: object, body: int = 0, *, pad: bytes = b"") -> bytes:
    """A safetensors file with this header."""
    raw = (header if isinstance(header, bytes) else json.dumps(header).encode()) + pad
    return len(raw).to_bytes(8, "little") + raw + bytes(body)


def one(**fields: object) -> dict[str, object]:
    """A header with one tensor of 24 bytes, with other fields."""
    entry = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24], **fields}
    return {"w": {key: value for key, value in entry.items() if value is not ...}}


def two(first: list[int], second: list[int]) -> dict[str, object]:
    return {
        "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": first},
        "b": {"dtype": "F32", "shape": [2, 3], "data_offsets": second},
    }


def safetensors() -> Samples:
    twice = b'{"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},' * 2
    twice = twice[:-1].replace(b',{"w"', b',"w"').replace(b"},{", b"},") + b"}"
    duplicate = b'{"w":{"dtype":"F32","dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}'
    good = encode(one(), 24)
    bad: dict[str, bytes] = {
        "short": b"\x01\0\0",
        "empty": b"",
        "length-of-2-63": (2**63).to_bytes(8, "little") + b"{}",
        "length-over-the-cap": (100_000_001).to_bytes(8, "little") + b"{" + bytes(100),
        "length-behind-the-end": (200).to_bytes(8, "little") + b"{}" + bytes(100),
        "cut": good[:-1],
        "longer": good + b"\0",
        "no-object": encode(b"[]", 0),
        "space-first": encode(b" {}", 0),
        "not-utf-8": encode(b'{"\xff":1}', 0),
        "no-json": encode(b"{nonsense}", 0),
        "twice": encode(twice.replace(b'{"w"', b'{"w"', 1), 24),
        "key-twice-inside": encode(duplicate, 24),
        "metadata-twice": encode(b'{"__metadata__":{"a":"1","a":"2"}}', 0),
        "metadata-of-numbers": encode({"__metadata__": {"a": 1}}, 0),
        "metadata-is-a-list": encode({"__metadata__": ["a"]}, 0),
        "no-dtype": encode(one(dtype=...), 24),
        "no-shape": encode(one(shape=...), 24),
        "no-offsets": encode(one(data_offsets=...), 24),
        "more-fields": encode(one(stride=[1]), 24),
        "unknown-dtype": encode(one(dtype="F33"), 24),
        "dtype-is-a-number": encode(one(dtype=32), 24),
        "shape-of-booleans": encode(one(shape=[True, 6]), 24),
        "shape-of-floats": encode(
            b'{"w":{"dtype":"F32","shape":[2.0,3],"data_offsets":[0,24]}}', 24
        ),
        "shape-negative": encode(one(shape=[-2, -3]), 24),
        "shape-is-text": encode(one(shape="23"), 24),
        "shape-too-large": encode(one(shape=[2**62, 2**62]), 24),
        "shape-of-endless-digits": encode(
            b'{"w":{"dtype":"F32","shape":[' + b"9" * 5000 + b'],"data_offsets":[0,24]}}', 24
        ),
        "not-a-number": encode(b'{"w":{"dtype":"F32","shape":[NaN],"data_offsets":[0,24]}}', 24),
        "wrong-length": encode(one(shape=[2, 4]), 24),
        "half-bytes": encode(one(dtype="F4", shape=[3], data_offsets=[0, 2]), 2),
        "offsets-back": encode(one(data_offsets=[24, 0]), 24),
        "three-offsets": encode(one(data_offsets=[0, 12, 24]), 24),
        "gap-first": encode(one(data_offsets=[8, 32]), 32),
        "gap": encode(two([0, 24], [32, 56]), 56),
        "overlap": encode(two([0, 24], [16, 40]), 40),
        "same-place": encode(two([0, 24], [0, 24]), 24),
        "behind-the-end": encode(two([0, 24], [24, 48]), 40),
        "deep": encode(b'{"a":' * 100_000, 0),
        "deep-lists": encode(b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}", 0),
        "half-a-character": encode(b'{"\\ud800":{}}', 0),
        "half-a-character-inside": encode(b'{"__metadata__":{"a":"\\udfff"}}', 0),
        "rubbish-behind": encode(json.dumps(one()).encode() + b"x", 24),
        "nul-behind": encode(one(), 24, pad=b"\0\0"),
        "pickle": pickled(b"}"),
        "torch": torch_zip(),
    }
    found: Samples = {f"{name}.safetensors": ("broken", data) for name, data in bad.items()}
    return found | {
        "good.safetensors": ("ok", good),
        # Its length begins with an opcode that stands for a global.
        "extension.safetensors": (
            "ok", encode(json.dumps(one()).encode().ljust(0x82), 24),
        ),
        "padded.safetensors": ("ok", encode(one(), 24, pad=b"   ")),
        "padded-otherwise.safetensors": ("warn", encode(one(), 24, pad=b"\n\t")),
        "empty-header.safetensors": ("ok", encode({}, 0)),
        "metadata.safetensors": ("ok", encode({"__metadata__": {"format": "pt"}, **one()}, 24)),
        "half-bytes-even.safetensors": (
            "ok", encode(one(dtype="F4", shape=[4], data_offsets=[0, 2]), 2),
        ),
        "no-elements.safetensors": (
            "ok", encode(one(shape=[0, 3], data_offsets=[0, 0]), 0),
        ),
        "long-header.safetensors": ("unknown", encode(b"{" + b" " * 4_000_001 + b"}", 0)),
        "good-by-content.bin": ("ok", good),
        # What only torch and pickle read, which do not load it.
        "pytorch_model.bin": ("broken", good),
        "pytorch_model-00001-of-00002.bin": ("broken", good),
        "adapter_model.bin": ("broken", good),
        "safetensors.pt": ("broken", good),
        "safetensors.ckpt": ("broken", good),
        "safetensors.pkl": ("broken", good),
        "gguf.pth": ("broken", gguf()),
        "array.pt": ("broken", array()),
        "arrays.pth": ("broken", zipped({"a.npy": array()})),
        "array.pkl": ("warn", array()),  # numpy.load opens it
    }  # fmt: skip


def gguf_files() -> Samples:
    good = (gguf_tensor(),)
    name = pair(b"general.name", 8, gguf_text(b"m"))
    bad = {
        "magic-only": b"GGUF",
        "version-1": gguf(version=1),
        "version-99": gguf((name,), version=99),
        "too-many-pairs": gguf((name,), counts=(0, 10**15)),
        "too-many-tensors": gguf((name,), counts=(10**15, 1)),
        "endless-text": gguf((pair(b"a", 8, struct.pack("<Q", 2**60) + b"x"),)),
        "endless-key": gguf((struct.pack("<Q", 2**62) + b"x" * 40,)),
        "endless-array": gguf((pair(b"a", 9, struct.pack("<IQ", 4, 2**60)),)),
        "endless-array-of-texts": gguf((pair(b"a", 9, struct.pack("<IQ", 8, 2**60)),)),
        "array-of-arrays": gguf((pair(b"a", 9, struct.pack("<IQ", 9, 0)),)),
        "unknown-type": gguf((pair(b"a", 77, b"\0" * 8),)),
        "unknown-type-in-array": gguf((pair(b"a", 9, struct.pack("<IQ", 99, 0)),)),
        "bad-boolean": gguf((pair(b"a", 7, b"\x02"),)),
        "key-twice": gguf((name, name)),
        "empty-key": gguf((pair(b"", 4, bytes(4)),)),
        "alignment-0": gguf((pair(b"general.alignment", 4, bytes(4)),)),
        "alignment-48": gguf((pair(b"general.alignment", 4, struct.pack("<I", 48)),)),
        "alignment-is-text": gguf((pair(b"general.alignment", 5, bytes(4)),)),
        "name-twice": gguf((), (gguf_tensor(), gguf_tensor(offset=32)), bytes(64)),
        "long-name": gguf((), (gguf_tensor(b"n" * 64),), bytes(32)),
        "five-dimensions": gguf((), (gguf_tensor(shape=(1, 1, 1, 1, 8)),), bytes(32)),
        "too-large": gguf((), (gguf_tensor(shape=(2**40, 2**40)),), bytes(32)),
        "unknown-kind": gguf((), (gguf_tensor(kind=250),), bytes(32)),
        "kind-that-is-gone": gguf((), (gguf_tensor(kind=4),), bytes(32)),
        "half-a-block": gguf((), (gguf_tensor(shape=(40,), kind=8),), bytes(68)),
        "not-aligned": gguf((), (gguf_tensor(offset=4),), bytes(64)),
        "gap": gguf((), (gguf_tensor(offset=64),), bytes(128)),
        "out-of-order": gguf(
            (), (gguf_tensor(b"a", offset=32), gguf_tensor(b"b", offset=0)), bytes(64)
        ),
        "cut": gguf((), good, bytes(31)),
        "cut-in-the-list": gguf((), good, bytes(32))[:60],
    }
    found: Samples = {f"{name}.gguf": ("broken", data) for name, data in bad.items()}
    swapped = b"GGUF" + struct.pack(">IQQ", 3, 0, 1) + struct.pack(">Q", 1) + b"a"
    swapped += struct.pack(">IQ", 8, 2) + b"xy"
    found |= {
        "good.gguf": ("ok", gguf((name,), good, bytes(32))),
        "two.gguf": ("ok", gguf((name,), (gguf_tensor(), gguf_tensor(b"u", offset=32)), bytes(64))),
        "swapped.gguf": ("ok", swapped),
        "longer.gguf": ("warn", gguf((name,), good, bytes(99))),
        "hidden.gguf": ("broken", gguf((name,), good, bytes(99) + b"x")),
        "text.gguf": ("broken", b"GGUF is a format of files\n"),
    }
    for label, verdict, template in TEMPLATES:
        entry = pair(b"tokenizer.chat_template", 8, gguf_text(template.encode()))
        found[f"template-{label}.gguf"] = (verdict, gguf((name, entry), good, bytes(32)))
    text = gguf_text(TEMPLATES[0][2].encode())
    more = pair(b"tokenizer.chat_template.tool_use", 8, text)
    found["template-second-key.gguf"] = ("unsafe", gguf((name, more), good, bytes(32)))
    listed = pair(b"tokenizer.chat_templates", 9, struct.pack("<IQ", 8, 1) + text)
    found["template-in-array.gguf"] = ("unsafe", gguf((name, listed), good, bytes(32)))
    return found


#: Label, verdict, template.
TEMPLATES = (
    ("dunder", "unsafe", "{{ ''.__class__.__mro__[1].__subclasses__() }}"),
    ("globals", "unsafe", "{% set x = cycler.__init__.__globals__ %}"),
    ("attr", "unsafe", "{{ messages | attr('pop') }}"),
    ("attr-spaced", "unsafe", "{{ messages|  attr  ('x') }}"),
    ("subscript", "unsafe", "{{ messages['__class__'] }}"),
    ("escaped", "unsafe", "{{ messages['\\x5f\\x5fclass\\x5f\\x5f'] }}"),
    ("escaped-u", "unsafe", '{{ messages["\\u005f\\u005fclass\\u005f\\u005f"] }}'),
    ("joined", "unsafe", "{{ messages['_'*2 ~ 'class' ~ '_'*2] }}"),
    ("pieces", "unsafe", "{{ messages['__' + 'class' + '__'] }}"),
    ("list-joined", "unsafe", "{{ messages[['_','_','class','_','_'] | join] }}"),
    ("by-number", "unsafe", "{{ messages['%c%cclass%c%c' | format(95, 95, 95, 95)] }}"),
    ("piece-in-the-middle", "unsafe", "{{ ''['_'~'_class_'~'_'] }}"),
    ("piece-by-name", "unsafe", "{% set u = '_' %}{{ ''[u~u~'class'~u~u] }}"),
    ("side-by-side", "unsafe", "{{ ''['_' '_class_' '_'] }}"),
    ("centred", "unsafe", "{{ x.y['class'|center(9)|replace(' ', '_')] }}"),
    ("by-percent", "unsafe", "{{ ''['%c%cclass%c%c' % (95, 95, 95, 95)] }}"),
    ("by-format", "unsafe", "{{ x['a'][('{0}{0}class{0}{0}').format('_')] }}"),
    ("replaced", "unsafe", "{{ ''['X_class_X'|replace('X', '_')] }}"),
    ("inside-another", "unsafe", "{{ x[y['a' ~ b]] }}"),
    ("deep-subscripts", "unsafe", "{{ x" + "[x" * 30_000 + "]" * 30_000 + " }}"),
    ("quotes-that-do-not-end", "warn", "{{ '" + "\\'" * 50_000),
    ("spaced-subscript", "unsafe", "{{ x ['a' ~ b] }}"),
    ("list-in-subscript", "unsafe", "{{ x[['a', b] | join] }}"),
    ("lists", "ok", (
        "{% if a in ['a' ~ b] or c not in ['d'] %}{{ [x['a'], ['b' ~ c]] }}{% endif %}"
    )),
    ("plain-subscripts", "ok", (
        "{{ x['a'][0]['b'][i + 1][-1][1:][loop.index0 - 1] ~ ['a', 'b' ~ c]|join }}"
        "{{ x[y['a']] + x['b' if c == 'd' else 'e'] }}{{ {'a': 'b' ~ c}['a'] }}"
    )),
    ("underscores", "ok", "{{ m.name.replace('_', ' ') ~ '_' ~ m.id + '_' + x }}"),
    # Names that come through variables.
    ("variable", "unsafe", "{% set u = '_' %}{% set n = u+u ~ 'class' ~ u+u %}{{ x[n] }}"),
    ("variable-plus", "unsafe", "{% set u = '_' %}{% set n = u+u+c+u+u %}{{ x[n] }}"),
    ("variable-inside", "unsafe", "{% set u = '_' %}{{ x[u+u+c+u+u] }}"),
    ("variable-times", "unsafe", "{% set u = '_' %}{% set v = u * 2 %}{{ x[v] }}"),
    ("variable-of-variable", "unsafe", "{% set n = 'a' ~ b %}{% set m = n %}{{ x[m] }}"),
    ("variable-later", "unsafe", "{% macro f() %}{{ x[n] }}{% endmacro %}{% set n = 'a' ~ b %}"),
    ("variable-joined", "unsafe", "{% set n = ['a', 'b'] | join %}{{ x[n] }}"),
    ("variable-replaced", "unsafe", "{% set n = 'XXclassXX' | replace('X', y) %}{{ x[n] }}"),
    ("variable-reversed", "unsafe", "{% set n = 'abc' | reverse %}{{ x[n] }}"),
    ("variable-formatted", "unsafe", "{% set n = '%s' % y %}{{ x[n] }}"),
    ("variable-by-format", "unsafe", "{% set n = '{}b'.format(y) %}{{ x[n] }}"),
    ("variable-of-namespace", "unsafe", (
        "{% set ns = namespace(n='') %}{% for c in cs %}{% set ns.n = ns.n + c %}{% endfor %}"
        "{{ x[ns.n] }}"
    )),
    ("variable-of-block", "unsafe", "{% set n %}a{{ b }}c{% endset %}{{ x[n] }}"),
    ("variable-of-macro", "unsafe", "{% macro m() %}ab{% endmacro %}{{ x[m()] }}"),
    ("variable-of-macro-set", "unsafe", (
        "{% macro m() %}a{% endmacro %}{% set n = m() %}{{ x[n] }}"
    )),
    ("argument-of-macro", "unsafe", (
        "{% macro get(o, n) %}{{ o[n] }}{% endmacro %}{{ get(x, 'a' ~ b) }}"
    )),
    ("variable-with", "unsafe", "{% with n = 'a' ~ b %}{{ x[n] }}{% endwith %}"),
    ("variable-of-loop", "unsafe", "{% set n = 'a' ~ b %}{% for m in [n] %}{{ x[m] }}{% endfor %}"),
    ("variable-lowered", "unsafe", "{% set n = 'A' ~ B %}{{ x[n | lower] }}"),
    ("variable-mapped", "unsafe", "{% set n = 'a' ~ b %}{{ x | map(attribute=n) | list }}"),
    ("variable-selected", "unsafe", "{% set n = 'a' ~ b %}{{ x | selectattr(n) | list }}"),
    ("variable-filter", "unsafe", "{{ x | map(n) | list }}"),
    ("mapped-attr", "unsafe", "{{ x | map('attr', n) | list }}"),
    ("token-of-tokenizer", "unsafe", "{{ x[bos_token] }}"),
    ("token-set", "unsafe", "{% set n = eos_token %}{{ x[n] }}"),
    ("formatted-field", "unsafe", "{{ '{0.__class__}'.format(messages) }}"),
    ("formatted-variable", "unsafe", "{% set f = '{0.' ~ n ~ '}' %}{{ f.format(messages) }}"),
    ("lipsum", "unsafe", "{% set u = (lipsum | string)[18] %}{{ x[u + u + y] }}"),
    ("variables-of-a-chat", "ok", (
        "{% set i = messages | length - 1 %}{% set key = 'role' %}{% set text = 'a' ~ b %}"
        "{{ messages[i][key] ~ text }}{% for k, v in tools.items() %}{{ tools[k] }}{% endfor %}"
        "{% set ns = namespace(seen=[], at=0) %}"
        "{% set ns.seen = ns.seen + [m.name.split('.')[0]] %}"
        "{% for one in ns.seen %}{{ d[one] }}{% endfor %}{{ messages[ns.at + 1] }}"
        "{{ messages[text | length] }}{{ text[1:] }}{{ text.split('x')[0] }}{{ bos_token ~ text }}"
        "{% macro show(o, k) %}{{ o[k] }}{% endmacro %}{{ show(m, 'role') }}"
        "{{ tools | map(attribute='name') | join(', ') }}{% set t %}a{% endset %}{{ t }}"
    )),
    ("popen", "unsafe", "{{ lipsum.os.popen('id').read() }}"),
    ("own-open", "unsafe", "{% macro open(x) %}a{% endmacro %}{{ os_like.open('a') }}"),
    ("include", "unsafe", "{% include '/etc/passwd' %}"),
    ("import", "unsafe", "{% from 'x' import y %}"),
    ("map-attribute", "unsafe", "{{ messages | map(attribute='__class__') | list }}"),
    ("statement", "unsafe", "{%- if x.__init__ -%}a{%- endif -%}"),
    ("end-in-a-string", "unsafe", "{{ '}}' ~ messages.__class__ }}"),
    ("end-in-another", "unsafe", '{% set x = "%}" ~ y.__init__ %}'),
    ("unclosed-dunder", "unsafe", "{{ x.__class__ "),
    ("open-string", "warn", "{{ 'a }} text"),
    ("unclosed", "warn", "{{ bos_token }}{{ messages[0].content "),
    ("good", "ok", "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m.content }}{% endfor %}"),
    (
        "usual-words", "ok", (
        "{%- set ns = namespace(found=false) -%}{% if messages[0].role == 'system' %}"
        "{{ raise_exception('no system') }}{% endif %}{{ strftime_now('%d %b %Y') }}"
        "{{ messages | selectattr('role', 'equalto', 'user') | list | length }}"
        "{{ tools | tojson }} text of __init__ and os.system( outside"
        ),
    ),
    ("comment", "ok", "{# __class__ #}{{ bos_token }}"),
    ("token", "ok", "{{ '<__media__>' + message.content }}"),
)  # fmt: skip


def onnx_files() -> Samples:
    inside = onnx(initializer(inside=bytes(8)))
    out = "weights.data"
    bad = {
        "up": onnx(initializer(("location", "../weights.data"))),
        "up-behind-many": onnx(
            graph=field(5, initializer(inside=bytes(8))) * 300
            + field(5, initializer(("location", "../weights.data")))
        ),
        "deep-up": onnx(initializer(("location", "a/../../x"))),
        "absolute": onnx(initializer(("location", "/etc/passwd"))),
        "drive": onnx(initializer(("location", "C:\\x"))),
        "share": onnx(initializer(("location", "\\\\server\\x"))),
        "backslash-up": onnx(initializer(("location", "a\\..\\..\\x"))),
        "other-key": onnx(initializer(("location", out), ("size_limit", "9"))),
        "attribute-key": onnx(initializer(("location", out), ("__class__", "x"))),
        "in-attribute": onnx(
            graph=field(
                1, field(4, b"Constant") + field(5, field(5, initializer(("location", "/x"))))
            )
        ),
        "in-subgraph": onnx(
            graph=field(
                1, field(4, b"If") + field(5, field(6, field(5, initializer(("location", "../x")))))
            )
        ),
        "sparse": onnx(graph=field(15, field(1, initializer(("location", "../x"))))),
        "in-function": onnx(
            more=field(25, field(7, field(5, field(5, initializer(("location", "../x"))))))
        ),
        "in-training": onnx(more=field(20, field(1, field(5, initializer(("location", "/x")))))),
    }
    found: Samples = {f"{name}.onnx": ("unsafe", data) for name, data in bad.items()}
    return found | {
        "inside.onnx": ("ok", inside),
        "outside.onnx": (
            "ok",
            onnx(initializer(("location", out), ("offset", "0"), ("length", "8"))),
        ),
        "location-twice.onnx": (
            "broken",
            onnx(initializer(("location", "../x"), ("location", out))),
        ),
        "no-location.onnx": ("broken", onnx(initializer(("offset", "0")))),
        "offset-of-words.onnx": ("broken", onnx(initializer(("location", out), ("offset", "x")))),
        "offset-negative.onnx": ("broken", onnx(initializer(("location", out), ("offset", "-1")))),
        "cut.onnx": ("broken", inside[:-3]),
        "rubbish.onnx": ("broken", b"\x08\x08\x12\xff\xff\xff\xff"),
        "no-graph.onnx": ("broken", field(1, 8) + field(2, b"x")),
        "deep.onnx": ("broken", onnx(graph=_deep(60))),
    }


def _deep(levels: int) -> bytes:
    body = field(5, initializer(("location", "w.data")))
    for _ in range(levels):
        body = field(1, field(5, field(6, body)))
    return body


def keras(config: object) -> bytes:
    """A Keras archive with this configuration."""
    return zipped(
        {
            "metadata.json": b'{"keras_version": "3.12.0"}',
            "config.json": json.dumps(config).encode(),
            "model.weights.npz": zipped({"a.npy": array()}),
        },
        compress=True,
    )


def model(*layers: object) -> dict[str, object]:
    return {
        "module": "keras", "class_name": "Sequential", "registered_name": None,
        "config": {"name": "s", "layers": list(layers)},
    }  # fmt: skip


def layer(
    class_name: str, module: str | None = "keras.layers", **more: object
) -> dict[str, object]:
    config = more.pop("config", {"name": "x"})
    found = {"class_name": class_name, "config": config, "registered_name": None, **more}
    return found if module is None else {"module": module, **found}


def keras_files() -> Samples:
    dense = layer("Dense", config={"units": 2, "activation": "relu"})
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}
    bad = {
        "lambda": layer("Lambda"),
        "lambda-2": {"class_name": "Lambda", "config": {"function_type": "lambda"}},
        "lambda-value": layer("Dense", config={"activation": code}),
        "other-module": layer("Popen", "subprocess"),
        "function-of-os": layer("function", "os", config="system", registered_name="function"),
        "function-of-python": layer("eval", "builtins"),
        "get-file": layer("function", "keras.utils", config="get_file", registered_name="get_file"),
        "deep": layer("Bidirectional", config={"layer": layer("TimeDistributed", config={
            "layer": layer("Lambda"),
        })}),
    }  # fmt: skip
    found: Samples = {
        f"{name}.keras": ("unsafe", keras(model(dense, bad_layer)))
        for name, bad_layer in bad.items()
    }
    for name, bad_layer in bad.items():
        found[f"{name}/config.json"] = ("unsafe", json.dumps(model(bad_layer)).encode())
    custom = layer("MyLayer", "keras.layers", registered_name="my_package>MyLayer")
    return found | {
        "good.keras": ("ok", keras(model(dense, layer("Dropout")))),
        "utf-16.keras": (
            "unsafe",
            zipped({
                "metadata.json": b"{}",
                "config.json": json.dumps(model(layer("Lambda"))).encode("utf-16-le"),
            }),
        ),
        "custom.keras": ("warn", keras(model(custom))),
        "no-config.keras": ("broken", zipped({"metadata.json": b"{}", "x.txt": b"x"})),
        "config-is-no-json.keras": (
            "broken", zipped({"metadata.json": b"{}", "config.json": b'{"class_name": oops'}),
        ),
        "transformers/config.json": ("ok", b'{"model_type": "bert", "hidden_size": 8}\n'),
    }  # fmt: skip


def arrays() -> Samples:
    bad = {
        "cut": array(body=bytes(20)),
        "line-of-windows": array().replace(b"\n", b"\r\n", 1)[:-1],
        "cut-header": array()[:40],
        "magic-only": b"\x93NUMPY",
        "version-9": npy("{}", version=9),
        "no-dictionary": npy("import os"),
        "code": npy("{'descr': __import__('os').system('x'), 'fortran_order': False, 'shape': ()}"),
        "key-missing": npy("{'descr': '<f4', 'shape': ()}", bytes(4)),
        "key-more": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}", bytes(4)),
        "shape-negative": array(shape="(-2, 3)"),
        "shape-of-booleans": array(shape="(True, 6)"),
        "shape-endless": array(shape="(4611686018427387904, 4611686018427387904)"),
        "type-unknown": array(descr="'<q4'"),
        "deep": npy("(" * 900),
    }
    found: Samples = {f"{name}.npy": ("broken", data) for name, data in bad.items()}
    return found | {
        "good.npy": ("ok", array()),
        "blanks-to-the-end.npy": ("ok", array().replace(b"\n", b" ", 1)),
        "fields.npy": ("ok", array("[('a', '<i4'), ('b', '<f8', (2,))]", "(1,)", bytes(20))),
        "text.npy": ("ok", array("'<U3'", "(2,)")),
        "scalar.npy": ("ok", array("'<f8'", "()", bytes(8))),
        "python-2.npy": ("ok", array(shape="(2L, 3L)")),
        "longer.npy": ("warn", array(body=bytes(25))),
        "hidden.npy": ("broken", array() + b"hidden"),
        "hidden-behind-zeros.npy": ("broken", array(body=bytes(9000)) + b"x"),
        "hidden-pickle.npy": ("unsafe", array() + pickled(CALL)),
        "appended.npy": ("ok", array() * 3),
        "appended-objects.npy": ("ok", array() + array("'|O'", "(1,)", pickled(b"N"))),
        "appended-unsafe.npy": ("unsafe", array() * 2 + array("'|O'", "(1,)", pickled(CALL))),
        "appended-cut.npy": ("broken", (array() * 2)[:-1]),
        "many-appended.npy": ("ok", array(shape="(0,)", body=b"") * 500),
        "good.npz": ("ok", zipped({"a.npy": array(), "b.npy": array()})),
        "packed.npz": ("ok", zipped({"a.npy": array()}, compress=True)),
        "cut.npz": ("broken", zipped({"a.npy": array()})[:-5]),
    }


def impostors() -> Samples:
    page = b"<!DOCTYPE html>\n<html><head><title>404</title></head></html>\n"
    conflict = b"<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> x\n"
    as_if = {
        "page": page,
        "page-upper": page.upper(),
        "json": b'{"error": "Repository not found"}\n',
        "xml": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
        "text": b"Entry not found\n",
        "conflict": conflict,
        "utf-16": "text".encode("utf-16"),
        "empty": b"",
        "zeros": bytes(100_000),
        "picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "program": b"\x7fELF\x02\x01\x01" + bytes(100),
        "script": b"#!/bin/sh\necho\n",
    }
    found: Samples = {}
    for suffix in (
        ".bin",
        ".pt",
        ".safetensors",
        ".gguf",
        ".onnx",
        ".h5",
        ".npz",
        ".tflite",
        ".PTH",
    ):
        for name, data in as_if.items():
            found[f"{name}{suffix}"] = ("broken", data)
    found |= {
        "unknown.bin": ("unknown", b"\x01\x02\x03\xfe\xfd" * 100),
        "unknown.pt": ("unknown", b"\x01\x02\x03\xfe\xfd" * 100),
        "texts.pt": ("broken", zipped({"a.txt": b"a"})),
        "program.pte": ("ok", _PROGRAM + struct.pack("<QQ", 64, 0) + bytes(64)),
        "program-segments.pte": ("ok", _PROGRAM + struct.pack("<QQ", 40, 64) + bytes(64)),
        "program-cut.pte": ("broken", _PROGRAM + struct.pack("<QQ", 99, 0) + bytes(64)),
        "program-no-segments.pte": ("broken", _PROGRAM + struct.pack("<QQ", 40, 100) + bytes(64)),
        "program-old.pte": ("ok", b"\x1c\0\0\0ET12" + bytes(64)),
        "program-none.pte": ("broken", b"\1\2\xfe\0" * 20),
        "ctranslate.bin": ("ok", b"\6\0\0\0\x10\0TransformerSpec\0" + bytes(64)),
        "rar.pt": ("broken", b"Rar!\x1a\x07\x01\x00" + bytes(99)),
        "zip-of-texts.safetensors": ("broken", zipped({"a.txt": b"a"})),
        "pickle.onnx": ("broken", pickled(b"}")),
        "page.txt": ("ok", page),
        "page/config.json": ("broken", page),
        "conflict/tokenizer_config.json": ("broken", conflict),
        "README.md": ("ok", b"# Notes\nconfig\nimport os\n"),
        "vocab.txt": ("ok", b"cab\ncat\ncow\ndog\n"),
        "NB.txt": ("ok", b"N.B. this is a text\n"),
        "image.png": ("ok", as_if["picture"]),
        "empty.txt": ("ok", b""),
        "big5.txt": ("ok", "中文說明".encode("big5") * 40),
    }
    for label, verdict, template in TEMPLATES:
        tokenizer = json.dumps({"chat_template": template}).encode()
        found[f"{label}/tokenizer_config.json"] = (verdict, tokenizer)
        found[f"{label}/chat_template.jinja"] = (verdict, template.encode())
    several = {"chat_template": [{"name": "rag", "template": TEMPLATES[0][2]}]}
    found["several/tokenizer_config.json"] = ("unsafe", json.dumps(several).encode())
    found["deep/tokenizer_config.json"] = ("broken", b'{"a":' * 200_000)
    return found


def pointers() -> Samples:
    good = pointer(b"x" * 2000)
    return {
        "pointer.bin": ("pointer", good),
        "pointer.safetensors": ("pointer", good),
        "pointer.txt": ("pointer", good),
        "crlf.bin": ("pointer", good.replace(b"\n", b"\r\n")),
        "spaces.bin": ("pointer", b"\n" + good + b"\n\n"),
        # git-lfs takes neither for a pointer.
        "mark.bin": ("broken", b"\xef\xbb\xbf" + good),
        "utf-16.bin": ("broken", good.decode().encode("utf-16")),
        "old.bin": ("pointer", good.replace(b"git-lfs.github.com", b"hawser.github.com")),
        "small.bin": ("pointer", pointer(b"x" * 130)),
        "extension.bin": (
            "pointer", good.replace(b"\noid", b"\next-0-foo sha256:" + b"a" * 64 + b"\noid", 1),
        ),
        "cut.bin": ("broken", good[:-20]),
        "short-oid.bin": ("broken", good.replace(b"sha256:", b"sha256:zz", 1)),
        "sha1.bin": ("broken", good.replace(b"sha256:", b"sha1:", 1)),
        "no-size.bin": ("broken", good.split(b"size")[0]),
        "size-negative.bin": ("broken", good.replace(b"size 2000", b"size -1")),
        "size-too-large.bin": ("broken", good.replace(b"size 2000", b"size 9223372036854775808")),
        "version-9.bin": ("broken", good.replace(b"spec/v1", b"spec/v9")),
        "priority-twice.bin": (
            "broken",
            good.replace(
                b"\noid",
                b"\next-0-a sha256:" + b"a" * 64 + b"\next-0-b sha256:" + b"b" * 64 + b"\noid", 1,
            ),
        ),
        "behind-a-comment.bin": ("broken", b"# a\n" + good),
        "too-long.bin": ("broken", good + b"x" * 2000),
        "words-in-a-pickle.bin": (
            "unsafe", pickled(text("version https://git-lfs.github.com/spec/v1\n") + b"0" + CALL),
        ),
        "conflict.bin": (
            "broken", b"<<<<<<< HEAD\n" + good + b"=======\n" + pointer(b"y") + b">>>>>>> a\n",
        ),
    }  # fmt: skip
