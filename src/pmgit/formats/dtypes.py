"""Types of numbers: what each format calls them, and the one name that they have here."""

from __future__ import annotations

#: Bytes of one number, by the name of its type.
WIDTHS = {
    "BOOL": 1, "U8": 1, "I8": 1, "U16": 2, "I16": 2, "U32": 4, "I32": 4, "U64": 8, "I64": 8,
    "F16": 2, "BF16": 2, "F32": 4, "F64": 8, "C32": 4, "C64": 8, "C128": 16,
    "F8_E4M3": 1, "F8_E5M2": 1, "F8_E4M3FNUZ": 1, "F8_E5M2FNUZ": 1, "F8_E8M0": 1,
    "QINT8": 1, "QUINT8": 1, "QINT32": 4, "QUINT4X2": 1, "QUINT2X4": 1, "F4_X2": 1,
}  # fmt: skip

#: torch.FloatStorage is of float32.
TORCH_STORAGES = {
    "Double": "F64", "Float": "F32", "Half": "F16", "BFloat16": "BF16",
    "Long": "I64", "Int": "I32", "Short": "I16", "Char": "I8", "Byte": "U8", "Bool": "BOOL",
    "ComplexDouble": "C128", "ComplexFloat": "C64", "Untyped": "U8",
    "QInt8": "QINT8", "QUInt8": "QUINT8", "QInt32": "QINT32", "QUInt4x2": "QUINT4X2",
    "QUInt2x4": "QUINT2X4",
}  # fmt: skip

#: torch.float32 and the others, by their own names.
TORCH = {
    "float64": "F64", "double": "F64", "float32": "F32", "float": "F32", "float16": "F16",
    "half": "F16", "bfloat16": "BF16", "int64": "I64", "long": "I64", "int32": "I32", "int": "I32",
    "int16": "I16", "short": "I16", "int8": "I8", "uint8": "U8", "uint16": "U16",
    "uint32": "U32", "uint64": "U64", "bool": "BOOL", "complex32": "C32", "complex64": "C64",
    "complex128": "C128", "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2",
    "float8_e4m3fnuz": "F8_E4M3FNUZ", "float8_e5m2fnuz": "F8_E5M2FNUZ",
    "float8_e8m0fnu": "F8_E8M0", "float4_e2m1fn_x2": "F4_X2",
    "qint8": "QINT8", "quint8": "QUINT8", "qint32": "QINT32",
}  # fmt: skip

#: The `DataType` of a TensorProto, in onnx.proto.
ONNX = {
    1: "F32", 2: "U8", 3: "I8", 4: "U16", 5: "I16", 6: "I32", 7: "I64", 8: "STRING", 9: "BOOL",
    10: "F16", 11: "F64", 12: "U32", 13: "U64", 14: "C64", 15: "C128", 16: "BF16",
    17: "F8_E4M3", 18: "F8_E4M3FNUZ", 19: "F8_E5M2", 20: "F8_E5M2FNUZ", 21: "U4", 22: "I4",
    23: "F4", 24: "F8_E8M0",
}  # fmt: skip

#: `ggml_type` of ggml.h; the plain ones under the names that they have elsewhere.
GGML = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1",
    10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS",
    17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S",
    23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 30: "BF16",
    34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4", 40: "NVFP4", 41: "Q1_0",
}  # fmt: skip

_NUMPY = {"f": "F", "i": "I", "u": "U", "c": "C"}


def of_numpy(descr: object) -> str:
    """The type of a numpy `descr` such as `<f4`; of other byte orders and kinds its own text."""
    if not isinstance(descr, str):
        return "FIELDS"
    kind, digits = descr.lstrip("<>|=")[:1], descr.lstrip("<>|=")[1:]
    if kind in ("b", "?") and digits in ("", "1"):
        return "BOOL"
    if kind in _NUMPY and digits.isdigit() and len(digits) < 4 and not descr.startswith(">"):
        name = f"{_NUMPY[kind]}{int(digits) * 8}"
        return name if name in WIDTHS else descr
    return descr[:40]
