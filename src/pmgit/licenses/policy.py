"""The policy for licenses, `[licenses]` in the configuration: which ones a repository may have.

`deny` comes first, then `allow`, then `commercial`. Of a choice (`MIT OR GPL-3.0`) the best part
counts, of licenses that all count the worst.
"""

from __future__ import annotations

from pmgit.core.errors import UsageError, cut, nearest
from pmgit.core.finding import ERROR, WARNING
from pmgit.core.globs import NamePatterns, PatternError
from pmgit.licenses import table
from pmgit.licenses.expression import OR, OWN, Named, one_license

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.core.config import Config
    from pmgit.licenses.expression import Expression
    from pmgit.licenses.table import License

#: A pattern is held against every license, on each commit.
_MOST = 500
#: From good to bad.
_ORDER = ("", WARNING, ERROR)


class Ruling:
    """What a policy says about a license.

    `severity` is '' where it has nothing against it, else WARNING or ERROR; `why` is the reason, as
    the end of a sentence about `name`; `way` is what somebody can do who wants it all the same.
    `wants_name`: it ends with naming a license.
    """

    __slots__ = ("name", "severity", "wants_name", "way", "why")

    def __init__(
        self,
        name: str,
        severity: str = "",
        why: str = "",
        way: str = "",
        *,
        wants_name: bool = False,
    ) -> None:
        self.name = name
        self.severity = severity
        self.why = why
        self.way = way
        self.wants_name = wants_name

    @property
    def text(self) -> str:
        """The name and the reason."""
        return f"{self.name} {self.why}".strip()


class Policy:
    """The policy of a configuration. Raises UsageError for a name that is no license."""

    def __init__(self, config: Config) -> None:
        settings = config.licenses
        self._allow = _Names(config, "allow", settings["allow"])
        self._deny = _Names(config, "deny", settings["deny"])
        self._commercial: bool = settings["commercial"]

    def judge(self, expression: Expression) -> Ruling:
        """What the policy says about a license, or a choice or list of them."""
        if isinstance(expression, Named):
            return self._one(expression)
        rulings = [self.judge(part) for part in expression.parts]
        pick = min if expression.operator == OR else max
        return pick(rulings, key=lambda ruling: _ORDER.index(ruling.severity))

    def of_none(self) -> Ruling:
        """What the policy says about a model of which no license is known."""
        if not self._allow:
            return Ruling("")
        why = "no license is known, and [licenses] allow names some"
        return Ruling("", ERROR, why, "name its license", wants_name=True)

    def _one(self, name: Named) -> Ruling:
        shown = cut(name.shown)
        denied = self._deny.naming(name, some=True)
        if denied:
            is_family = bool(name.license and name.license.is_family)
            what = "may be what is denied" if is_family else "is denied"
            why = f"{what} ([licenses] deny has {denied!r})"
            return Ruling(shown, ERROR, why, f"take {denied!r} out of deny")
        allowed = self._allow.naming(name, some=False)
        if self._allow and not allowed:
            why = "is not in [licenses] allow"
            return Ruling(shown, ERROR, why, f'put "{_entry(name)}" into allow')
        if not self._commercial or name.own:
            return Ruling(shown)
        use = name.license.commercial if name.license else table.UNKNOWN
        if use == table.NO:
            why = "does not allow commercial use ([licenses] commercial = true)"
            return Ruling(shown, ERROR, why, _AGREEMENT, wants_name=True)
        if use == table.YES or allowed:
            return Ruling(shown)
        conditions = name.license.conditions if name.license else "pmgit does not know its text"
        what = "allows commercial use under conditions" if use == table.CONDITIONAL else (
            "may not allow commercial use"
        )  # fmt: skip
        return Ruling(shown, WARNING, f"{what} ({conditions})", "read its text")


_AGREEMENT = "take another model, or name an agreement of your own, as LicenseRef-NAME"


def _entry(name: Named) -> str:
    """The name by which an entry of a policy names this license alone."""
    if name.license:
        return name.license.id
    word = "-".join(name.text.split())
    return word if name.own else OWN + word


class _Names:
    """The licenses that `allow` or `deny` names, and the entries that name them.

    An entry is an id of the Hub or of SPDX, a family, one of these with `*`, or `LicenseRef-NAME`
    for what the table does not have.
    """

    def __init__(self, config: Config, key: str, entries: Sequence[str]) -> None:
        if len(entries) > _MOST:
            where = f"{config.source}: " if config.source else ""
            raise UsageError(
                f"{where}'licenses.{key}' names {len(entries)} licenses",
                f"at most {_MOST} are read; a pattern such as llama* names several",
            )
        self._by_id: dict[str, str] = {}
        self._own: list[tuple[NamePatterns, str]] = []
        for entry in entries:
            begin, name = entry[: len(OWN)].lower(), entry[len(OWN) :].lower()
            try:
                if begin == OWN.lower() and name and not _meant(name):
                    self._own.append((NamePatterns([name]), entry))
                    continue
                found = _meant(entry)
            except PatternError:
                found = []
            if not found:
                raise _unknown(config, key, entry)
            for row in found:
                self._by_id.setdefault(row.id, entry)

    def __bool__(self) -> bool:
        return bool(self._by_id or self._own)

    def naming(self, name: Named, *, some: bool) -> str:
        """The entry that names a license, '' without one.

        Of a family without a version every member must be named, or with `some` only one.
        """
        row = name.license
        if row is None:
            words = "-".join((name.own or name.text).lower().split())
            own = (entry for patterns, entry in self._own if patterns.fit(words))
            return next(own, "") or self._by_id.get(table.OTHER, "")
        if row.id in self._by_id or not row.is_family:
            return self._by_id.get(row.id, "")
        members = table.load().members.get(row.id, [])
        named = [self._by_id[one.id] for one in members if one.id in self._by_id]
        return named[0] if named and (some or len(named) == len(members)) else ""


def _meant(entry: str) -> list[License]:
    """The rows that an entry names: one, a family, or those that its pattern matches.

    Raises PatternError.
    """
    known = table.load()
    if "*" in entry or "?" in entry:
        patterns = NamePatterns([entry.lower()])
        return [
            row
            for row in known.by_id.values()
            if patterns.fit(row.id) or (row.spdx and patterns.fit(row.spdx.lower()))
        ]
    found = one_license(entry)
    if found is None:
        return []
    return [found, *known.members.get(found.id, [])] if found.is_family else [found]


def _unknown(config: Config, key: str, entry: str) -> UsageError:
    best = nearest(entry, list(table.load().names()))
    hint = f"did you mean {best!r}?" if best else "for example: apache-2.0, cc-by-nc, llama*"
    where = f"{config.source}: " if config.source else ""
    return UsageError(
        f"{where}'licenses.{key}' names no license that pmgit knows: {cut(entry)!r}",
        f"{hint} (a license that it does not know is written {OWN}NAME)",
    )
