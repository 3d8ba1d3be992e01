"""`pmgit` without its start: each call is a fork of a process that has imported all of pmgit.

Starting Python and importing click costs 100 ms, `pmgit init` as much again for its own imports,
a judgement 30, and the tests call pmgit some thousand times. A fork is a process like any other: it
has the folder, environment and descriptors that it is given, an exit code, and leaves nothing
behind for the next.
A line is pasted into a real shell, where the `pmgit` of `programs` asks for such a fork: it gets
the words, folder, environment, input and outputs that the shell gives to a program. So does the
`pmgit-hook` of `quick_hooks`, which a Git hook finds on its PATH.
A fork takes call after call, as long as each leaves it as it was: files, threads, processes and
what modules hold (`_State`); most of the time of a call is what a new fork has to copy.
What a fork cannot show is the start itself. So the program is run where that is what counts: in
hooks, by its path, with `start=True`, and wherever Python would start differently.
pre-commit starts as slowly. Tests that run it again and again can have such a fork of it, too, from
a process of its own: the hooks that it writes call a Python that asks for a fork as well.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.machinery import ModuleSpec
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: What Python reads when it starts: a fork would not see a change of it.
READ_AT_START = ("PYTHON", "LC_", "LANG")
#: Packages that read the environment when they are imported: they wait, imported with these of
#: their modules, until a call imports them (`_Waiting`).
OF_THE_ENVIRONMENT = {
    "huggingface_hub": ("hf_api", "utils", "utils._headers", "errors"),
    "git": ("repo",),
}
#: What huggingface_hub reads into its `constants` alone, of what pmgit uses.
OF_THE_HUB = (
    *("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "HF_ENDPOINT"),
    *("HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "HF_HUB_DISABLE_XET"),
    *("HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DOWNLOAD_TIMEOUT"),
)
#: What those two import, and what pmgit imports when it needs it: nothing reads the environment.
IMPORTED_LATE = (
    *("yaml", "tomlkit", "difflib", "email.utils", "urllib.request", "subprocess", "tempfile"),
    *("configparser", "getpass", "mimetypes", "platform", "uuid"),
    *(
        "gitdb",
        "httpx",
        "httpx2",
        "httpcore",
        "httpcore2",
        "anyio",
        "filelock",
        "filelock._soft",
        "tqdm.auto",
        "concurrent.futures.thread",
        "packaging.version",
    ),
)
#: What keeps what it has read: the same for every call.
CACHES = (
    ("pmgit.licenses.table", "_table"), ("pmgit.formats.judge", "_modules"),
    ("pmgit.formats.policy", "_read"), ("pmgit.formats.policy", "_patterns"),
)  # fmt: skip
#: What pmgit has handlers for.
SIGNALS = [
    getattr(signal, name)
    for name in ("SIGTERM", "SIGHUP", "SIGINT", "SIGCHLD", "SIGALRM", "SIGPIPE")
    if hasattr(signal, name)
]
#: How many calls a fork of pmgit takes: memory that is not looked through for garbage adds up.
CALLS = 40
#: A dictionary or list that no call changes without changing its length.
LONG = 300
#: Who asks the process that forks.
TEST, SHELL = b"t", b"s"
TIMEOUT = 300
HOOK = "pmgit-hook"
#: What is called as `python -mpre_commit` by the hooks of a forked pre-commit, and as
#: `python -P -m pmgit` by a forked `pmgit fix` for the steps of a fix.
PYTHON = "python"
#: How the names of the folders of `Forks` begin.
PREFIX = "pmgit-forks-"


def _read_at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(READ_AT_START)}


#: With this a test begins (`isolated_environment`).
START = {
    name: value for name, value in _read_at_start(os.environ).items() if name[:6] != "PYTHON"
} | {"LANG": "C.UTF-8"}


class Forks:
    """The process that forks a program, and the socket on which it is asked to.

    That of `pmgit` forks `pmgit-hook`, too, and that of pre-commit what the hooks that it writes
    call; `folder` has a folder for each of these, so that only who means it finds it.
    """

    def __init__(self, name: str) -> None:
        ours, theirs = socket.socketpair()
        from tests.fork_client import write_clients  # which needs this module

        ours.settimeout(TIMEOUT)
        self._socket = ours
        #: Where the program lies for shells, and the address at which it asks.
        # The address of a socket has 104 bytes on macOS, and 108 here.
        is_short = len(tempfile.gettempdir()) < 70
        self.folder = tempfile.mkdtemp(prefix=PREFIX, dir=None if is_short else "/tmp")
        address = f"{self.folder}/asked"
        clients = {name: Path(self.folder, name), PYTHON: Path(self.folder, PYTHON, PYTHON)}
        if name == "pmgit":
            clients[HOOK] = Path(self.folder, HOOK, HOOK)
        write_clients(clients, address, name, shutil.which("cc"))
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(address)
        listening.listen()
        # -P: this folder is not on the path of the program either.
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-P", str(Path(__file__).resolve())),
                *(str(theirs.fileno()), str(listening.fileno()), self.folder, name),
            ],
            # glibc asks for pages of 2 MB: a fork copies a table of 16 of them, not of 8,000 small
            # ones. `pmgit --version` takes 8 to 10 ms so, and 10 to 13 else.
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                **START,
                "PYTHONMALLOC": "malloc",
                "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
            },
            pass_fds=[theirs.fileno(), listening.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        theirs.close()
        listening.close()

    def run(
        self, argv: list[str], cwd: str | Path, env: dict[str, str], stdin: bytes
    ) -> tuple[int, bytes, bytes]:
        """Exit code, standard output and standard error of `pmgit` when called with `argv`."""
        with (
            tempfile.TemporaryFile() as request,
            tempfile.TemporaryFile() as given,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            request.write(json.dumps([argv, str(cwd), env]).encode())
            request.flush()
            given.write(stdin)
            given.seek(0)
            files = [request.fileno(), given.fileno(), out.fileno(), err.fileno()]
            socket.send_fds(self._socket, [TEST], files)
            answer = self._socket.recv(16)
            assert answer, "the process that forks has died"
            for file in (out, err):
                file.seek(0)
            return int(answer), out.read(), err.read()

    def close(self) -> None:
        """End the process that forks."""
        self._socket.close()
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


_forks: dict[str, Forks] = {}


def _started(name: str = "pmgit") -> Forks:
    if name not in _forks:
        _forks[name] = Forks(name)
        atexit.register(_forks[name].close)
    return _forks[name]


def run(
    argv: list[str], cwd: str | Path, env: dict[str, str], stdin: bytes = b""
) -> tuple[int, bytes, bytes] | None:
    """Run `pmgit` in a fork; None where only a start of the program shows the same."""
    if sys.platform == "win32" or _read_at_start(env) != START:
        return None
    return _started().run(argv, cwd, env, stdin)


def programs(name: str = "pmgit") -> str:
    """The folder of a `pmgit` or `pre-commit` for the PATH of a shell, which asks for a fork; empty
    where none is.

    The fork itself does not find that folder on its PATH.
    """
    # A first line of more words, or of more than 127 bytes on macOS, is read otherwise.
    if sys.platform == "win32" or " " in sys.executable or len(sys.executable) > 110:
        return ""
    return _started(name).folder


def quick_hooks(env: Mapping[str, str]) -> dict[str, str]:
    """That environment, with a fork for each `pmgit-hook` that a Git hook finds on its PATH."""
    folder = programs()
    ours = f"{folder}/{HOOK}{os.pathsep}" if folder else ""
    return {**env, "PATH": ours + env["PATH"]}


def without_forks(path: str) -> str:
    """A PATH without what finds forks."""
    folders = path.split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if f"/{PREFIX}" not in folder)


@dataclass
class _Runner:
    """A fork that runs one call after another; `socket` is the server's end to it."""

    pid: int
    socket: socket.socket
    of_a_test: bool = False


