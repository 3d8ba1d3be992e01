"""A repository that names servers: no command goes there that was not asked to fetch or to push."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.test_user_configuration import CASES, leaves
from tests.file_server import FileServer
from tests.kit import pointer, weights_bytes

if TYPE_CHECKING:
    from tests.kit import Repo

MODEL = "pretrained_model/lfs"


def test_nothing_is_asked_of_the_servers_that_a_repository_names(lfs_repo: Repo) -> None:
    repo = lfs_repo
    repo.add_remote()
    # Not switched off: a command that wants to ask somebody may.
    repo.env |= {"HF_HUB_OFFLINE": "0", "HF_TOKEN": "hf_" + "x" * 20}
    repo.add_info(MODEL)
    repo.stage_blob(f"{MODEL}/model.safetensors", pointer(weights_bytes(300)))
    repo.write(f"{MODEL}/model.safetensors", pointer(weights_bytes(300)))
    ran = repo.path / "PWNED"
    with FileServer() as server:
        addresses = (
            f"{server.url}/lfs", f"ssh://-oProxyCommand=touch${{IFS}}{ran}/x",
            f"ext::sh -c 'touch {ran}'", f"{server.url}/%0aHost:x", "file:///etc",
        )  # fmt: skip
        commands = [
            [*words.split(), *case]
            for words, cases in CASES.items()
            if words in leaves() and words not in ("init", "pull", "fix", "server install")
            for case in cases[:1]
        ]
        for number, address in enumerate(addresses):
            repo.stage(".lfsconfig", f'[lfs]\n\turl = "{address}"\n\tpushurl = "{address}"\n')
            repo.stage(
                ".gitmodules",
                f'[submodule "x"]\n\tpath = pretrained_model/sub\n\turl = "{address}"\n',
            )
            repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},{MODEL[:16]}/sub")
            runs = commands if number == 0 else [["check"]]
            for argv in runs:
                shown = repo.pmgit(*argv)
                assert shown.code in (0, 1, 2, 3), (argv, shown)
                assert "Traceback" not in shown.err, (argv, shown)
                assert not ran.exists(), (argv, address)
                assert server.log == [], (argv, server.log)
            repo.hook("pre-commit")
            assert (server.log, ran.exists()) == ([], False), address
            repo.commit(f"names {number}")
            repo.hook("pre-push", "origin", str(repo.path.parent / "remote.git"))
            assert not ran.exists(), address
            secret = [one for one in server.log if "authorization" in one.headers]
            assert secret == []
            server.log.clear()
