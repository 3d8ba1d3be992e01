"""The options that rules declare, and what a value of each type is."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The types of an option's value: how it is read, and its type in the schema.
SIZE, CHOICE, FLAG, NAMES, TEXT = "size", "choice", "flag", "names", "text"


class Option:
    """A setting of a rule (`[rules.<rule>] <name> = <value>`), or a key of the configuration.

    `type` is one of SIZE (bytes, or text such as `"1 MB"`), CHOICE (one of `choices`), FLAG
    (true or false), NAMES (a list of text; of `choices` when there are any) and TEXT.
    """

    __slots__ = ("choices", "default", "help", "name", "type")

    def __init__(
        self, name: str, type: str, default: Any, help: str, choices: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        self.type = type
        self.default = default
        self.help = help
        self.choices = choices

    @property
    def shown(self) -> str:
        """The default value as a configuration would have it."""
        if self.type == SIZE:
            from pmgit.core.units import show_size

            return f'"{show_size(self.default)}"' if self.default else "0"
        if self.type == FLAG:
            return str(self.default).lower()
        import json

        return json.dumps(self.default)
