"""The names of kinds of files, as people read them; without the modules that judge them."""

from __future__ import annotations

ZIP, TORCH, SCRIPT, NUMPY, KERAS = (
    "zip archive", "torch archive", "TorchScript archive", "numpy archive", "Keras archive",
)  # fmt: skip
PACKAGE = "torch package"
TAR, TORCH_TAR = "tar archive", "torch tar archive"
PICKLE, TORCH_CHECKPOINT, JOBLIB = "pickle", "torch checkpoint", "joblib"
ARRAY, OBJECTS = "numpy array", "numpy objects"
HDF5, KERAS_HDF5 = "HDF5", "Keras HDF5"
SAFETENSORS, GGUF, ONNX, TFLITE = "safetensors", "GGUF", "ONNX", "TFLite"
EXECUTORCH = "ExecuTorch"
SAVED_MODEL, GRAPH, CHECKPOINT_INDEX, KERAS_METADATA = (
    "SavedModel", "TensorFlow graph", "TensorFlow checkpoint", "Keras metadata",
)  # fmt: skip
COMPRESSED = "compressed"
FASTTEXT, WORD2VEC, CRFSUITE = "fastText", "word2vec", "CRFsuite"
CORE_ML_WEIGHTS = "weights of Core ML"
POINTER = "Git LFS pointer"
TEXT, JSON, HTML, XML, CONFLICT, SHELL_SCRIPT, UTF16, TEMPLATE = (
    "text", "JSON", "HTML", "XML", "conflict of a merge", "script", "UTF-16 text", "chat template",
)  # fmt: skip
DATA, EMPTY, ZEROS, PROGRAM, PICTURE, ARCHIVE = (
    "data", "empty", "zeros", "program", "picture or document", "archive",
)  # fmt: skip
