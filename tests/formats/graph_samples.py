"""Samples of TensorFlow: graphs that are messages put together field by field, and checkpoints."""

from __future__ import annotations

import json
import struct

from pmgit.formats import tensor_bundle
from tests.formats.assemble import field, varint

Samples = dict[str, tuple[str, bytes]]

VERSIONS = field(4, field(1, 1882))


#: A group with a number, bytes and another group in it.
GROUP = b"\x4b\x08\x01\x12\x02ab\x53\x54\x4c"


def node(operation: str, name: str = "n", *inputs: str, more: bytes = b"") -> bytes:
    """A node of a graph."""
    taken = b"".join(field(3, one.encode()) for one in inputs)
    return field(1, name.encode()) + field(2, operation.encode()) + taken + more


def text_attribute(key: str, value: str) -> bytes:
    return field(5, field(1, key.encode()) + field(2, field(2, value.encode())))


def graph(*nodes: bytes, functions: tuple[bytes, ...] = (), versions: bytes = VERSIONS) -> bytes:
    library = field(2, b"".join(field(1, one) for one in functions)) if functions else b""
    return b"".join(field(1, one) for one in nodes) + library + versions


def function(name: str, arguments: tuple[str, ...], *nodes: bytes) -> bytes:
    taken = b"".join(field(2, field(1, one.encode()) + field(3, 7)) for one in arguments)
    return field(1, field(1, name.encode()) + taken) + b"".join(field(3, one) for one in nodes)


def calls(name: str, *inputs: str) -> bytes:
    named = field(5, field(1, b"f") + field(2, field(10, field(1, name.encode()))))
    return node("StatefulPartitionedCall", "call", *inputs, more=named)


def saved_model(graph_def: bytes, more: bytes = b"") -> bytes:
    return field(1, 1) + field(2, field(1, field(5, b"2.21.0")) + field(2, graph_def) + more)


#: What TensorFlow puts into every saved model: a function that saves it under a name that it is
#: given, and the call of it.
SAVES = function(
    "__inference__traced_save_7", ("file_prefix", "w"),
    node("Const", "part"),
    node("StringJoin", "joined", "file_prefix", "part:output:0"),
    node("ShardedFilename", "shard", "joined:output:0", "part:output:0"),
    node("SaveV2", "SaveV2", "shard:filename:0", "part:output:0", "part:output:0", "w"),
    node("Pack", "packed", "shard:filename:0", "^SaveV2"),
    node("MergeV2Checkpoints", "merged", "packed:output:0", "file_prefix", "^SaveV2"),
)  # fmt: skip
ASKED = node("Placeholder", "saver_filename")
WHOLE = graph(
    node("Const", "c"), node("Placeholder", "x"), node("MatMul", "y", "x", "c"), ASKED,
    calls("__inference__traced_save_7", "saver_filename", "c"), functions=(SAVES,),
)  # fmt: skip


def constant(name: str, *texts: str, field_of_text: int = 8) -> bytes:
    """A node that holds texts."""
    tensor = field(1, 7) + b"".join(field(field_of_text, text.encode()) for text in texts)
    return node("Const", name, more=field(5, field(1, b"value") + field(2, field(8, tensor))))


def saves_as(*names: bytes) -> bytes:
    """A graph of TensorFlow 1 that saves under names that are constants."""
    inputs = [f"name{number}" for number in range(len(names))]
    return graph(
        node("Const", "c"), node("Placeholder", "x"), *names,
        node("StringJoin", "joined", *inputs), constant("which", ""),
        node("ShardedFilename", "shard", "joined", "c", "c"),
        node("SaveV2", "s", "shard", "which", "which", "x"),
    )  # fmt: skip


PART = f"_temp_{'0a' * 16}/part"


