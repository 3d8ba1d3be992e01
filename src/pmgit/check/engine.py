"""The judgement: the selected rules over a snapshot, and which of their findings are reported."""

from __future__ import annotations

from pmgit import rules
from pmgit.check import config_lookup
from pmgit.core import rule as scopes
from pmgit.core.config import BASELINE, Config
from pmgit.core.errors import UsageError, unknown
from pmgit.core.finding import ERROR, Report
from pmgit.lfs import pointer
from pmgit.model.subject import Subject
from pmgit.snapshots.base import RANGE, TREE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pmgit.baseline.forgive import Baseline
    from pmgit.core.finding import Finding
    from pmgit.git.blob import Blob
    from pmgit.snapshots.base import Snapshot

#: When several rules report one blob, only the first of these does: its fix is the right one.
#: This is decided after select and ignore, so that a hook with one rule only still stops a blob.
#: What must not be loaded must not be stored in another way either.
PRECEDENCE = ("unsafe-weights", "text-in-lfs", "missing-pointer", "tracked-weights",
              "oversized-blob", "duplicate-weights")  # fmt: skip
BROKEN = "broken-weights"

#: Where a size from the index is taken for the blob's, it is far below this many bytes.
_EXACT_FROM = 400_000


def selected(config: Config, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> list[str]:
    """The names of the rules to run: of `select` (all when empty), without those of `ignore`.

    Both take rules and families; what is given here counts instead of the configuration's.
    Raises UsageError for a name that is neither.
    """
    chosen = list(select) or config.values["select"]
    left_out = list(ignore) or config.values["ignore"]
    for name in (*chosen, *left_out):
        if name not in rules.RULES and name not in rules.FAMILIES:
            error = unknown("rule or family", name, [*rules.RULES, *rules.FAMILIES])
            typed = name in select or name in ignore or not config.source
            where = "" if typed else f"{config.source}: "
            raise UsageError(f"{where}{error.message}", error.hint)
    for name in config.rules:
        if name not in rules.RULES:
            where = f"{config.source}: " if config.source else ""
            error = unknown("rule", name, list(rules.RULES))
            raise UsageError(f"{where}[rules.{name}]: {error.message}", error.hint)
    return [
        name
        for name, entry in rules.RULES.items()
        if (not chosen or name in chosen or entry.family in chosen)
        and name not in left_out
        and entry.family not in left_out
    ]


def judge(
    snapshot: Snapshot,
    config: Config,
    names: Sequence[str],
    baseline: Callable[[], Baseline] | None = None,
    *,
    plans: bool = True,
) -> Report:
    """The findings of the named rules, sorted by path.

    `baseline` reads what is forgiven, and is called only when there are findings; without it the
    snapshot's own counts (a server passes that of the old tip: a push must not forgive itself).
    A baseline that is changed here must be valid. With `plans`, what is committed gets its own
    fixes.
    """
    for name in config.rules:
        if name in rules.RULES:
            config_lookup.check_options(config, name)
    if config.has_license_policy and _may_be_new(config, snapshot):
        from pmgit.licenses.policy import Policy

        Policy(config)
    findings, subject, not_scanned = _found(snapshot, config, names)
    if findings:
        findings = _new_to_all(findings, snapshot, config)
    forgiven: list[Finding] = []
    changed = _changes(snapshot.changes, BASELINE) and (baseline is None or snapshot.origin != TREE)
    if findings or changed:
        from pmgit.baseline import source

        own = source.of_snapshot(snapshot) if changed or not baseline else None
        if baseline:
            own = baseline() if findings else None  # one at a time: it may have 100,000 entries
        if findings:
            findings = _first_of_each_blob(_not_excluded(findings, config, subject))
            if own:
                findings, forgiven = own.split(findings, subject, PRECEDENCE)
    if findings:
        from pmgit.check import attach_fixes

        findings = attach_fixes.attach(
            findings, config, subject, baseline, judge if plans else None
        )
    forgiven.sort(key=lambda f: (f.path, f.line, f.rule, f.commit))
    return Report(findings, len(snapshot.introduced), snapshot.not_judged, forgiven, not_scanned)


def _found(
    snapshot: Snapshot, config: Config, names: Sequence[str]
) -> tuple[list[Finding], Subject, int]:
    """All findings of the named rules, the subject that they have asked, and how many pointers
    have no object here whose content they could judge.

    They are looked for with sizes from the index first; where there are some, again with exact
    sizes: these are shown, and a baseline compares them.
    """
    found = _look(snapshot, config, names)
    if found[0] and snapshot.contents.make_exact():
        return _look(snapshot, config, names, found[1])
    return found


def _look(
    snapshot: Snapshot, config: Config, names: Sequence[str], earlier: Subject | None = None
) -> tuple[list[Finding], Subject, int]:
    """As `_found`, by the sizes that are known; `earlier` was asked in an earlier look."""
    entries = [rules.RULES[name] for name in names]
    asks_filters = any(entry.scope in (scopes.LFS, scopes.PUSHED) for entry in entries)
    hosted = "host-limit" in names and bool(config.rules.get("host-limit"))
    # Below every limit that somebody has lowered, sizes must be exact.
    lowered = [value for name in names for value in config.sizes(name) if value > 0]
    exact_from = min([_EXACT_FROM, *lowered])
    if hosted:
        from pmgit.hosts import choice

        exact_from = min([exact_from, *choice.sizes(snapshot, config)])
    snapshot.survey(pointer.may_be, exact_from, ask_filters=asks_filters)
    subject = Subject(snapshot, config, earlier)
    applies = {
        scopes.LARGE: lambda: _is_any_large(subject, config),
        scopes.LFS: lambda: subject.concerns_lfs,
        scopes.LOADED: lambda: bool(subject.model_files or subject.loaded_elsewhere),
        scopes.PUSHED: lambda: snapshot.receiver.known is not None and subject.concerns_lfs,
        # In a range, files that are gone at its tip count as well.
        scopes.PLACES: lambda: bool(
            subject.touches_models
            or (snapshot.origin == RANGE and subject.model_introduced)
            or subject.loose
        ),
        scopes.RAW: lambda: bool(subject.raw_model_files or subject.raw_model_tip_files),
        scopes.LINKS: lambda: (
            snapshot.origin == TREE
            or bool(subject.links or subject.places.clones or subject.places.bare)
        ),
        scopes.PATHS: lambda: any(c.oid and not c.before for c in subject.model_changes),
        scopes.MODELS: lambda: bool(subject.models),
        scopes.LOCAL: lambda: snapshot.has_work_tree and bool(subject.models),
        scopes.LOCKS: lambda: any(model.touched and model.lock for model in subject.models),
        scopes.LICENSES: lambda: subject.changes_licenses and bool(subject.models),
        scopes.POLICY: lambda: config.has_license_policy and bool(subject.models),
        scopes.SHARDS: lambda: any(m.touched and m.may_lack_shards for m in subject.models),
        scopes.COPIES: lambda: any(model.weights_changed for model in subject.models),
        scopes.ATTRIBUTES: lambda: subject.changes_attributes or subject.names_attributes,
        scopes.HOST: lambda: hosted,
    }
    apply = {scope for scope in dict.fromkeys(e.scope for e in entries) if applies[scope]()}
    active = [rules.load(name)(config) for name in names if rules.RULES[name].scope in apply]
    found = [finding for rule in active for finding in rule.check(subject)]
    if scopes.LOADED not in apply:
        return found, subject, 0
    from pmgit.model import judged_files

    return found, subject, subject.once(judged_files.of_weights).not_scanned


def _new_to_all(findings: list[Finding], snapshot: Snapshot, config: Config) -> list[Finding]:
    """Of the findings at the tip of what merges, those that each side of it would get.

    What only one side lacks has been there on the other. A blob that a commit introduces is not
    asked for again: merges do not introduce it.
    """
    from pmgit.snapshots import merges

    if not any(_is_of_tip(finding) for finding in findings):
        return findings
    for other in merges.others(snapshot):
        again = _found(other, config, sorted({f.rule for f in findings if _is_of_tip(f)}))[0]
        found = {_same(finding): finding for finding in reversed(again)}
        findings = [
            _milder(finding, found[_same(finding)]) if _is_of_tip(finding) else finding
            for finding in findings
            if not _is_of_tip(finding) or _same(finding) in found
        ]
    return findings


def _is_of_tip(finding: Finding) -> bool:
    """Whether a finding is about the tree that is judged, not about one of its commits."""
    return not finding.commit


def _milder(finding: Finding, other: Finding) -> Finding:
    """The finding, as severe as the same one is against another side of the merge."""
    if other.severity != finding.severity == ERROR:
        return finding.but(severity=other.severity, message=other.message)
    return finding


def _same(finding: Finding) -> tuple[str, str, int, str]:
    return (finding.rule, finding.path, finding.line, finding.content)


def _may_be_new(config: Config, snapshot: Snapshot) -> bool:
    """Whether the configuration is judged here; else only who goes by a name in it looks it up."""
    file = config.source.partition(" ")[0]
    return snapshot.origin == TREE or _changes(snapshot.changes, file)


def _changes(changes: Iterable[Blob], path: str) -> bool:
    """Whether a path is among the changes, which are sorted by it."""
    for change in changes:
        if change.path >= path:
            return change.path == path
    return False


def _is_any_large(subject: Subject, config: Config) -> bool:
    """Whether a file is large enough for some limit, or something is no file."""
    least = min([_EXACT_FROM, *config.sizes("oversized-blob")])
    files = subject.files
    return len(files) < len(subject.introduced) or any(blob.size > least for blob in files)


def _not_excluded(findings: list[Finding], config: Config, subject: Subject) -> list[Finding]:
    """The findings whose paths `exclude` does not name; `old/` also means the model `old`."""
    if not config.values["exclude"]:
        return findings
    folders = subject.places.model_paths
    return [f for f in findings if not config.excludes(f.path + "/" * (f.path in folders))]


def _first_of_each_blob(findings: list[Finding]) -> list[Finding]:
    """The findings without those about a blob that a rule with a better fix reports too."""
    best: dict[tuple[str, str], int] = {}
    ranked = [f for f in findings if f.rule in PRECEDENCE and f.severity == ERROR]
    for finding in ranked:
        key = (finding.path, finding.commit)
        best[key] = min(PRECEDENCE.index(finding.rule), best.get(key, len(PRECEDENCE)))
    kept = [
        finding
        for finding in findings
        if finding.rule not in PRECEDENCE
        or PRECEDENCE.index(finding.rule)
        <= best.get((finding.path, finding.commit), len(PRECEDENCE))
    ]
    # What is wrong inside of a file is said as well, but where it may lie at all is mended first.
    # In commits only that is said: after it the file is broken in another place.
    return [
        f.with_fix(None) if f.rule == BROKEN and (f.path, f.commit) in best else f
        for f in kept
        if f.rule != BROKEN or not f.commit or (f.path, f.commit) not in best
    ]
