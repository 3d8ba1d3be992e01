"""After every fault the right bytes are there in the end, or nothing wrong is left."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import TYPE_CHECKING

import pytest

from pmgit.core.errors import PmgitError
from pmgit.hub.client import Pace, UnreachableError
from pmgit.sources.address import Address
from pmgit.sources.errors import DamagedError, SourceError
from pmgit.sources.fetch import fetch
from pmgit.sources.huggingface import HuggingFace
from pmgit.sources.listing import RemoteFile
from tests.file_server import Fault
from tests.hub_server import blob_id

if TYPE_CHECKING:
    from pathlib import Path

    from tests.file_server import FileServer
    from tests.hub_server import HubServer

#: More than is read at once.
CONTENT = random.Random(1).randbytes(1_200_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
HALF = 600_000


class Fetching:
    """One file of a server, fetched with and without a known hash; what was paused for."""

    def __init__(self, server: FileServer, part: Path, *, knows: str = "sha256") -> None:
        server.files["/m.bin"] = CONTENT
        self.source = Address(f"{server.url}/m.bin")
        self.part = part
        self.pauses: list[float] = []
        self.counted = 0
        self.file = {
            "sha256": RemoteFile("m.bin", len(CONTENT), SHA256),
            "sha256 alone": RemoteFile("m.bin", -1, SHA256),
            "blob": RemoteFile("m.bin", len(CONTENT), "", blob_id(CONTENT)),
            "prefix": RemoteFile("m.bin", prefix=SHA256[:8]),
            "size": RemoteFile("m.bin", len(CONTENT)),
            "nothing": RemoteFile("m.bin"),
        }[knows]

    def _count(self, count: int) -> None:
        self.counted += count

    def run(self, attempts: int = 6) -> tuple[int, str]:
        return fetch(
            self.source, "", self.file, str(self.part),
            on_bytes=self._count, sleep=self.pauses.append, attempts=attempts,
        )  # fmt: skip

    def succeed(self) -> None:
        self.counted = 0
        assert self.run() == (len(CONTENT), SHA256)
        assert self.part.read_bytes() == CONTENT
        assert self.counted == len(CONTENT)
        assert not os.path.lexists(f"{self.part}.note")

    def nothing_is_left(self) -> bool:
        return not self.part.exists() and not os.path.lexists(f"{self.part}.note")


KNOWN = ["sha256", "sha256 alone", "blob", "prefix", "size", "nothing"]


@pytest.mark.parametrize("knows", KNOWN)
@pytest.mark.parametrize("kind", ["none", "slow", "chunked", "gzip"])
def test_whole_answers(kind: str, knows: str, web: FileServer, part: Path) -> None:
    web.always["/m.bin"] = Fault(kind, seconds=0.001)
    Fetching(web, part, knows=knows).succeed()


@pytest.mark.parametrize(
    ("kind", "knows"),
    [*product(["truncate", "reset"], KNOWN), ("stall", "sha256"), ("stall", "nothing")],
)
def test_what_breaks_off_goes_on_at_its_last_byte(
    kind: str, knows: str, web: FileServer, part: Path
) -> None:
    web.faults["/m.bin"] = [Fault(kind, HALF), Fault(kind, 100_000)]
    one = Fetching(web, part, knows=knows)
    one.succeed()
    sent = [asked.sent[0] for asked in web.log]
    assert sum(sent) == len(CONTENT)
    assert web.starts("/m.bin") == [0, HALF, HALF + 100_000]
    has_hash = knows in ("sha256", "sha256 alone", "blob")
    assert ["if-range" in asked.headers for asked in web.log] == [False] + [not has_hash] * 2


@pytest.mark.parametrize(
    ("faults", "pauses"),
    [
        ([Fault("status", 503)] * 5, 5),
        ([Fault("status", 500), Fault("status", 502), Fault("status", 504)], 3),
        ([Fault("status", 408), Fault("status", 429)], 2),
        ([Fault("status", 503), Fault("reset", HALF), Fault("truncate", 0)], 3),
    ],
)
def test_what_passes_is_tried_again(
    faults: list[Fault], pauses: int, web: FileServer, part: Path
) -> None:
    web.faults["/m.bin"] = list(faults)
    one = Fetching(web, part)
    one.succeed()
    assert len(one.pauses) == pauses
    assert 0.3 < min(one.pauses) <= max(one.pauses) < 30


def test_a_server_says_how_long_to_wait(web: FileServer, part: Path) -> None:
    later = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 60))
    web.faults["/m.bin"] = [
        Fault("status", 429, {"Retry-After": "7"}),
        Fault("status", 503, {"Retry-After": later}),
        Fault("status", 429, {"RateLimit": '"api";r=0;t=55'}),
        Fault("status", 500, {"RateLimit": '"api";r=9;t=55'}),
        Fault("status", 429, {"Retry-After": "nonsense"}),
    ]
    one = Fetching(web, part)
    one.succeed()
    assert one.pauses[0] == 7
    assert 50 < one.pauses[1] <= 60
    assert one.pauses[2] == 55
    assert max(one.pauses[3:]) < 20


def test_too_long_a_wait_is_not_waited(web: FileServer, part: Path) -> None:
    web.always["/m.bin"] = Fault("status", 429, {"Retry-After": "3600"})
    one = Fetching(web, part)
    with pytest.raises(SourceError, match="60 minutes") as caught:
        one.run()
    assert "takes no more requests" in caught.value.message
    assert one.pauses == []


@pytest.mark.parametrize("kind", ["reset", "truncate"])
def test_a_server_that_always_breaks_off_is_given_up(
    kind: str, web: FileServer, part: Path
) -> None:
    web.always["/m.bin"] = Fault(kind, 1000)
    one = Fetching(web, part)
    with pytest.raises(SourceError) as caught:
        one.run()
    assert "does not answer as it should" in caught.value.message
    # What has arrived is kept, and right as far as it goes.
    assert part.read_bytes() == CONTENT[:6000]
    web.always.clear()
    one.succeed()
    assert web.starts("/m.bin")[-1] == 6000


def test_no_connection_is_given_up_soon(web: FileServer, part: Path) -> None:
    one = Fetching(web, part)
    web.close()
    with pytest.raises(SourceError, match="no connection") as caught:
        one.run()
    assert "does not answer as it should" in caught.value.message
    assert len(one.pauses) == 2
    assert part.read_bytes() == b""


def test_progress_renews_the_patience(web: FileServer, part: Path) -> None:
    web.always["/m.bin"] = Fault("truncate", 500_000)
    Fetching(web, part).run(attempts=2)
    assert web.starts("/m.bin") == [0, 500_000, 1_000_000]


@pytest.mark.parametrize("knows", ["sha256", "sha256 alone", "blob", "prefix"])
def test_a_flipped_byte_is_fetched_again(knows: str, web: FileServer, part: Path) -> None:
    web.faults["/m.bin"] = [Fault("corrupt", HALF)]
    Fetching(web, part, knows=knows).succeed()
    assert web.starts("/m.bin") == [0, 0]


@pytest.mark.parametrize("knows", ["sha256", "sha256 alone", "blob", "prefix"])
@pytest.mark.parametrize("fault", [Fault("corrupt", HALF), Fault("short", 1000)])
def test_wrong_bytes_are_refused(knows: str, fault: Fault, web: FileServer, part: Path) -> None:
    web.always["/m.bin"] = fault
    one = Fetching(web, part, knows=knows)
    with pytest.raises(DamagedError, match="should"):
        one.run()
    assert one.nothing_is_left()
    assert len(web.log) == 2
    assert one.counted == 0


def test_a_body_without_an_end_fills_no_disk(web: FileServer, part: Path) -> None:
    one = Fetching(web, part)
    one.file = RemoteFile("m.bin", 200_000, SHA256)
    web.always["/m.bin"] = Fault("chunked")
    with pytest.raises(DamagedError, match="more than 200,000 bytes"):
        one.run()
    assert one.nothing_is_left()


def test_another_size_is_refused_before_a_byte_is_kept(web: FileServer, part: Path) -> None:
    one = Fetching(web, part, knows="size")
    web.files["/m.bin"] = CONTENT + b"more"
    with pytest.raises(DamagedError, match="1,200,004"):
        one.run()
    assert one.nothing_is_left()


@pytest.mark.parametrize("knows", KNOWN)
@pytest.mark.parametrize("kind", ["ignore_range", "wrong_range", "gzip"])
def test_ranges_that_are_not_kept_to_begin_anew(
    kind: str, knows: str, web: FileServer, part: Path
) -> None:
    web.faults["/m.bin"] = [Fault("truncate", HALF), Fault(kind)]
    Fetching(web, part, knows=knows).succeed()


@pytest.mark.parametrize("knows", ["prefix", "nothing"])
@pytest.mark.parametrize("kind", ["none", "ignore_if_range", "no etags"])
def test_a_file_that_changes_is_never_joined(
    kind: str, knows: str, web: FileServer, part: Path
) -> None:
    web.has_etags = kind != "no etags"
    one = Fetching(web, part, knows=knows)
    web.files["/m.bin"] = bytes(len(CONTENT))
    web.always["/m.bin"] = Fault("truncate", HALF)
    with pytest.raises(SourceError):
        one.run(attempts=1)
    assert part.stat().st_size == HALF
    web.always.clear()
    web.faults["/m.bin"] = [Fault(kind)]
    web.files["/m.bin"] = CONTENT
    one.succeed()


def test_a_part_of_unknown_origin_is_dropped(web: FileServer, part: Path) -> None:
    """Without a hash, only its note says what a part is of."""
    one = Fetching(web, part, knows="nothing")
    for note in (None, "", "{", "[]", '{"validator": 1, "total": 2}'):
        part.write_bytes(bytes(1000))
        if note is not None:
            part.with_name("part.note").write_text(note)
        one.succeed()
    assert set(web.starts("/m.bin")) == {0}


@pytest.mark.parametrize("left", [bytes(1000), CONTENT + b"x", bytes(len(CONTENT))])
def test_a_part_of_other_bytes_ends_right(left: bytes, web: FileServer, part: Path) -> None:
    part.write_bytes(left)
    Fetching(web, part).succeed()


def test_a_whole_part_asks_nobody(web: FileServer, part: Path) -> None:
    part.write_bytes(CONTENT)
    Fetching(web, part).succeed()
    assert web.log == []


def test_what_trickles_is_broken_off() -> None:
    now = 0.0
    pace = Pace(lambda: now)
    for second in range(121):
        now = second
        pace.see(1000)
    now = 170
    pace.see(10)  # a pause is no trouble yet
    now = 181
    with pytest.raises(UnreachableError, match="less than 1 kB"):
        pace.see(10)


def test_an_empty_file(web: FileServer, part: Path) -> None:
    one = Fetching(web, part)
    one.file = RemoteFile("m.bin", 0, hashlib.sha256(b"").hexdigest())
    assert one.run() == (0, one.file.sha256)
    assert part.read_bytes() == b""


def test_no_end_and_no_hash_is_no_file(web: FileServer, part: Path) -> None:
    """torch.hub takes such a body for whole, wherever the connection broke off."""
    web.always["/m.bin"] = Fault("unbounded")
    with pytest.raises(SourceError, match="nothing says where") as caught:
        Fetching(web, part, knows="nothing").run()
    assert "--sha256" in caught.value.hint
    assert part.read_bytes() == b""
    Fetching(web, part, knows="sha256 alone").succeed()


@pytest.mark.parametrize("status", [401, 403, 404, 418])
def test_a_refusal_is_no_reason_to_wait(status: int, web: FileServer, part: Path) -> None:
    web.always["/m.bin"] = Fault("status", status)
    one = Fetching(web, part)
    with pytest.raises(SourceError) as caught:
        one.run()
    assert caught.value.hint
    assert one.pauses == []


def test_a_page_for_people_is_no_file(web: FileServer, part: Path) -> None:
    web.always["/m.bin"] = Fault("page")
    with pytest.raises(SourceError, match="a page for people"):
        Fetching(web, part, knows="nothing").run()
    assert part.read_bytes() == b""


@pytest.mark.parametrize("seed", range(12))
def test_random_faults_end_right_or_refused(seed: int, web: FileServer, tmp_path: Path) -> None:
    """Eight files at once, with faults in any order; what was refused is right the next time."""
    dice = random.Random(seed)
    kinds = ["status", "reset", "truncate", "ignore_range", "wrong_range", "gzip", "chunked"]
    wrong = ["corrupt", "short"]  # only a hash shows these

    def fetch_one(number: int) -> None:
        content = random.Random(number).randbytes(300_000)
        sha256 = hashlib.sha256(content).hexdigest()
        knows = number % 2 == 0
        file = RemoteFile("m.bin", len(content), sha256) if knows else RemoteFile("m.bin")
        source = Address(f"{web.url}/{number}/m.bin")
        part = tmp_path / str(number)
        for _ in range(3):
            try:
                got = fetch(source, "", file, str(part), sleep=lambda _: None, attempts=4)
            except SourceError:
                continue
            assert got == (len(content), sha256)
            assert part.read_bytes() == content
            return
        pytest.fail("never right")

    for number in range(8):
        web.files[f"/{number}/m.bin"] = random.Random(number).randbytes(300_000)
        chosen = dice.choices(kinds + wrong * (number % 2 == 0), k=dice.randrange(6))
        web.faults[f"/{number}/m.bin"] = [
            Fault(kind, 503 if kind == "status" else dice.randrange(300_000)) for kind in chosen
        ]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fetch_one, range(8)))
    assert sorted(os.listdir(tmp_path)) == [str(number) for number in range(8)] + ["home"]


def test_links_and_pipes_in_the_way_are_refused(web: FileServer, part: Path) -> None:
    other = part.with_name("other")
    other.write_bytes(b"mine")
    part.symlink_to(other)
    with pytest.raises(PmgitError, match="is a link"):
        Fetching(web, part).run()
    part.unlink()
    os.mkfifo(part)
    with pytest.raises(PmgitError, match="is no file"):
        Fetching(web, part).run()
    assert other.read_bytes() == b"mine"


def test_two_threads_fetch_one_part_once(web: FileServer, part: Path) -> None:
    web.always["/m.bin"] = Fault("slow", seconds=0.002)
    both = [Fetching(web, part), Fetching(web, part)]
    threads = [threading.Thread(target=one.succeed) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.counted for one in both] == [len(CONTENT)] * 2
    assert sum(asked.sent[0] for asked in web.log) == len(CONTENT)


def test_a_full_disk_is_said_and_continued(web: FileServer, part: Path) -> None:
    """By a limit on the size of files: the same way through the code, without root."""
    code = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))\n"
    ) + _PROGRAM
    Fetching(web, part)
    done = _start(code, web, part)
    assert "File too large" in done.communicate("go\n")[1]
    assert part.read_bytes() == CONTENT[: part.stat().st_size]
    assert part.stat().st_size == 1_000_000
    Fetching(web, part).succeed()
    assert web.starts("/m.bin") == [0, 1_000_000]


#: For each line a process that fetches, of which the id is said, and when it is gone.
_PROGRAM = """
import os, sys
from pmgit.sources.address import Address
from pmgit.sources.fetch import fetch
from pmgit.sources.listing import RemoteFile
url, sha256, part = sys.argv[1:]
for line in sys.stdin:
    if (pid := os.fork()) == 0:
        fetch(Address(url), "", RemoteFile("m.bin", -1, sha256), part)
        sys.exit()
    print(pid, flush=True)
    print(os.waitpid(pid, 0)[1], flush=True)
