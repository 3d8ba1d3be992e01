"""Operations of TensorFlow by what they do to the machine: of a graph the names are enough."""

from __future__ import annotations

from pmgit.formats.opinion import OK, UNSAFE, WARN

_CODE, _READS, _READS_RECORDS, _WRITES, _NETWORK = (
    "runs code of Python or of the machine", "reads files", "reads files, record by record",
    "writes files", "reaches a network",
)  # fmt: skip
#: Graphs that TensorFlow writes beside checkpoints, to go on with the training: they have what
#: reads the data of it, which runs when somebody asks for a batch.
_OF_TRAINING = (".meta", "graph.pbtxt")
#: Operations that no model needs to be used, by what they do (those of TensorFlow 2.21, and older
#: ones).
_NAMES = {
    _CODE: "PyFunc PyFuncStateless EagerPyFunc RemoteCall Abort FFmpegDecode",
    _READS: "ReadFile LoadAndRemapMatrix GenerateVocabRemapping ImportEvent",
    _READS_RECORDS: (
        "MatchingFiles MatchingFilesDataset WholeFileReader TextLineReader "
        "FixedLengthRecordReader TFRecordReader LMDBReader TextLineDataset TFRecordDataset "
        "FixedLengthRecordDataset CSVDataset LMDBDataset LoadDataset SnapshotDatasetReader "
        "SnapshotNestedDatasetReader ListSnapshotChunksDataset SnapshotChunkDataset"
    ),
    _WRITES: (
        "WriteFile DatasetToTFRecord SaveDataset DistributedSave SnapshotDataset "
        "CreateSummaryFileWriter CreateSummaryDbWriter DebugIdentity DebugNanCount "
        "DebugNumericSummary SqlDataset FileSystemSetConfiguration"
    ),
    _NETWORK: (
        "DataServiceDataset RegisterDataset RpcServer RpcClient RpcCall RpcCheckStatus "
        "RpcGetValue RpcServerRegister RpcServerStart Rpc TryRpc BigQueryReader KafkaDataset "
        "BigtableClient BigtableTable"
    ),
}
#: What a checkpoint is saved with, with the inputs that are names of files. What restores it reads
#: nothing but checkpoints.
WRITES_NAMED = {"Save": (0,), "SaveSlices": (0,), "SaveV2": (0,), "MergeV2Checkpoints": (0, 1)}
#: These read numbers out of a file, in a package of files that is the model.
MAPS = ("ImmutableConst",)
#: These print, into a file too when the attribute says so.
PRINTS = ("PrintV2",)


def _table() -> dict[str, str]:
    found = {}
    for what, names in _NAMES.items():
        for name in names.split():
            for version in ("", "V2", "V3", "V4"):
                found[name + version] = found[f"Experimental{name}{version}"] = what
    return found


_TABLE = _table()


def verdict(operation: str, name: str) -> tuple[str, str]:
    """The verdict on an operation in a graph whose file has this name, and what it does that no
    model needs ('' when it is none of these)."""
    what = _TABLE.get(operation, "")
    if what == _READS_RECORDS and name.endswith(_OF_TRAINING):
        return WARN, what
    return (UNSAFE, what) if what else (OK, "")
