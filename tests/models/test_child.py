"""A child is kept from all that a job has no business with, and ends when it is told to.

Each job here is a text of its own, as hostile as it can be; `models/child.py` takes the path of a
job in place of its name.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest

from pmgit.core.errors import PmgitError, UsageError
from pmgit.models import child
from pmgit.models.child import Ended, Limits

MEMORY = 1_000_000_000
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of Linux")


def run_job(
    folder: Path, body: str, *, seconds: float = 60, memory: int = MEMORY, **more: Any
) -> tuple[list[dict[str, Any]], Ended]:
    """The answers of a job with this body, and how its child ended."""
    job = folder / "job.py"
    job.write_text("def run(request):\n" + indent(dedent(body), "    "))
    request = {"given": more.pop("given", None)}
    limits = Limits(seconds, memory)
    found = list(child.run(sys.executable, str(folder / "job"), request, limits, **more))
    *answers, ended = found
    assert isinstance(ended, Ended)
    # The first one is about the child itself.
    return [one for one in answers if isinstance(one, dict)][1:], ended


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


#: What no job may do, by what is said of it. `given` is a folder outside, with a file in it.
FORBIDDEN = {
    "use the network": [
        "import socket; socket.socket().connect(('127.0.0.1', 9))",
        "import socket; socket.create_connection(('127.0.0.1', 9), 1)",
        "import socket; socket.getaddrinfo('example.invalid', 443)",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
        "import socket; socket.socket(socket.AF_UNIX).connect(given + '/socket')",
        "import socket; socket.socket().bind(('127.0.0.1', 0))",
        "import http.client; http.client.HTTPConnection('127.0.0.1', 9).request('GET', '/')",
    ],
    "start a program": [
        "import os; os.system('true')",
        "import os; os.popen('true')",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.execv('/bin/sh', ['sh', '-c', 'true'])",
        "import os; os.posix_spawn('/bin/sh', ['sh', '-c', 'true'], {})",
        "import os; os.spawnv(os.P_WAIT, '/bin/sh', ['sh'])",
        "import os; os.fork()",
        "import pty; pty.spawn('true')",
        "import os; os.kill(os.getppid(), 0)",
        "import multiprocessing; multiprocessing.get_context('fork').Process().start()",
    ],
    "unpickle": ["import pickle; pickle.loads(b'cbuiltins\\nprint\\n.')"],
    "write a file": [
        "open(given + '/new', 'w')",
        "open(given + '/file', 'r+')",
        "import os; os.open(given + '/new', os.O_CREAT | os.O_WRONLY)",
        "import os; os.symlink(given, 'away'); open('away/new', 'w')",
        "import os; open(os.path.relpath(given + '/new'), 'w')",
        "import os; os.open('new', os.O_CREAT | os.O_RDWR, dir_fd=os.open(given, os.O_RDONLY))",
    ],
    "change a file": [
        "import os; os.remove(given + '/file')",
        "import os; os.rename(given + '/file', 'mine')",
        "import os; f = os.path.abspath('f'); open(f, 'w').close(); os.rename(f, given + '/file')",
        "import os; os.truncate(given + '/file', 0)",
        "import os; os.chmod(given + '/file', 0)",
        "import os; os.mkdir(given + '/new')",
        "import os; os.symlink('file', given + '/new')",
        "import shutil; shutil.rmtree(given)",
        "import os; os.unlink('file', dir_fd=os.open(given, os.O_RDONLY))",
    ],
    "run code from this repository": [
        "import sys; sys.path.insert(0, given); import modeling_x",
        "import runpy; runpy.run_path(given + '/modeling_x.py')",
        "exec(compile(open(given + '/modeling_x.py').read(), given + '/modeling_x.py', 'exec'))",
        "import ctypes; ctypes.CDLL(given + '/file')",
    ],
}  # fmt: skip


def test_a_job_is_refused_what_it_has_no_business_with(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("kept")
    (outside / "modeling_x.py").write_text(f"open({str(tmp_path / 'RAN')!r}, 'w')\n")
    tries = [(what, line) for what, lines in FORBIDDEN.items() for line in lines]
    answers, ended = run_job(
        tmp_path,
        """\
        given, tries = request["given"]
        for what, line in tries:
            try:
                exec(line, {"given": given})
                found = "done"
            except BaseException as error:
                found = f"{type(error).__name__}: {error}"
            yield {"line": line, "found": found}
        """,
        given=[str(outside), tries], closed=[str(outside)], answers=len(tries),
    )  # fmt: skip
    assert ended.code == 0, ended
    wrong = [
        (answer["line"], answer["found"])
        for answer, (what, _) in zip(answers, tries, strict=True)
        if what not in answer["refused"]
    ]
    assert wrong == []
    assert sorted(one.name for one in outside.iterdir()) == ["file", "modeling_x.py"]
    assert (outside / "file").read_text() == "kept"
    assert not (tmp_path / "RAN").exists()


def test_a_job_does_what_it_has_to_do(tmp_path: Path) -> None:
    """It reads what it likes, imports libraries, and writes to its own folder and where it may."""
    (tmp_path / "text").write_text("read")
    out = tmp_path / "out"
    out.mkdir()
    answers, ended = run_job(
        tmp_path,
        """\
        import os, tempfile
        import numpy
        from collections import namedtuple
        with tempfile.TemporaryDirectory() as folder:
            open(os.path.join(folder, "a"), "w").close()
        top = request["given"]
        with open(os.path.join(top, "out", "part"), "w") as file:
            file.write("written")
        os.rename(os.path.join(top, "out", "part"), os.path.join(top, "out", "whole"))
        open(os.devnull, "w").close()
        yield {
            "read": open(os.path.join(top, "text")).read(), "home": os.environ["HOME"],
            "cwd": os.getcwd(), "listed": os.listdir(), "tuple": namedtuple("T", "a b")(1, 2),
        }
        """,
        given=str(tmp_path), writes=[str(out)],
    )  # fmt: skip
    assert ended.code == 0, ended
    (answer,) = answers
    assert (out / "whole").read_text() == "written"
    assert answer["read"] == "read"
    assert (answer["refused"], answer["listed"], answer["tuple"]) == ([], [], [1, 2])
    assert answer["home"] == answer["cwd"] != str(Path.home())
    assert not Path(answer["home"]).exists()


@LINUX
def test_code_in_c_that_goes_around_the_hook_reaches_no_network(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answers, ended = run_job(
            tmp_path,
            """\
            import ctypes, struct
            libc = ctypes.CDLL(None, use_errno=True)
            address = struct.pack("=HH4s8x", 2, 0, bytes((127, 0, 0, 1)))
            address = address[:2] + request["given"][0].to_bytes(2, "big") + address[4:]
            # Back into the network of this test's process, where that is let in; then connect.
            above = libc.open(b"/proc/%d/ns/net" % request["given"][1], 0)
            libc.setns(above, 0x40000000)
            file = libc.socket(2, 1, 0)
            yield {"connected": libc.connect(file, address, 16)}
            """,
            given=[server.getsockname()[1], os.getpid()],
        )
    assert ended.code == 0, ended
    # Where nobody may make a namespace there is the hook alone, and the child says so.
    assert (answers[0]["connected"] != 0) == ended.guard["apart"]


@LINUX
def test_memory_is_limited(tmp_path: Path) -> None:
    answers, ended = run_job(
        tmp_path,
        """\
        try:
            yield {"got": len(bytearray(400_000_000))}
        except MemoryError:
            yield {"got": "MemoryError"}
        import mmap
        try:
            yield {"got": len(mmap.mmap(-1, 1 << 40))}
        except OSError as error:
            yield {"got": error.errno}
        """,
        memory=200_000_000,
    )
    assert [answer["got"] for answer in answers] == ["MemoryError", 12]
    assert ended.guard["unlimited"] == []


@LINUX
def test_what_it_writes_is_limited(tmp_path: Path) -> None:
    answers, _ = run_job(
        tmp_path,
        """\
        try:
            import os
            with open(os.path.abspath("mine"), "wb") as file:
                file.truncate(1 << 30)
            yield {"wrote": True}
        except OSError as error:
            yield {"wrote": error.errno}
        """,
    )
    assert answers[0]["wrote"] == 27


@pytest.mark.parametrize("body", ["import time; time.sleep(60); yield {}", "while True: pass"])
def test_a_job_that_does_not_end_is_ended(tmp_path: Path, body: str) -> None:
    begun = time.monotonic()
    _, ended = run_job(tmp_path, f"yield {{}}\n{body}", seconds=0.5)
    assert time.monotonic() - begun < 30
    assert (ended.late, ended.why) == (True, "it took longer than 0.5 s (--timeout)")


@LINUX
@pytest.mark.parametrize("ends", ["late", "by itself"])
def test_what_a_job_has_started_ends_with_it(tmp_path: Path, ends: str) -> None:
    """By a call of C, which the hook does not see."""
    note = tmp_path / "pid"
    _, ended = run_job(
        tmp_path,
        f"""\
        import ctypes, os, time
        if ctypes.CDLL(None).fork() == 0:
            with open({str(note)!r}, "w") as file:
                file.write(str(os.getpid()))
            time.sleep(60)
        while not os.path.exists({str(note)!r}) or not open({str(note)!r}).read():
            time.sleep(0.01)
        yield {{}}
        {"time.sleep(60)" if ends == "late" else ""}
        """,
        writes=[str(tmp_path)], seconds=3,
    )  # fmt: skip
    assert ended.late == (ends == "late")
    pid = int(note.read_text())
    until = time.monotonic() + 5
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.01)
    assert not is_alive(pid)


@pytest.mark.parametrize(
    ("body", "code", "why"),
    [
        ("import os; os._exit(3); yield", 3, "it ended with exit code 3"),
        ("raise SystemExit('no\\x1b[31m more'); yield", 1, "exit code 1: no\x1b[31m more"),
        ("import signal; signal.raise_signal(9); yield", -9, "it was ended by SIGKILL"),
        ("import os; os.abort(); yield", -6, "it was ended by SIGABRT"),
        ("raise ValueError('wrong'); yield", 1, "exit code 1: ValueError: wrong"),
    ],
)
def test_how_a_child_ended_is_told(tmp_path: Path, body: str, code: int, why: str) -> None:
    answers, ended = run_job(tmp_path, body)
    assert (answers, ended.late, ended.code) == ([], False, code)
    assert ended.why.endswith(why), ended


def test_what_is_printed_is_no_answer_and_is_cut(tmp_path: Path) -> None:
    answers, ended = run_job(
        tmp_path,
        """\
        import os, sys
        print('{"forged": 1}', flush=True)
        os.write(1, b'{"forged": 2}\\n' * 100_000)
        os.write(2, b"\\xff\\0" * 1_000_000)
        sys.stderr.write("the end")
        yield {"true": 1}
        """,
    )
    assert answers == [{"true": 1, "refused": []}]
    assert ended.code == 0
    assert len(ended.printed) <= 4000
    assert ended.printed.endswith("the end")


def test_answers_that_are_none_end_it(tmp_path: Path) -> None:
    """A job that reaches its own answers is hostile: nothing it says counts from there on."""
    for garbage in (b"no JSON\n", b"[1]\n", b"[" * 100_000 + b"\n", b"\xff\n"):
        answers, _ = run_job(
            tmp_path,
            f"""\
            import os
            yield {{"true": 1}}
            for number in range(3, 20):
                try:
                    os.write(number, {garbage!r})
                except OSError:
                    pass
            yield {{"true": 2}}
            """,
        )
        assert answers == [{"true": 1, "refused": []}], garbage[:20]


def test_nothing_of_the_environment_leads_it_astray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No token is handed on; no module of this folder or of PYTHONPATH is taken for a library."""
    for name in ("json.py", "torch.py", "sitecustomize.py", "usercustomize.py"):
        (tmp_path / name).write_text(f"open({str(tmp_path / 'RAN')!r}, 'w')\n")
    startup = tmp_path / "startup.py"
    startup.write_text(f"open({str(tmp_path / 'RAN')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": str(startup), "PYTHONHOME": str(tmp_path),
        "PYTHONUSERBASE": str(tmp_path), "PYTHONINSPECT": "1", "HF_TOKEN": "hf_secret",
        "GITHUB_TOKEN": "secret", "HF_HUB_OFFLINE": "0",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    answers, ended = run_job(
        tmp_path,
        """\
        import os, sys
        yield {"env": dict(os.environ), "path": sys.path}
        """,
    )
    assert ended.code == 0, ended
    env, path = answers[0]["env"], answers[0]["path"]
    assert not [name for name in env if name.startswith("PYTHON") or name.endswith("_TOKEN")]
    assert (env["HF_HUB_OFFLINE"], env["TRANSFORMERS_OFFLINE"]) == ("1", "1")
    assert str(tmp_path) not in path
    assert "" not in path
    assert not (tmp_path / "RAN").exists()


def test_the_interpreter_is_the_wanted_one_else_that_of_the_active_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def environment(name: str) -> tuple[Path, Path]:
        folder = tmp_path / name
        program = folder / "bin" / "python"
        program.parent.mkdir(parents=True)
        program.symlink_to(sys.executable)
        return folder, program

    (mine, of_mine), (active, of_active), (conda, of_conda) = map(
        environment, ("mine", "active", "conda")
    )
    both = {"VIRTUAL_ENV": str(active), "CONDA_PREFIX": str(conda)}
    assert child.interpreter(None, {}) == sys.executable
    assert child.interpreter(None, both) == str(of_active)
    assert child.interpreter(None, {"CONDA_PREFIX": str(conda)}) == str(of_conda)
    assert child.interpreter(None, {"VIRTUAL_ENV": "active"}) == sys.executable
    assert child.interpreter(None, {"VIRTUAL_ENV": str(tmp_path)}) == sys.executable
    assert child.interpreter(str(mine), both) == str(of_mine)
    monkeypatch.chdir(tmp_path)
    assert child.interpreter("mine/bin/python", both) == str(of_mine)
    # A bare name is looked up on the PATH, never in this folder.
    (tmp_path / "python-of-mine").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{mine}/bin:.")
    assert child.interpreter("python", {}) == str(of_mine)
    for wrong in ("python-of-mine", "nowhere/python", str(conda / "bin"), "", "mine\n"):
        with pytest.raises(UsageError, match="--python"):
            child.interpreter(wrong, both)


def test_what_is_no_python_is_said(tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_text("no program\n")
    program.chmod(0o755)
    with pytest.raises(PmgitError, match="could not be started"):
        list(child.run(str(program), "load", {}, Limits(5, MEMORY)))
    program.write_text("#!/bin/sh\necho 'Python 2 is no more' >&2; exit 4\n")
    (ended,) = child.run(str(program), "load", {}, Limits(5, MEMORY))
    assert isinstance(ended, Ended)
    assert (ended.guard, ended.why) == ({}, "it ended with exit code 4: Python 2 is no more")