def _serve(
    asked: socket.socket, listening: socket.socket, folder: str, main: Callable[[], object],
    calls: int,
) -> None:  # fmt: skip
    """Answer until nobody asks any more; this returns in no fork.

    A fork that ends a call as clean as it began waits for the next one, up to `calls` times: what
    is copied when it first writes to a page takes longer than most calls. A call that comes while
    another one runs (a test waits for Git, which runs a hook) gets a fork of its own.
    """
    busy: list[_Runner] = []
    idle: list[_Runner] = []

    def hand_over(message: bytes, files: Sequence[int]) -> None:
        if idle:
            runner = idle.pop()
        else:
            ours, theirs = socket.socketpair()
            if (pid := os.fork()) == 0:
                for other in (asked, listening, ours, *(one.socket for one in busy)):
                    other.close()
                for file in files:
                    os.close(file)
                _run_calls(theirs, folder, main, calls)
            theirs.close()
            runner = _Runner(pid, ours)
        runner.of_a_test = message == TEST
        busy.append(runner)
        socket.send_fds(runner.socket, [message], files)
        for file in files:
            os.close(file)

    while True:
        ready, _, _ = select.select([asked, listening, *(one.socket for one in busy)], [], [])
        for runner in [one for one in busy if one.socket in ready]:
            busy.remove(runner)
            # Its exit code, or what the system says of a fork that has none; `+`: it goes on.
            said = runner.socket.recv(16).decode()
            if said.startswith("+"):
                idle.append(runner)
            else:
                runner.socket.close()
                status = os.waitstatus_to_exitcode(os.waitpid(runner.pid, 0)[1])
                said = said or str(status)
            if runner.of_a_test:
                asked.send(said.lstrip("+").encode())
        if listening in ready:
            hand_over(SHELL, [listening.accept()[0].detach()])
        if asked in ready:
            message, files, _, _ = socket.recv_fds(asked, 1, 4)
            if not message:
                for runner in idle:
                    runner.socket.close()
                    os.waitpid(runner.pid, 0)
                return
            hand_over(TEST, files)


