"""Names of files, and what their folder is by them: a model, source code, neither."""

from __future__ import annotations

from pmgit.model.weights import ALWAYS_SUFFIXES, AMBIGUOUS_SUFFIXES

#: What a folder is by the name of one file in it: a model; a model, unless there is source code
#: around; source code; nothing certain.
MODEL, MAYBE, CODE, NOTHING = range(4)
CODE_SUFFIXES = (
    ".py", ".pyi", ".pyx", ".ipynb", ".sh", ".bash", ".bat", ".ps1", ".pl",
    ".c", ".cc", ".cpp", ".cxx", ".cu", ".cuh", ".h", ".hpp", ".m", ".mm", ".cmake",
    ".java", ".kt", ".scala", ".go", ".rs", ".swift", ".cs", ".js", ".jsx", ".ts", ".tsx", ".mjs",
    ".rb", ".php", ".r", ".jl", ".lua", ".sql", ".proto",
)  # fmt: skip
_BESIDE_CODE = (".md", ".rst", ".pyc")
WEIGHTS = (*ALWAYS_SUFFIXES, *AMBIGUOUS_SUFFIXES)
CODE_NAMES = frozenset(
    {"Makefile", "Dockerfile", "CMakeLists.txt", "requirements.txt", "pyproject.toml", "setup.cfg"}
)
#: Text, pictures, sound: they belong to source code as often as to models, and are never weights.
OTHER_SUFFIXES = (
    ".txt", ".json", ".jsonl", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".csv", ".tsv",
    ".xml", ".html", ".css", ".jinja", ".in", ".log", ".pdf", ".png", ".jpg", ".jpeg", ".gif",
    ".svg", ".webp", ".ico", ".wav", ".mp3", ".flac", ".ogg", ".mp4", ".avi", ".webm", ".ttf",
)  # fmt: skip
_BY_END = dict.fromkeys((*CODE_SUFFIXES, *_BESIDE_CODE), CODE) | dict.fromkeys(
    OTHER_SUFFIXES, MAYBE
)
#: Texts that only models have.
_OF_MODELS = frozenset(
    {"INFO.md", "config.json", "generation_config.json", "adapter_config.json", "model_index.json",
     "preprocessor_config.json", "configuration.json", "modules.json", "tokenizer.json",
     "tokenizer_config.json", "vocab.json", "vocab.txt", "merges.txt"}
)  # fmt: skip
#: What caches of downloads leave in the folders that hold their models.
_OF_CACHES = frozenset({"CACHEDIR.TAG", "version.txt", "token", "stored_tokens", "trusted_list"})


def kind_of(name: str) -> int:
    """The kind of its folder by the name of a file: MODEL, MAYBE, CODE or NOTHING."""
    if name.startswith((".", "README", "LICENSE", "readme", "license")) or name in _OF_CACHES:
        return NOTHING
    if name in CODE_NAMES:
        return CODE
    kind = _BY_END.get(name[name.rfind(".") :].lower(), MODEL)
    if kind != MODEL and (name in _OF_MODELS or name.endswith(".index.json")):
        return MODEL
    return kind
