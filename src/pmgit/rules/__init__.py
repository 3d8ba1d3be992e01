"""The rules, one module each; their table here is made by scripts/generate.py; do not edit."""

from __future__ import annotations

from pmgit.core import rule


class RuleEntry:
    """Where a rule is, and what is known of it without importing it."""

    __slots__ = ("family", "module", "scope")

    def __init__(self, module: str, family: str, scope: str) -> None:
        self.module = module
        self.family = family
        self.scope = scope


RULES = {
    "host-limit": RuleEntry("host_limit", "size", rule.HOST),
    "oversized-blob": RuleEntry("oversized_blob", "size", rule.LARGE),
    "oversized-model": RuleEntry("oversized_model", "size", rule.RAW),
    "tracked-weights": RuleEntry("tracked_weights", "size", rule.RAW),
    "absent-object": RuleEntry("absent_object", "lfs", rule.PUSHED),
    "dead-attribute": RuleEntry("dead_attribute", "lfs", rule.ATTRIBUTES),
    "malformed-pointer": RuleEntry("malformed_pointer", "lfs", rule.LFS),
    "missing-pointer": RuleEntry("missing_pointer", "lfs", rule.LFS),
    "text-in-lfs": RuleEntry("text_in_lfs", "lfs", rule.LFS),
    "uncovered-pointer": RuleEntry("uncovered_pointer", "lfs", rule.LFS),
    "bad-model-name": RuleEntry("bad_model_name", "naming", rule.MODELS),
    "case-collision": RuleEntry("case_collision", "naming", rule.PATHS),
    "linked-model": RuleEntry("linked_model", "naming", rule.LINKS),
    "misplaced-weights": RuleEntry("misplaced_weights", "naming", rule.PLACES),
    "unportable-path": RuleEntry("unportable_path", "naming", rule.PATHS),
    "ignored-info": RuleEntry("ignored_info", "info", rule.LOCAL),
    "incomplete-info": RuleEntry("incomplete_info", "info", rule.MODELS),
    "lock-mismatch": RuleEntry("lock_mismatch", "info", rule.LOCKS),
    "missing-info": RuleEntry("missing_info", "info", rule.MODELS),
    "stale-info": RuleEntry("stale_info", "info", rule.MODELS),
    "unpinned-revision": RuleEntry("unpinned_revision", "info", rule.MODELS),
    "broken-weights": RuleEntry("broken_weights", "content", rule.LOADED),
    "duplicate-weights": RuleEntry("duplicate_weights", "content", rule.COPIES),
    "missing-shard": RuleEntry("missing_shard", "content", rule.SHARDS),
    "unsafe-weights": RuleEntry("unsafe_weights", "content", rule.LOADED),
    "license-conflict": RuleEntry("license_conflict", "license", rule.LICENSES),
    "restricted-license": RuleEntry("restricted_license", "license", rule.POLICY),
    "unknown-license": RuleEntry("unknown_license", "license", rule.LICENSES),
}

FAMILIES = tuple(dict.fromkeys(entry.family for entry in RULES.values()))


def load(name: str) -> type[rule.Rule]:
    """The class of a rule, imported when it is needed. It is called as its module is."""
    module = RULES[name].module
    called = "".join(word.title() for word in module.split("_"))
    imported = __import__(f"pmgit.rules.{module}", fromlist=[called])
    found: type[rule.Rule] = getattr(imported, called)
    return found
