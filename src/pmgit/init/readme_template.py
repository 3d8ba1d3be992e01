"""The README.md of a models folder: how it is kept, in English and Chinese.

People own the file once it is written. It names only what works: commands that exist, variables
that are still read.
"""

# ruff: noqa: RUF001 - the punctuation of Chinese text is meant
from __future__ import annotations

from pmgit.core.config import LFS

NAME = "README.md"

_STORAGE = {
    ("en", False): """\
Weights are **not committed**: `.gitignore` hides everything below this folder except `README.md`,
`INFO.md`, `pmgit.lock` and source code. After a clone the weights are missing: `pmgit pull` fetches
those of every model that has a `pmgit.lock`; `INFO.md` says where the others are from.""",
    ("en", True): """\
Weights are in **Git LFS**: Git holds small pointers, the LFS server holds the content. After a
clone, `git lfs pull` brings it; "invalid load key, 'v'" means that a file is still a pointer.""",
    ("zh", False): """\
权重**不提交到 Git**：`.gitignore` 会忽略本目录下除 `README.md`、`INFO.md`、`pmgit.lock` 和源代码
以外的所有文件。克隆之后权重并不在本地：有 `pmgit.lock` 的模型用 `pmgit pull` 取回，其余模型的
来源见 `INFO.md`。""",
    ("zh", True): """\
权重存放在 **Git LFS** 中：Git 里只有很小的指针文件，内容在 LFS 服务器上。克隆之后用
`git lfs pull` 下载；若加载时报 "invalid load key, 'v'"，说明该文件仍是指针。""",
}

_PAGE = {
    "en": """\
# {root}: pretrained models

One folder per model, with everything that is needed to load it offline.

```
{root}/
├── README.md                  this file
└── bert-base-uncased/
    ├── INFO.md                where it is from, which commit, under which license
    ├── config.json
    ├── model.safetensors
    └── tokenizer.json
```

## Names

The official name of the model, such as `bert-base-uncased`; otherwise lower-case words joined by
hyphens. No spaces, no special characters.

## Adding a model

1. `pmgit add <organisation>/<model>` brings one in from the Hugging Face Hub, with `INFO.md` and
   `pmgit.lock`. By hand: put its files into `{root}/<model>/`; `pmgit info new <model>` writes
   `INFO.md`. Prefer safetensors: a pickle (`.bin`, `.pt`, `.pkl`) can run code when it is loaded.
2. Fill in what is marked with TODO in `INFO.md`.
3. `pmgit check` says what a commit would be stopped for.

## Weights and Git

{storage}

## INFO.md

Every model has one: source, date of the download, full commit, license, files. Read the license
before you use a model commercially; some allow research only. Do not pass on restricted weights.

## Loading

```python
from pathlib import Path

from transformers import AutoModel

MODELS = Path(__file__).parent.parent / "{root}"
model = AutoModel.from_pretrained(MODELS / "bert-base-uncased")
```

Is a file whole? `pmgit verify` compares each with `pmgit.lock`. By hand: compare `sha256sum FILE`
with the hash in `INFO.md`.
""",
    "zh": """\
# {root}：预训练模型

每个模型一个文件夹，放齐离线加载所需的全部文件。

```
{root}/
├── README.md                  本文件
└── bert-base-uncased/
    ├── INFO.md                来源、commit、许可证
    ├── config.json
    ├── model.safetensors
    └── tokenizer.json
```

## 命名

使用模型的官方名称，如 `bert-base-uncased`；否则用小写单词加连字符。不用空格和特殊字符。

## 添加模型

1. 运行 `pmgit add <组织>/<模型名>`，从 Hugging Face Hub 引入模型，同时生成 `INFO.md` 和
   `pmgit.lock`。也可手动把文件放进 `{root}/<模型名>/`，再用 `pmgit info new <模型名>`
   生成 `INFO.md`。优先选用 safetensors：pickle 格式（`.bin`、`.pt`、`.pkl`）在加载时可能执行代码。
2. 补全 `INFO.md` 中标有 TODO 的内容。
3. 运行 `pmgit check`，查看提交时会被拦下的问题。

## 权重与 Git

{storage}

## INFO.md

每个模型都要有：来源、下载日期、完整的 commit、许可证、文件清单。商业使用之前请先阅读许可证，
有些模型仅限研究使用。不要分发受限制的权重。

## 加载

```python
from pathlib import Path

from transformers import AutoModel

MODELS = Path(__file__).parent.parent / "{root}"
model = AutoModel.from_pretrained(MODELS / "bert-base-uncased")
```

文件是否完整？`pmgit verify` 将每个文件与 `pmgit.lock` 比较；也可将 `sha256sum 文件` 的结果与
`INFO.md` 中的哈希值比较。
""",
}


def switched(page: bytes, storage: str) -> bytes | None:
    """A page with its paragraph about the other storage exchanged; None when it has none."""
    end = "\r\n" if b"\r\n" in page else "\n"
    for language in _PAGE:
        texts = (_STORAGE[language, storage != LFS], _STORAGE[language, storage == LFS])
        old, new = (text.replace("\n", end).encode("utf-8") for text in texts)
        if old in page:
            return page.replace(old, new, 1)
    return None


def write(root: str, language: str, storage: str) -> bytes:
    """The page for the models folder `root`."""
    text = _STORAGE[language, storage == LFS]
    return _PAGE[language].format(root=root, storage=text).encode("utf-8")
