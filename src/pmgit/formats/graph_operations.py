"""Operations of TensorFlow by what they do to the machine: of a graph the names are enough."""

from __future__ import annotations

_CODE, _READS, _WRITES, _NETWORK = (
    "runs code of Python or of the machine", "reads files", "writes files", "reaches a network",
)  # fmt: skip
#: Operations that no model needs to be used, by what they do (those of TensorFlow 2.21, and older
#: ones).
_NAMES = {
    _CODE: "PyFunc PyFuncStateless EagerPyFunc RemoteCall Abort FFmpegDecode",
    _READS: (
        "ReadFile MatchingFiles MatchingFilesDataset WholeFileReader TextLineReader "
        "FixedLengthRecordReader TFRecordReader LMDBReader TextLineDataset TFRecordDataset "
        "FixedLengthRecordDataset CSVDataset LMDBDataset LoadDataset SnapshotDatasetReader "
        "SnapshotNestedDatasetReader ListSnapshotChunksDataset SnapshotChunkDataset "
        "LoadAndRemapMatrix GenerateVocabRemapping ImportEvent"
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


def reason(operation: str) -> str:
    """What an operation does that no model needs; '' when it is none of these."""
    return _TABLE.get(operation, "")
