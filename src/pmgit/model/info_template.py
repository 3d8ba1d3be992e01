"""INFO.md, written: the template in English and Chinese, filled with what is known.

People own the prose. pmgit owns the block between the two `pmgit:files` comments. What is not
known is marked with TODO (`info_file.MARK`), visibly, for a person to fill in.
"""

# ruff: noqa: RUF001 - the punctuation of Chinese text is meant
from __future__ import annotations

from pmgit.model import info_file, repo_id
from pmgit.model.info_block import BEGIN, END, files_block
from pmgit.model.info_file import DOWNLOADED, LICENSE, MARK, REVISION, SOURCE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.model.describe import Description

_TODO = {
    "en": {
        SOURCE: "the address it was downloaded from",
        DOWNLOADED: "the date of the download, as YYYY-MM-DD",
        REVISION: "the branch or version, and the full commit",
        "commit": "all 40 digits",
        LICENSE: "the license, as the model's page names it",
        "guess": "; `{}` is mentioned here: is it that?",
        "parameters": "how many, such as 110M",
        "data": "what it was trained on",
        "use": "what it is used for",
        "usage": "where this project loads it, such as `src/models/classifier.py`",
        "notes": "what to know before using it (versions, precision, limits); or delete this line",
    },
    "zh": {
        SOURCE: "下载页面的网址",
        DOWNLOADED: "下载日期，格式 YYYY-MM-DD",
        REVISION: "分支或版本，以及完整的 commit",
        "commit": "完整的 40 位",
        LICENSE: "模型页面上写明的许可证",
        "guess": "；此处提到 `{}`，是否就是它？",
        "parameters": "参数数量，如 110M",
        "data": "用什么数据训练",
        "use": "用于什么任务",
        "usage": "项目中加载它的位置，如 `src/models/classifier.py`",
        "notes": "使用前须知（依赖版本、精度、限制）；没有则删除本行",
    },
}
#: The revision of what has none: a file behind an address.
_NO_COMMIT = {
    "en": "none: an address has no commit; its sha256 is in the list of files",
    "zh": "无：网址没有 commit，sha256 见文件清单",
}
_PAGE = {
    "en": """\
# {title}

{header}

## Model
- Parameters: {parameters}
{more}- Training data: {data}
- Use: {use}

## Files
{files}

## Usage
{usage}

## Notes
- {notes}
""",
    "zh": """\
# {title}

{header}

## 模型信息
- 参数量：{parameters}
{more}- 训练数据：{data}
- 用途：{use}

## 文件清单
{files}

## 使用示例
{usage}

## 注意事项
- {notes}
""",
}
#: Lines that only models have whose files show it.
_MORE = {
    "en": ("- Architecture: {}\n", "- Based on: {}\n"),
    "zh": ("- 架构：{}\n", "- 基础模型：{}\n"),
}


def wanted(key: str, language: str, guess: str = "") -> str:
    """What a field should hold, for somebody who fills it in; `guess` as in `Description`."""
    extra = _TODO[language]["guess"].format(guess) if guess else ""
    return _TODO[language][key] + extra


def todo(key: str, language: str, guess: str = "") -> str:
    """The placeholder for something that a person has to write."""
    return f"{MARK}{'：' if language == 'zh' else ': '}{wanted(key, language, guess)}"


def write(
    title: str,
    known: Description,
    language: str,
    *,
    source: str = "",
    downloaded: str = "",
    revision: str = "",
    license: str = "",
) -> bytes:
    """An INFO.md in `language` (`en` or `zh`); what is given wins over what is known."""
    source = source or known.page
    values = {
        SOURCE: source or todo(SOURCE, language, known.guess),
        DOWNLOADED: downloaded or known.downloaded or todo(DOWNLOADED, language),
        REVISION: _revision(revision, known, source, language),
        LICENSE: license or known.license or todo(LICENSE, language),
    }
    more = (known.config.shown, ", ".join(known.card.get("base_model", ())))
    page = _PAGE[language].format(
        title=_one_line(title),
        header="\n".join(info_file.line_of(key, values[key], language) for key in values),
        parameters=show_parameters(known.parameters) or todo("parameters", language),
        more="".join(
            line.format(text) for line, text in zip(_MORE[language], more, strict=True) if text
        ),
        data=", ".join(known.card.get("datasets", ())) or todo("data", language),
        use=", ".join(known.card.get("pipeline_tag", ())) or todo("use", language),
        files=files_block(known.files, language),
        usage=todo("usage", language),
        notes=todo("notes", language),
    )
    return page.encode("utf-8")


def _revision(given: str, known: Description, source: str, language: str) -> str:
    """The revision with its full commit, as the guide has it: `main` (commit: 1a2b…)."""
    commit = info_file.full_commit(given) or known.commit
    branch = "" if commit and given.lower() == commit else given
    if branch and not commit:
        # A model that is not from the Hub has a version, and no commit that would be missing.
        if source and not repo_id.of_source(source):
            return f"`{branch}`"
        commit = todo("commit", language)
    if not commit:
        return _NO_COMMIT[language] if known.has_no_commit else todo(REVISION, language)
    return f"`{branch}` (commit: {commit})" if branch else f"`{commit}`"


def show_parameters(parameters: dict[str, int]) -> str:
    """`22,713,216 F32 + 512 I64`: the largest first."""
    ordered = sorted(parameters.items(), key=lambda item: (-item[1], item[0]))
    return " + ".join(f"{count:,} {dtype}" for dtype, count in ordered if count)


def _one_line(title: str) -> str:
    text = "".join(char if char.isprintable() and char not in "<>`" else " " for char in title)
    return " ".join(text.split())[:200] or "Model"


def unfilled(data: bytes) -> list[tuple[int, str]]:
    """The lines of an INFO.md, from 1, that still hold a placeholder; not those of the block."""
    found, inside = [], False
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        inside = line in BEGIN.values() or (inside and line != END)
        if not inside and info_file.is_placeholder(line):
            found.append((number, line))
    return found
