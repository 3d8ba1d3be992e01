"""The configuration: `.pmgit.toml`, or `[tool.pmgit]` in pyproject.toml.

It belongs to the snapshot that is judged: a checkout of an old commit is judged by its rules. An
unknown key is an error that names the nearest known one, because a setting that is silently not
read leaves weights unguarded.
"""

from __future__ import annotations

from pmgit.core.errors import UsageError, cut, shown, unknown
from pmgit.core.option import CHOICE, FLAG, NAMES, SIZE, TEXT, Option
from pmgit.core.units import read_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pmgit.core.globs import PathPatterns

FILE = ".pmgit.toml"
PYPROJECT = "pyproject.toml"
#: What is forgiven (`baseline/`); it lies beside the configuration.
BASELINE = ".pmgit-baseline"
#: A configuration is read on every commit; a larger one is a mistake or an attack.
MAX_BYTES = 1_000_000
#: What is larger than this is not even looked at: somebody else's pyproject.toml may be large.
MOST_BYTES = 10 * MAX_BYTES

IGNORE, LFS = "ignore", "lfs"
HOOKS = ("pre-commit", "prek", "native", "none")

#: In the name of a models folder: patterns, and what Windows writes between folders.
_STRANGE = frozenset("*?[]\\:\0")
#: All names of models folders together have at most so many characters: git gets them as arguments.
_MOST_FOLDERS = 100_000


_SETTINGS = (
    Option(
        "models",
        NAMES,
        ["pretrained_model", "pretrained_models"],
        "The models folders, relative to the top of the repository; those that exist count.",
    ),
    Option(
        "storage",
        CHOICE,
        "",
        "Where weights belong: ignored by Git, or in Git LFS. Not set: `lfs` when the"
        " repository has any lfs attribute, `ignore` otherwise.",
        (IGNORE, LFS),
    ),
    Option(
        "language",
        CHOICE,
        "en",
        "The language of the INFO.md template: English or Chinese.",
        ("en", "zh"),
    ),
    Option("hooks", CHOICE, "", "Which hooks `pmgit init` installs in a clone.", HOOKS),
    Option("hooks-config", TEXT, "", "The file that pre-commit or prek reads, if not the usual."),
    Option("exclude", NAMES, [], "Patterns, as in .gitignore, of paths that no rule speaks about."),
    Option("select", NAMES, [], "Only these rules and families; all when empty."),
    Option("ignore", NAMES, [], "Not these rules and families; wins over `select`."),
)
#: The top-level keys, by their names.
SETTINGS = {option.name: option for option in _SETTINGS}

#: `[weights]`: the name patterns of the three tiers, added to the built-in ones.
WEIGHTS = {
    name: Option(name, NAMES, [], f"File names that are {what}.")
    for name, what in (
        ("always", "weights wherever they lie, such as `*.mymodel`"),
        ("ambiguous", "weights inside a model folder; elsewhere by content only"),
        ("never", "never weights, whatever other patterns match them"),
    )
}

_LICENSES = (
    Option(
        "allow",
        NAMES,
        [],
        "The licenses that a model may have; all when empty. Ids of the Hub or of SPDX, families"
        " (`cc-by`, `llama`), patterns (`llama*`), `LicenseRef-NAME` for what pmgit does not know.",
    ),
    Option("deny", NAMES, [], "The licenses that no model may have; wins over `allow`."),
    Option(
        "commercial",
        FLAG,
        False,
        "Whether the models are used commercially: then no license may forbid it, and one with"
        " conditions is a warning unless `allow` names it.",
    ),
)
#: `[licenses]`: the policy that `restricted-license` holds models against.
LICENSES = {option.name: option for option in _LICENSES}


_ACCEPTED = (
    Option(
        "globals",
        NAMES,
        [],
        "What this very file may load, such as `mylib.model.Net`; `*` is whatever it loads.",
    ),
    Option("reason", TEXT, "", "Why, and who has looked at it. Without it nothing is accepted."),
)
#: `[accepted.<sha256>]`: what somebody has looked at in one file of weights, and lets it load.
ACCEPTED = {option.name: option for option in _ACCEPTED}
_HEX = frozenset("0123456789abcdef")

_TABLES = ("rules", "weights", "licenses", "accepted")


class WrongKeyError(UsageError):
    """A key that is not known in its place: `key` has the tables above it in front."""

    def __init__(self, error: UsageError, key: str, above: str) -> None:
        super().__init__(error.message, error.hint)
        self.key = key
        #: What stands before the tables of pmgit: `tool.pmgit.`, or nothing.
        self.above = above


