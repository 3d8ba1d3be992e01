"""All samples by their names, made once."""

from __future__ import annotations

from functools import cache

from tests.formats import (
    caller_samples,
    chat_samples,
    container_samples,
    distribution_samples,
    format_set_samples,
    found_samples,
    graph_samples,
    hdf5_samples,
    honest_samples,
    old_version_samples,
    reader_samples,
    refused_samples,
    template_samples,
    tensor_samples,
    tflite_samples,
    word_samples,
)
from tests.formats.pickle_samples import pickles


@cache
def samples() -> dict[str, tuple[str, bytes]]:
    """Verdict and content by the name of the file."""
    return (
        pickles()
        | tensor_samples.safetensors()
        | tensor_samples.gguf_files()
        | tensor_samples.onnx_files()
        | chat_samples.chats()
        | tensor_samples.keras_files()
        | hdf5_samples.hdf5_files()
        | tensor_samples.arrays()
        | tensor_samples.impostors()
        | tensor_samples.pointers()
        | tflite_samples.models()
        | graph_samples.graphs()
        | container_samples.zips()
        | found_samples.found()
        | format_set_samples.found()
        | container_samples.tars()
        | container_samples.pointers()
        | reader_samples.readers()
        | refused_samples.refused()
        | honest_samples.honest()
        | old_version_samples.old_versions()
        | distribution_samples.distributions()
        | distribution_samples.kept_functions()
        | caller_samples.callers()
        | template_samples.templates()
        | word_samples.words()
    )