"""


def _start(code: str, web: FileServer, part: Path, sha256: str = SHA256) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, f"{web.url}/m.bin", sha256, str(part)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("sha256", [SHA256, ""])
def test_killed_at_any_moment_no_byte_is_fetched_twice(
    sha256: str, web: FileServer, part: Path
) -> None:
    """kill -9 in the middle, three times; what lies in the part then is never asked for again."""
    one = Fetching(web, part, knows="sha256" if sha256 else "nothing")
    web.always["/m.bin"] = Fault("slow", seconds=0.01)
    ends = [0]
    running = _start(_PROGRAM, web, part, sha256)
    assert running.stdin
    assert running.stdout
    for moment in (200_000, 500_000, 900_000):
        print("go", file=running.stdin, flush=True)
        pid = int(running.stdout.readline())
        until = time.monotonic() + 20
        while not part.exists() or part.stat().st_size < moment:
            assert time.monotonic() < until
            time.sleep(0.001)
        os.kill(pid, signal.SIGKILL)
        assert running.stdout.readline() == "9\n"
        ends.append(part.stat().st_size)
        assert part.read_bytes() == CONTENT[: ends[-1]]
    running.communicate()
    web.always.clear()
    one.succeed()
    assert web.starts("/m.bin") == ends


def test_git_lfs_files_of_the_hub(hub: HubServer, part: Path) -> None:
    """By way of a redirect to another port, with a fault of each kind there."""
    commit = hub.add("org/m", {"model.bin": CONTENT})
    hub.cdn.faults[SHA256] = [
        Fault("reset", 500_000), Fault("status", 500), Fault("truncate", 500_000),
        Fault("status", 403),  # a signed address has an end
    ]  # fmt: skip
    pauses: list[float] = []
    source, file = HuggingFace("org/m"), RemoteFile("model.bin", len(CONTENT), SHA256)
    assert fetch(source, commit, file, str(part), sleep=pauses.append) == (len(CONTENT), SHA256)
    assert part.read_bytes() == CONTENT
    assert len(pauses) == 4
    assert [one.start for one in hub.cdn.log] == [0, 500_000, 500_000, 1_000_000, 1_000_000]