class Config:
    """The settings that one judgement goes by."""

    def __init__(self, document: dict[str, Any] | None = None, source: str = "") -> None:
        document = document or {}
        self.source = source
        self.values = self._values(document, SETTINGS, beside=_TABLES)
        self.models = self._models()
        self.storage: str = self.values["storage"]
        self.language: str = self.values["language"]
        self.rules = self._table(document, "rules")
        for name in self.rules:
            self._table(self.rules, name, "rules.")
        self.weights = self._values(self._table(document, "weights"), WEIGHTS, "weights.")
        self.licenses = self._values(self._table(document, "licenses"), LICENSES, "licenses.")
        self.accepted = self._accepted(document)
        self._exclude: PathPatterns | None = None

    @property
    def has_license_policy(self) -> bool:
        """Whether `[licenses]` says anything."""
        return any(self.licenses.values())

    def accepted_of(self, sha256: str) -> list[str]:
        """What the file with this sha256 may load, as `[accepted]` has it."""
        names: list[str] = self.accepted.get(sha256, {}).get("globals", [])
        return names

    def option(self, rule: str, option: Option) -> Any:
        """The value of an option of the rule with this name: as configured, else its default."""
        table = self.rules.get(rule, {})
        if option.name not in table:
            return option.default
        return self._value(f"rules.{rule}.{option.name}", option, table[option.name])

    def sizes(self, rule: str) -> list[int]:
        """The sizes that are set for a rule, whatever their options."""
        found = [self.size(rule, option, -1) for option in self.rules.get(rule, {})]
        return [size for size in found if size >= 0]

    def size(self, rule: str, option: str, default: int) -> int:
        """The size that is set for an option of a rule, else `default`."""
        value = self.rules.get(rule, {}).get(option, default)
        try:
            return read_size(value.text if isinstance(value, _Text) else str(value))
        except ValueError:
            return default  # the judgement complains of it

    def check_options(self, rule: str, options: Iterable[Option]) -> None:
        """Refuse what `[rules.<rule>]` holds beside the `options` that the rule declares."""
        known = {option.name: option for option in options}
        table, above = self.rules.get(rule, {}), f"rules.{rule}."
        if table and not known:
            key = f"{above}{next(iter(table))}"
            error = UsageError(f"unknown key {key!r}", f"{rule} has no options")
            raise self._wrong_key(error, key)
        self._values(table, known, above)

    def override(self, *assignments: str) -> None:
        """Apply each `RULE.OPTION=VALUE` of a command line; text becomes what the option holds."""
        for assignment in assignments:
            key, found, text = assignment.partition("=")
            rule, dot, option = key.strip().partition(".")
            if not (found and dot and rule and option):
                raise UsageError(
                    f"not RULE.OPTION=VALUE: {assignment!r}",
                    "for example: -c oversized-blob.max-file-size=20MB",
                )
            self.rules.setdefault(rule, {})[option] = _Text(text.strip())

    def is_typed(self, rule: str, option: str) -> bool:
        """Whether an option was set on a command line."""
        return isinstance(self.rules.get(rule, {}).get(option), _Text)

    def excludes(self, path: str) -> bool:
        """Whether `exclude` names this path."""
        if not self.values["exclude"] or not path:
            return False
        return self.patterns().hide(path)

    def patterns(self) -> PathPatterns:
        """The patterns of `exclude`. Raises UsageError for what is none."""
        if self._exclude is None:
            from pmgit.core.globs import PathPatterns, PatternError

            try:
                self._exclude = PathPatterns(self.values["exclude"])
            except PatternError as error:
                raise self._at(UsageError(f"'exclude': {cut(str(error))}")) from None
        return self._exclude

    def _at(self, error: UsageError) -> UsageError:
        return UsageError(
            f"{self.source}: {error.message}" if self.source else error.message, error.hint
        )

    def _table(self, document: dict[str, Any], name: str, above: str = "") -> dict[str, Any]:
        table = document.get(name, {})
        if not isinstance(table, dict):
            key = f"{above}{name}"
            error = UsageError(f"{key!r} is {_kind(table)}, not a table", f"write [{key}]")
            raise self._wrong_key(error, key)
        return table

    def _unknown_key(self, key: str, known: list[str]) -> WrongKeyError:
        return self._wrong_key(unknown("key", key, known), key)

    def _wrong_key(self, error: UsageError, key: str) -> WrongKeyError:
        above = "tool.pmgit." if PYPROJECT in self.source else ""
        return WrongKeyError(self._at(error), key, above)

    def _accepted(self, document: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """What files may load, by their sha256: the values of `ACCEPTED`."""
        found = {}
        tables = self._table(document, "accepted")
        for sha256 in tables:
            table = self._table(tables, sha256, "accepted.")
            if len(sha256) != 64 or not _HEX.issuperset(sha256):
                hint = "the sha256 of the file: [accepted.<64 hexadecimal digits, in lower case>]"
                raise self._at(UsageError(f"'accepted.{cut(sha256)}' is no sha256", hint))
            found[sha256] = self._values(table, ACCEPTED, f"accepted.{sha256}.")
            if not found[sha256]["reason"].strip():
                hint = 'for example: reason = "our own class, read by Kim on 2026-11-30"'
                raise self._at(UsageError(f"'accepted.{sha256}' has no reason", hint))
        return found

    def _models(self) -> tuple[str, ...]:
        """The models folders, each written in the one way that paths of Git begin with."""
        folders = []
        for name in self.values["models"]:
            parts = [part for part in name.split("/") if part not in ("", ".")]
            strange = name.startswith("/") or not _STRANGE.isdisjoint(name) or ".." in parts
            if not parts or strange:
                raise self._at(
                    UsageError(
                        f"'models' names {cut(name)!r}, which is no folder below the top of the"
                        " repository",
                        'for example: models = ["pretrained_model"]',
                    )
                )
            folders.append("/".join(parts))
        if sum(map(len, folders)) > _MOST_FOLDERS:
            raise self._at(
                UsageError(f"'models' names {len(folders)} folders", "name the folders above them")
            )
        if not folders:
            hint = 'to leave the rules about models out: ignore = ["naming", "info", "license"]'
            raise self._at(UsageError("'models' names no folder", hint))
        return tuple(dict.fromkeys(folders))

    def _values(
        self,
        table: dict[str, Any],
        options: dict[str, Option],
        above: str = "",
        beside: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        """The value of every option, as a table sets it, else its default.

        `above` stands before the names in errors. Raises UsageError for a key that is no option,
        and none of `beside`, and for a value of another type.
        """
        known = [f"{above}{name}" for name in (*options, *beside)]
        for name in table:
            if f"{above}{name}" not in known:
                raise self._unknown_key(f"{above}{name}", known)
        return {
            name: self._value(f"{above}{name}", option, table[name])
            if name in table
            else option.default
            for name, option in options.items()
        }

    def _value(self, key: str, setting: Option, value: Any) -> Any:
        """`value` as the setting's type. Raises UsageError when it has another."""
        if isinstance(value, _Text):
            value = value.read(setting.type)
        if setting.type == NAMES and isinstance(value, list):
            if all(isinstance(item, str) for item in value):
                for item in value:
                    if setting.choices and item not in setting.choices:
                        raise self._at(unknown(f"name in {key!r}:", item, list(setting.choices)))
                return value
        elif setting.type in (FLAG, TEXT):
            if isinstance(value, bool if setting.type == FLAG else str):
                return value
        elif setting.type == CHOICE and isinstance(value, str):
            if value in setting.choices:
                return value
            raise self._at(unknown(f"value for {key!r}:", value, list(setting.choices)))
        elif setting.type == SIZE and isinstance(value, int | str) and not isinstance(value, bool):
            try:
                return read_size(str(value))
            except ValueError:
                pass
        raise self._at(UsageError(f"{key!r} is {_kind(value)}, not {_WANTED[setting.type]}"))


class _Text:
    """A value typed on a command line: its type is that of the option."""

    def __init__(self, text: str) -> None:
        self.text = text

    def read(self, type: str) -> Any:
        if type == NAMES:
            return [word for word in self.text.split(",") if word]
        if type == FLAG:
            return {"true": True, "false": False}.get(self.text, self.text)
        return self.text


_WANTED = {
    NAMES: 'a list of text, such as ["a", "b"]',
    FLAG: "true or false",
    CHOICE: "text",
    TEXT: "text",
    SIZE: 'a size, such as "1 MB" or 1000000',
}


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return f"the text {cut(value)!r}"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return f"the list {shown(value)}"
    if isinstance(value, bool):
        return repr(value).lower()
    return shown(value) if isinstance(value, int | float) else cut(str(value))


def parse(data: bytes, source: str) -> Config:
    """The configuration in `data`, the bytes of the file `source`.

    Raises UsageError, with the place, when it is not TOML or holds what pmgit does not know.
    """
    pyproject = source.rsplit("/", 1)[-1] == PYPROJECT
    if pyproject and b"pmgit" not in data:
        return Config()  # reading it takes 20 ms, and what is wrong in it is not our business
    from pmgit.core import toml_subset

    document = toml_subset.read(data, source, MAX_BYTES)
    if pyproject:
        tool = document.get("tool", {})
        if not isinstance(tool, dict) or "pmgit" not in tool:
            return Config()
        document = tool["pmgit"]
        source = f"{source} [tool.pmgit]"
        if not isinstance(document, dict):
            raise UsageError(f"{source} is {_kind(document)}, not a table")
    return Config(document, source)
