"""Every module of pmgit has a test of its name, or is listed here with the test that guards it."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parent
SOURCE = TESTS.parent / "src/pmgit"

#: Modules without a test of their own, by the tests that guard them: each is a part of something
#: larger, and is called there with real repositories, as those call it who use it.
GUARDED = {
    "test_cli.py": ("_options", "_output", "startup", "errors", "colour"),
    "test_next_lines.py": ("_next",),
    "test_other_sources.py": ("_one_by_one",),
    "test_init.py": ("_steps",),
    "test_remotes.py": ("settings",),
    "test_undo.py": ("_init_undo",),
    "test_info.py": ("_model_names", "caches", "described"),
    "test_server.py": ("proof",),
    "test_fix.py": ("_fix_undo", "move_branch", "trees"),
    "test_explain.py": ("own_findings",),
    "test_include.py": ("_only_these",),
    "test_for_committed.py": ("commit_reach",),
    "test_merges.py": ("for_merge",),
    "test_malformed_pointer.py": ("for_pointers",),
    "test_uncovered_pointer.py": ("leaving_lfs", "other_lines"),
    "test_engine.py": ("rule", "finding", "config_lookup"),
    "test_entries.py": ("forgive",),
    "test_misplaced_weights.py": ("_loose_weights",),
    "test_bad_model_name.py": ("renames", "steering", "whole"),
    "test_subject.py": ("places",),
    "test_info_block.py": ("fences",),
    # files judged by their content
    "test_judge.py": (
        "behind",
        "claims",
        "compressed",
        "core_ml",
        "core_ml_weights",
        "crfsuite",
        "fields",
        "gguf",
        "graph_operations",
        "hdf5",
        "joblib_arrays",
        "keras_config",
        "members",
        "msgpack",
        "named_classes",
        "npy",
        "onnx",
        "opinion",
        "pickle_lines",
        "pickle_values",
        "pickle_weights",
        "pickle_sized",
        "pickle_window",
        "other_uses",
        "others",
        "pickles",
        "protobuf",
        "storages",
        "tars",
        "template_blocks",
        "template_names",
        "templates",
        "tensor_bundle",
        "tensorflow",
        "tflite",
        "torch_archives",
        "onnx_tensor",
        "onnx_wires",
        "openvino",
        "word2vec",
        "hdf5_heap",
        "yaml_calls",
        "zip_directory",
        "zips",
    ),
    "test_damaged.py": ("caps",),
    # what is in files of weights
    "test_read.py": (
        "dtypes",
        "gguf_file",
        "hdf5_file",
        "numpy_file",
        "onnx_file",
        "pickle_file",
        "pickled",
        "safetensors_file",
        "text_file",
        "zip_file",
    ),
    "test_inspect.py": (
        "differences",
        "digests",
        "document",
        "look",
        "words",
    ),
    "test_missing_info.py": ("branches",),
    "test_unsafe_weights.py": ("judged_files",),
    "test_folder.py": ("file_names", "nested"),
    "test_info_file.py": ("repo_id",),
    "test_host_limit.py": ("choice",),
    "test_attributes.py": ("temporary",),
    "test_many_lines.py": ("attribute_text",),
    "test_objects.py": ("blob", "index_sizes", "loose"),
    "test_staged.py": ("lazy",),
    "test_commit_range.py": ("log", "commit_diffs", "raw_diff"),
    "test_push.py": ("tagged", "names"),
    "test_process.py": ("program",),
    "test_damaged_objects.py": ("trouble", "tree_order"),
    "test_streams.py": ("spill",),
    "test_tip_snapshot.py": ("ref_updates", "pushed_commits"),
    "test_pushed_configuration.py": ("config_source",),
    "test_outputs.py": ("fingerprint", "github", "gitlab", "junit"),
    "test_history.py": ("_history_report", "migrate", "migration_plan"),
    "test_lfs_setup.py": (
        "lfs_leave",
        "attribute_file",
        "lfs_lines",
        "lfs_patterns",
        "renormalise",
    ),
    "test_dead_attribute.py": (
        "attribute_lines",
        "dead_lines",
        "mistakes",
        "unread_files",
        "line_view",
    ),
    "test_ignore_block.py": ("ignore_foreign", "what_if"),
    "test_detect.py": ("candidates",),
    "test_storage_switch.py": ("readme_template",),
    "test_installation.py": ("frameworks", "hook_file", "hook_state", "shim"),
    "test_prek_config.py": ("framework_files",),
    "test_default_entry.py": ("entry_steps",),
    "test_onboarding.py": ("config_steps", "hook_steps", "_init_proof", "trial"),
    "test_first_day.py": ("models_folders",),
    "test_doctor.py": ("context", "examine"),
    "test_hooks.py": ("hook_files",),
    "test_data.py": ("answer", "match"),
    "test_batch.py": ("cat_file",),
    "test_position.py": ("revisions",),
    "test_config.py": ("option",),
    "test_config_entry.py": ("yaml_config", "entry"),
    # whole models, and where they come from
    "test_fetch.py": ("file_lock",),
    "test_pull.py": ("linked_trees",),
    "test_models.py": (
        "earlier_locks",
        "_add_source",
        "download",
        "nearby",
        "one_at_a_time",
        "side_by_side",
    ),
    "test_remote.py": ("_verify_remote",),
    "test_sheet.py": ("_info_show",),
    "test_missing_shard.py": ("_held_shards",),
    "test_duplicate_weights.py": ("_copies_out",),
    "test_stale_info.py": ("_relock", "recorded"),
    "test_terminal.py": ("_bars", "_tables"),
    "test_status.py": ("account", "outward_links"),
    "test_license_conflict.py": ("stated_licenses",),
    "test_child.py": ("start",),
    "test_load.py": ("_verify_load", "load_plan", "_load_options"),
    "test_convert.py": ("convert_plan",),
    "test_add.py": ("adopt",),
    "test_outdated.py": ("moved_on",),
    "test_resolve.py": ("torchvision",),
    "test_client.py": ("api", "web"),
    "test_huggingface.py": ("listing",),
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
