"""What all tests of rules begin with."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def without_proof(env: dict[str, str], quick_hooks: None) -> None:
    """A printed `pmgit lfs-setup` proves nothing by a push: tests/init/test_lfs_proof.py does."""
    env["PMGIT_LFS_SETUP_PROOF"] = "0"
