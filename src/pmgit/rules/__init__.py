"""The rules, one module each; their table here is made by scripts/generate.py; do not edit."""

from __future__ import annotations

from pmgit.core.rule import (
    ATTRIBUTES,
    COPIES,
    HOST,
    LARGE,
    LFS,
    LICENSES,
    LINKS,
    LOADED,
    LOCAL,
    LOCKS,
    MODELS,
    PATHS,
    PLACES,
    POLICY,
    PUSHED,
    RAW,
    SHARDS,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.core.rule import Rule


class RuleEntry:
    """Where a rule is, and what is known of it without importing it."""

    __slots__ = ("family", "module", "rule", "scope")

    def __init__(self, module: str, rule: str, family: str, scope: str) -> None:
        self.module = module
        self.rule = rule
        self.family = family
        self.scope = scope


RULES = {
    "host-limit": RuleEntry("host_limit", "HostLimit", "size", HOST),
    "oversized-blob": RuleEntry("oversized_blob", "OversizedBlob", "size", LARGE),
    "oversized-model": RuleEntry("oversized_model", "OversizedModel", "size", RAW),
    "tracked-weights": RuleEntry("tracked_weights", "TrackedWeights", "size", RAW),
    "absent-object": RuleEntry("absent_object", "AbsentObject", "lfs", PUSHED),
    "dead-attribute": RuleEntry("dead_attribute", "DeadAttribute", "lfs", ATTRIBUTES),
    "malformed-pointer": RuleEntry("malformed_pointer", "MalformedPointer", "lfs", LFS),
    "missing-pointer": RuleEntry("missing_pointer", "MissingPointer", "lfs", LFS),
    "text-in-lfs": RuleEntry("text_in_lfs", "TextInLfs", "lfs", LFS),
    "uncovered-pointer": RuleEntry("uncovered_pointer", "UncoveredPointer", "lfs", LFS),
    "bad-model-name": RuleEntry("bad_model_name", "BadModelName", "naming", MODELS),
    "case-collision": RuleEntry("case_collision", "CaseCollision", "naming", PATHS),
    "linked-model": RuleEntry("linked_model", "LinkedModel", "naming", LINKS),
    "misplaced-weights": RuleEntry("misplaced_weights", "MisplacedWeights", "naming", PLACES),
    "unportable-path": RuleEntry("unportable_path", "UnportablePath", "naming", PATHS),
    "ignored-info": RuleEntry("ignored_info", "IgnoredInfo", "info", LOCAL),
    "incomplete-info": RuleEntry("incomplete_info", "IncompleteInfo", "info", MODELS),
    "lock-mismatch": RuleEntry("lock_mismatch", "LockMismatch", "info", LOCKS),
    "missing-info": RuleEntry("missing_info", "MissingInfo", "info", MODELS),
    "stale-info": RuleEntry("stale_info", "StaleInfo", "info", MODELS),
    "unpinned-revision": RuleEntry("unpinned_revision", "UnpinnedRevision", "info", MODELS),
    "broken-weights": RuleEntry("broken_weights", "BrokenWeights", "content", LOADED),
    "duplicate-weights": RuleEntry("duplicate_weights", "DuplicateWeights", "content", COPIES),
    "missing-shard": RuleEntry("missing_shard", "MissingShard", "content", SHARDS),
    "unsafe-weights": RuleEntry("unsafe_weights", "UnsafeWeights", "content", LOADED),
    "license-conflict": RuleEntry("license_conflict", "LicenseConflict", "license", LICENSES),
    "restricted-license": RuleEntry("restricted_license", "RestrictedLicense", "license", POLICY),
    "unknown-license": RuleEntry("unknown_license", "UnknownLicense", "license", LICENSES),
}

FAMILIES = tuple(dict.fromkeys(entry.family for entry in RULES.values()))


def load(name: str) -> type[Rule]:
    """The class of a rule, imported when it is needed."""
    entry = RULES[name]
    module = __import__(f"pmgit.rules.{entry.module}", fromlist=[entry.rule])
    found: type[Rule] = getattr(module, entry.rule)
    return found
