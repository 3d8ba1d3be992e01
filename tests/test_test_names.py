"""Every module of pmgit has a test of its name, or is listed here with the test that guards it."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parent
SOURCE = TESTS.parent / "src/pmgit"

#: Modules without a test of their own, by the tests that guard them: each is a part of something
#: larger, and is called there with real repositories, as those call it who use it.
GUARDED = {
    # what commands share: their output, options, questions at a terminal, next steps
    "test_cli.py": (
        "_completion",
        "_options",
        "_output",
        "_work_tree",
        "entry",
        "errors",
        "colour",
    ),
    "test_next_lines.py": ("_next", "_init_next"),
    "test_init.py": ("_difference", "_terminal", "_steps", "step", "settings"),
    "test_undo.py": ("_init_undo", "undo_look"),
    "test_info.py": ("_model_names", "repo_ids", "cache_entry", "caches"),
    "test_server.py": ("_server_proof", "server_hook", "server_script"),
    # pmgit fix, and the fixes of findings
    "test_fix.py": (
        "_fix_plan",
        "_fix_undo",
        "_fix_wanted",
        "remake",
        "checkout",
        "clean",
        "trees",
    ),
    "test_plans.py": ("plan_places", "planning"),
    "test_merges.py": ("merge_plans",),
    "test_ways_round.py": ("clone_plans",),
    "test_malformed_pointer.py": ("pointer_fixes",),
    "test_uncovered_pointer.py": ("leaving_lfs", "only_here"),
    # the judgement
    "test_checker.py": ("rule", "finding", "snapshot_config"),
    "test_entries.py": ("forgive",),
    "test_baseline.py": ("update",),
    "test_misplaced_weights.py": ("_loose_weights", "links"),
    "test_bad_model_name.py": ("moves", "steering", "whole"),
    "test_subject.py": ("judged_files", "judged_weights", "places"),
    "test_missing_info.py": ("local_weights",),
    "test_folder.py": ("file_names", "nested"),
    "test_info_file.py": ("repo_id",),
    "test_host_limit.py": ("choice",),
    # git
    "test_attributes.py": ("apart", "attribute_index", "path_filters"),
    "test_many_lines.py": ("attribute_text",),
    "test_objects.py": ("blob", "index_sizes"),
    "test_staged.py": ("lazy", "work_tree"),
    "test_ranges.py": ("introductions",),
    "test_pushes.py": ("known", "named_blobs", "position"),
    "test_process.py": ("pipe", "program", "version", "scratch"),
    "test_damaged_objects.py": ("trouble", "tree_order"),
    "test_streams.py": ("spill",),
    "test_tip.py": ("incoming", "receives", "brought"),
    "test_pre_receive.py": ("receive", "refusal"),
    "test_pushed_configuration.py": ("server_settings",),
    # reports
    "test_outputs.py": ("fingerprint", "github", "gitlab", "junit"),
    # history
    "test_history.py": ("_history_report", "large", "migrate", "migration", "refs"),
    # .gitattributes and .gitignore
    "test_lfs_setup.py": (
        *("_lfs_leave", "lfs_leave", "attribute_file", "lfs_lines", "lfs_patterns", "renormalise"),
        "in_the_way",
    ),
    "test_dead_attribute.py": (
        *("attribute_lines", "dead_lines", "line_answers", "mistakes", "suspects", "verdicts"),
        "unread_files",
    ),
    "test_ignore_block.py": (
        "ignore_foreign",
        "ignore_plan",
        "ignore_proof",
        "own_files",
        "shadow",
    ),
    "test_look.py": ("candidates",),
    "test_storage_switch.py": ("config_key", "readme_template"),
    # hooks
    "test_hook_chain.py": ("frameworks", "hook_file", "hook_state", "shim"),
    "test_prek_config.py": ("framework_files", "toml_text"),
    "test_default_entry.py": ("onboarding_entry",),
    "test_onboarding.py": ("onboarding_config", "onboarding_hooks", "_init_proof", "trial"),
    "test_first_day.py": ("models_folders",),
    # the doctor, and error texts
    "test_doctor.py": ("context", "examine"),
    "test_hooks.py": ("hook_files",),
    "test_data.py": ("answer", "match"),
}


def modules() -> set[str]:
    """The names of pmgit's modules, without those of the packages themselves."""
    return {file.stem for file in SOURCE.rglob("*.py")} - {"__init__", "__main__"}


def test_every_module_has_a_test_of_its_name_or_is_listed_with_the_one_that_guards_it() -> None:
    tests = {file.name for file in TESTS.rglob("test_*.py")}
    listed = [module for names in GUARDED.values() for module in names]
    without = {name for name in modules() if f"test_{name.lstrip('_')}.py" not in tests}
    assert sorted(without - {*listed}) == [], "give them a test, or list them in GUARDED"
    assert sorted({*listed} - without) == [], (
        "they are gone or have a test: not in GUARDED any more"
    )
    assert sorted({*GUARDED} - tests) == [], "there is no such test"
    assert len(listed) == len({*listed}), "listed twice"