def keras(class_name: str, **more: object) -> bytes:
    """The metadata of one layer of Keras."""
    layer = {"class_name": class_name, "name": "l", "trainable": True, "config": {"name": "l"}}
    escaped = more.pop("escaped", False)
    text = json.dumps(layer | more).encode()
    text = text.replace(b"Lambda", b"L\\u0061mbda") if escaped else text
    return field(1, field(3, b"root") + field(4, b"_tf_keras_layer") + field(5, text))


def graphs() -> Samples:
    prints = node("PrintV2", "p", "x", more=text_attribute("output_stream", "file:///tmp/x"))
    aloud = node("PrintV2", "p", "x", more=text_attribute("output_stream", "stderr"))
    save = node("SaveV2", "s", "c:0", "c", "c", "x")
    fixed = graph(node("Const", "c"), node("Placeholder", "x"), save)
    old_objects = field(
        7, field(1, field(4, field(1, b"_tf_keras_layer") + field(3, b'{"class_name": "Lambda"}')))
    )
    good = saved_model(WHOLE)
    deep = function("outer", ("a",), calls("__inference__traced_save_7", "a"))
    hidden = function("hidden", ("a",), node("WriteFile", "w", "a", "a"))
    bad = {
        name: graph(node("Const", "c"), node(name, "bad", "c"))
        for name in (
            "ReadFile", "WriteFile", "MatchingFiles", "PyFunc", "PyFuncStateless", "EagerPyFunc",
            "WholeFileReaderV2", "TextLineDataset", "TFRecordDatasetV2", "SaveDatasetV2",
            "ExperimentalDatasetToTFRecord", "CreateSummaryFileWriter", "DebugIdentityV2",
            "DataServiceDatasetV4", "RpcClient", "ImportEvent",
        )
    }  # fmt: skip
    bad |= {
        "other-name": saves_as(constant("name0", "/etc/cron.d/model")),
        "other-end": saves_as(constant("name0", "model"), constant("name1", "/../x")),
        "two-texts": saves_as(constant("name0", "model", "/etc/x")),
        "packed-text": saves_as(
            constant("name0", "model"), constant("name1", "x", field_of_text=4)
        ),
        "no-text": saves_as(node("Const", "name0")),
        "print": graph(node("Placeholder", "x"), prints),
        "fixed-name": fixed,
        "merge": graph(node("Const", "c"), node("MergeV2Checkpoints", "m", "c", "c")),
        "in-function": graph(node("Const", "c"), functions=(hidden,)),
        "given-name": graph(
            node("Const", "c"), calls("__inference__traced_save_7", "c", "c"), functions=(SAVES,)
        ),
        "given-name-deep": graph(
            node("Const", "c"), calls("outer", "c"), functions=(SAVES, deep)
        ),
        "nodes-last": VERSIONS + field(2, field(1, hidden)) + field(1, node("Const")),
        "operation-twice": graph(
            node("Const", "c"), node("Identity", "x", more=field(2, b"WriteFile"))
        ),
        "behind-large": graph(
            field(1, b"n") + field(5, bytes(40_000)) + field(2, b"WriteFile"), node("NoOp")
        ),
        "text": graph(node("WriteFile", "writes", "to", "this"), versions=b""),
    }  # fmt: skip
    found: Samples = {f"tf-{name}.pb": ("unsafe", data) for name, data in bad.items()}
    found |= {
        f"tf-{name}/saved_model.pb": ("unsafe", saved_model(data)) for name, data in bad.items()
    }
    asset = field(6, field(2, b"vocab.txt"))
    return found | {
        "tf-frozen.pb": ("ok", WHOLE),
        "tf-print.pb.pb": ("ok", graph(node("Placeholder", "x"), aloud)),
        "tf-no-versions.pb": (
            "warn", graph(node("Const", "c"), node("Identity", "i", "c"), versions=b""),
        ),
        "tf-cut-between-nodes.pb": ("broken", graph(node("Const", "c"), versions=b"")),
        "tf-mapped.pb": ("unsafe", graph(node("ImmutableConst", more=text_attribute(
            "memory_region_name", "/etc/passwd",
        )))),
        "tf-mapped-package.pb": ("ok", graph(node("ImmutableConst", more=text_attribute(
            "memory_region_name", "memmapped_package://1",
        )))),
        "error.pb": ("broken", b"curl: (22) The requested URL returned error: 404\n"),
        "tf-begin/model.ckpt.meta": ("broken", b"\x0a"),
        "tf-begin/ckpt-1.index": ("broken", b"\0\0\x08"),
        "tf-cut.pb": ("broken", WHOLE[:-40]),
        "tf-begin.pb": ("broken", WHOLE[:5]),
        "tf-text.pb": ("ok", b'# graph\nnode {\n  name: "a"\n  op: "Const"\n}\n'),
        "tf-unsafe-text.pb": ("unsafe", b'node {\n  name: "a"\n  op: "WriteFile"\n}\n'),
        "tf-unsafe/saved_model.pbtxt": (
            "unsafe", b"meta_graphs { graph_def { node { op: 'Write'\n \"\\x46ile\" } } }\n",
        ),
        "tf-text/saved_model.pbtxt": ("ok", b"meta_graphs { graph_def { node { op: 'Add' } } }"),
        # Readers pass over groups, which nobody has here: in front of what runs, in any order.
        "tf-group.pb": ("unsafe", VERSIONS + field(1, GROUP + node("WriteFile", "w"))),
        "tf-group-inside.pb": ("unsafe", graph(node("Const", "c"), GROUP + node("WriteFile"))),
        "tf-group-open.pb": ("broken", VERSIONS + GROUP[:1]),
        "caffe2-net.pb": (
            "ok",
            field(1, b"squeezenet") + field(2, field(1, b"data") + field(4, b"Conv")),
        ),
        "messages.pb": ("ok", b"".join(field(1, b"word%d" % number) for number in range(90))),
        "tf-no-message.pb": ("broken", b"\x07\xff\xfe" * 30),
        "tf-by-content.bin": ("ok", WHOLE),
        "tf-by-content.pt": ("broken", WHOLE),
        "tf-unsafe.bin": ("unsafe", bad["WriteFile"]),
        "tf-graph.meta": ("ok", field(1, field(5, b"1.15")) + field(2, WHOLE)),
        "tf-unsafe.meta": ("unsafe", field(1, field(5, b"1.15")) + field(2, fixed)),
        "tf-trained.meta": (
            "warn", field(1, field(5, b"1.15")) + field(2, bad["TFRecordDatasetV2"]),
        ),
        "tf-reads.meta": ("unsafe", field(1, field(5, b"1.15")) + field(2, bad["ReadFile"])),
        "tf-trained/graph.pbtxt": ("warn", b'node { name: "a" op: "MatchingFiles" }\n'),
        "tf-cut.meta": ("broken", (field(1, field(5, b"1.15")) + field(2, WHOLE))[:-9]),
        "tf-saver.pb": ("ok", saves_as(constant("name0", "model"), constant("name1", PART))),
        "tf-saver.meta": ("ok", field(1, field(5, b"1.4")) + field(2, saves_as(
            constant("name0", "model"),
        ))),
        "tf/saved_model.pb": ("ok", good),
        "tf-asset/saved_model.pb": ("ok", saved_model(WHOLE, asset)),
        "tf-up/saved_model.pb": ("unsafe", saved_model(WHOLE, field(6, field(2, b"../../x")))),
        "tf-cut/saved_model.pb": ("broken", good[:-9]),
        "tf-version-only/saved_model.pb": ("broken", field(1, 1)),
        "tf-no-graph/saved_model.pb": ("broken", field(1, 1) + field(2, field(1, b""))),
        "tf-other/saved_model.pb": ("broken", b"\x09no message"),
        "tf-old-keras/saved_model.pb": ("unsafe", saved_model(WHOLE, old_objects)),
        "tf/keras_metadata.pb": ("ok", keras("Dense") + keras("InputLayer")),
        "tf-lambda/keras_metadata.pb": ("unsafe", keras("Dense") + keras("Lambda")),
        "tf-escaped/keras_metadata.pb": (
            "unsafe", keras("Lambda", escaped=True),
        ),
        "tf-named/keras_metadata.pb": (
            "ok", keras("TFOpLambda", config={"function": "math.reduce_mean"}),
        ),
        "tf-reads/keras_metadata.pb": (
            "unsafe", keras("TFOpLambda", config={"function": "io.read_file"}),
        ),
        "tf-cut/keras_metadata.pb": ("broken", keras("Dense")[:-5]),
        "tf-no-json/keras_metadata.pb": ("broken", keras("Dense").replace(b'"name"', b'"nam"e', 1)),
        "fingerprint.pb": ("ok", field(1, 2**63) + field(2, 5)),
    } | indexes()  # fmt: skip