def _run_calls(
    server: socket.socket, folder: str, main: Callable[[], object], calls: int
) -> NoReturn:
    """What a fork does: at most so many calls, as long as none leaves anything behind."""
    # A search for garbage would copy every page that it counts references on.
    gc.disable()
    nothing = os.open(os.devnull, os.O_RDWR)
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    # What the process that forks has registered is not for the end of a call.
    atexit._clear()
    state = _State()
    for left in range(calls - 1, -1, -1):
        message, files, _, _ = socket.recv_fds(server, 1, 4)
        if not message:
            break
        for number, handler in handlers.items():
            signal.signal(number, handler)
        shell = socket.socket(fileno=files[0]) if message == SHELL else None
        code = _run_of_a_shell(shell, folder, main) if shell else _run_of_a_test(main, *files)
        goes_on = left > 0 and state.has_come_back(shell is not None)
        # Who reads what it has printed waits for the end of it.
        for file in (0, 1, 2):
            os.dup2(nothing, file)
        os.chdir("/")
        server.send(f"{'+' * goes_on}{code}".encode())
        if shell:
            shell.send(str(code).encode())
            shell.close()
        if not goes_on:
            break
    os._exit(0)


class _State:
    """What the modules of pmgit hold when a fork begins; each call finds it so."""

    def __init__(self) -> None:
        # Those that a call imports read its environment.
        self._loaded = self._of_pmgit()
        self._count = len(sys.modules)
        self._waiting = [finder for finder in sys.meta_path if isinstance(finder, _Waiting)]
        names = {name: vars(sys.modules[name]) for name in self._loaded}
        for finder in self._waiting:
            names |= {name: vars(module) for name, module in finder.modules.items()}
        self._held = [(held, dict(held), tuple(held.values())) for held in names.values()]
        self._contents = [
            (value, value.copy())
            for module, held in names.items()
            for name, value in held.items()
            if isinstance(value, (list, dict, set))
            and name != "__builtins__"
            and (module, name) not in CACHES
        ]
        self._of_the_process = self._process()

    def _of_pmgit(self) -> list[str]:
        names = ("pmgit", *OF_THE_ENVIRONMENT)
        return [name for name in sys.modules if name.startswith(names)]

    def _process(self) -> tuple[int, int]:
        """How many files are open, and how many threads run."""
        return len(os.listdir("/dev/fd")), threading.active_count()

    def has_come_back(self, descriptors: int) -> bool:
        """Put back what a call has changed; False where that cannot be done.

        `descriptors`: how many files are open that the call has nothing to do with.
        """
        # A hook has begun what was not needed in the end.
        if running := getattr(sys.modules.get("pmgit.git.process"), "running", None):
            for process in list(running.values()):
                process.stop()
        with suppress(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)
            return False
        for finder in self._waiting:
            finder.hide()
        files, threads = self._process()
        if (files - descriptors, threads) != self._of_the_process:
            return False
        if len(sys.modules) != self._count and self._of_pmgit() != self._loaded:
            return False
        tempfile.tempdir = None
        for held, before, values in self._held:
            # In the same order: to look each name up takes five times as long.
            if tuple(held.values()) != values:
                _put_back(held, before)
        for now, then in self._contents:
            # To compare the long tables of constants as well would take 8 ms.
            if len(now) != len(then) or (len(then) < LONG and now != then):
                _put_back(now, then)
        return True