# --- checkpoints


def entry(
    shape: tuple[int, ...], offset: int, size: int, *, kind: int = 1, shard: int = 0
) -> bytes:
    """What an index says of a tensor."""
    sizes = b"".join(field(2, field(1, one)) for one in shape)
    return (
        field(1, kind) + field(2, sizes) + field(3, shard) + field(4, offset) + field(5, size)
        + b"\x35\0\0\0\0"
    )  # fmt: skip


def block(entries: dict[bytes, bytes], *, packed: int = 0) -> bytes:
    body = b"".join(
        b"\0" + varint(len(key)) + varint(len(value)) + key + value
        for key, value in entries.items()
    )
    body += struct.pack("<II", 0, 1)
    if packed == 1:  # by snappy, as one piece
        body = varint(len(body)) + b"\xf4" + struct.pack("<H", len(body) - 1) + body
    body += bytes((packed,))
    return body + struct.pack("<I", tensor_bundle._sum(body))


def table(entries: dict[bytes, bytes], *, packed: int = 0) -> bytes:
    """A sorted table of one block."""
    data, none = block(entries, packed=packed), block({})
    handle = varint(0) + varint(len(data) - 5)
    about = block({b"~": handle})
    foot = varint(len(data)) + varint(len(none) - 5)
    foot += varint(len(data) + len(none)) + varint(len(about) - 5)
    return data + none + about + foot.ljust(40, b"\0") + tensor_bundle._MAGIC


HEADER = {b"": field(1, 1) + field(3, field(1, 1))}


def index(*entries: bytes) -> bytes:
    return table(HEADER | {f"w{number}".encode(): one for number, one in enumerate(entries)})


def indexes() -> Samples:
    good = index(entry((2, 3), 0, 24), entry((), 24, 4), entry((4,), 28, 99, kind=7))
    whole, large = HEADER | {b"w": entry((2, 3), 0, 24)}, entry((2, 3), 0, 20)
    return {
        "variables.index": ("ok", good),
        "flipped/variables.index": ("broken", good[:20] + b"\xff" + good[21:]),
        "cut/variables.index": ("broken", good[:-1]),
        "short/variables.index": ("broken", index(entry((2, 3), 0, 20))),
        "no-file/variables.index": ("broken", index(entry((2, 3), 0, 24, shard=3))),
        "nothing/variables.index": ("broken", table({b"": b"\x1a\x02\x08\x01"})),
        "no-begin/variables.index": ("broken", table({b"a": entry((2, 3), 0, 24)})),
        "packed/variables.index": ("ok", table(whole, packed=1)),
        "packed-short/variables.index": ("broken", table(HEADER | {b"w": large}, packed=1)),
        "packed-else/variables.index": ("broken", table(HEADER, packed=2)),
        "begin/variables.index": ("broken", good[:5]),
        "empty/variables.index": ("broken", b""),
        "words.ldb": ("ok", table({b"a": b"\x0f word", b"b": b"\x06"})),
        "old.ckpt": ("ok", table({b"": field(1, field(1, b"w"))})),
    }