class _Waiting:
    """A package that has been imported and is hidden again, until a call imports it.

    What it has read of the environment is read again then; where that is not enough, the call
    imports it by itself. That takes 50 to 150 ms, and the call after it a new fork.
    """

    def __init__(self, package: str, parts: Sequence[str]) -> None:
        import_module(package)
        for part in parts:
            with suppress(ModuleNotFoundError):  # huggingface_hub 1.x
                import_module(f"{package}.{part}")
        self._package = package
        self._git = shutil.which("git")
        self._spec = sys.modules[package].__spec__
        self.modules = {
            name: module
            for name, module in sys.modules.items()
            if name == package or name.startswith(f"{package}.")
        }
        self.hide()

    def hide(self) -> None:
        """Have the next import come here again."""
        for name in self.modules:
            sys.modules.pop(name, None)

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """Asked by `import`: the package, with all of its modules that it had imported."""
        if name != self._package:
            return None
        # `import` takes a package that it finds there for one that begins, and runs it once more.
        sys.modules.update({n: module for n, module in self.modules.items() if n != name})
        if self._is_like_now():
            return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]
        self.hide()
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The package itself, as it is."""
        return self.modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: that was done."""
        module.__spec__ = self._spec

    def _is_like_now(self) -> bool:
        if self._package == "git":
            # It starts git once, to see whether it can.
            is_set = any(name.startswith("GIT_PYTHON") for name in os.environ)
            return not is_set and shutil.which("git") == self._git
        if any(n.startswith(("HF_", "HUGGING")) and n not in OF_THE_HUB for n in os.environ):
            return False
        constants = self.modules["huggingface_hub.constants"]
        before = dict(vars(constants))
        assert constants.__spec__
        assert constants.__spec__.loader
        constants.__spec__.loader.exec_module(constants)
        changed = {n: new for n, new in vars(constants).items() if n.isupper() and before[n] != new}
        for module in self.modules.values():
            vars(module).update({n: new for n, new in changed.items() if n in vars(module)})
        # So it does when it is imported; the process that forks has forgotten that.
        atexit.register(self.modules["huggingface_hub.utils._http"].close_session)
        return True


def _put_back(now: Any, before: Any) -> None:
    now.clear()
    if isinstance(now, list):
        now.extend(before)
    else:
        now.update(before)


def _run_of_a_test(main: Callable[[], object], request: int, given: int, out: int, err: int) -> int:
    with open(request, encoding="utf-8") as file:
        file.seek(0)
        argv, cwd, environ = json.load(file)
    return _run((given, out, err), argv, cwd, environ, main)


def _run_of_a_shell(shell: socket.socket, folder: str, main: Callable[[], object]) -> int:
    _, files, _, _ = socket.recv_fds(shell, 1, 3)
    with shell.makefile("rb") as request:
        count, *words = map(os.fsdecode, request.read().split(b"\0"))
    argv, (cwd, *given) = words[: int(count)], words[int(count) :]
    environ = dict(item.split("=", 1) for item in given)
    environ["PATH"] = environ["PATH"].removeprefix(folder + os.pathsep)
    return _run(files, argv, cwd, environ, main)


def _run(
    files: Sequence[int],
    argv: list[str],
    cwd: str,
    environ: dict[str, str],
    main: Callable[[], object],
) -> int:
    """The exit code of the program with these three files."""
    for target, source in enumerate(files):
        os.dup2(source, target)
        os.close(source)
    # Those of the process that forks remember that their files can be sought in; a pipe cannot.
    sys.stdin, sys.stdout, sys.stderr = (
        open(file, mode, lines, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
        for file, mode, lines, errors in (
            (0, "r", -1, "surrogateescape"), (1, "w", -1, "surrogateescape"),
            (2, "w", 1, "backslashreplace"),
        )
    )  # fmt: skip
    # The end of the call before was the end for what weakref is to finalize, too.
    for name in ("_shutdown", "_registered_with_atexit"):
        setattr(weakref.finalize, name, False)
    sys.argv = argv
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(cwd)
    code: object = None
    try:
        code = main()
    except SystemExit as end:
        code = end.code
    # What the interpreter does at its end, without 10 ms for taking every module apart.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 99


def _import_pre_commit(folder: str) -> Callable[[], object]:
    """What runs pre-commit, imported with all that it needs; hooks that it writes call a fork."""
    main: Callable[[], object] = import_module("pre_commit.main").main
    # What it takes from `sys` there: the system, and the Python that stands in the hook.
    python = SimpleNamespace(platform=sys.platform, executable=f"{folder}/{PYTHON}/{PYTHON}")
    setattr(import_module("pre_commit.commands.install_uninstall"), "sys", python)  # noqa: B010
    return main


def _import_pmgit(folder: str) -> Callable[[], object]:
    """What runs pmgit; every module is imported but those that need one of OF_THE_ENVIRONMENT.

    A step of a fix that calls pmgit calls a fork.
    """
    import pmgit

    for name in IMPORTED_LATE:
        with suppress(ModuleNotFoundError):  # huggingface_hub 1.x: httpx, later httpx2
            import_module(name)
    for name in OF_THE_ENVIRONMENT:
        sys.modules[name] = None  # type: ignore[assignment] # importing it fails
    for module in walk_packages(pmgit.__path__, "pmgit."):
        if not module.name.endswith(".__main__"):
            with suppress(ModuleNotFoundError):
                import_module(module.name)
    for name, parts in OF_THE_ENVIRONMENT.items():
        del sys.modules[name]
        sys.meta_path.insert(0, _Waiting(name, parts))
    python = SimpleNamespace(executable=f"{folder}/{PYTHON}/{PYTHON}")
    setattr(import_module("pmgit.commands._steps"), "sys", python)  # noqa: B010
    from pmgit.cli import main
    from pmgit.core import startup
    from pmgit.hook import main as hook

    def called() -> object:
        if os.path.basename(sys.argv[0]) != HOOK:
            return main()
        startup.begin()
        return hook()

    return called


if __name__ == "__main__":
    is_ours = sys.argv[4] == "pmgit"
    program = (_import_pmgit if is_ours else _import_pre_commit)(sys.argv[3])
    gc.freeze()
    by_test, by_shell = (socket.socket(fileno=int(number)) for number in sys.argv[1:3])
    _serve(by_test, by_shell, sys.argv[3], program, CALLS if is_ours else 1)
