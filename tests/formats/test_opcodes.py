"""The walk through a pickle names what Python's own unpickler would import, and never less."""

from __future__ import annotations

import contextlib
import io
import pickle
import random
import tracemalloc
from functools import cached_property
from typing import Any, NoReturn

from pmgit.formats.caps import STEPS
from pmgit.formats.opcodes import walk
from pmgit.formats.opinion import TooMuchError
from pmgit.formats.reader import BytesReader
from tests.formats.assemble import fresh_caps, legacy, state_dict, text
from tests.formats.pickle_samples import pickles


class Stand:
    """Stands for everything that a pickle names: it can be called, and does nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __call__(self, *args: Any, **kwargs: Any) -> Stand:
        return Stand()

    def __setstate__(self, state: Any) -> None:
        pass

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def append(self, value: Any) -> None:
        pass

    def extend(self, values: Any) -> None:
        pass


class Names:
    """The part of an unpickler that imports nothing here: it only writes down what it would."""

    @cached_property
    def named(self) -> list[tuple[str, str]]:
        return []

    def find_class(self, module: str, name: str) -> Any:
        self.named.append((module, name))
        return Stand


class Recorder(Names, pickle._Unpickler):
    """Python's unpickler."""

    def persistent_load(self, pid: Any) -> Any:
        return Stand()

    def get_extension(self, code: int) -> NoReturn:
        raise pickle.UnpicklingError("an extension")


def recorded(data: bytes) -> list[tuple[str, str]]:
    """What Python's unpickler would import of the first stream."""
    one = Recorder(io.BytesIO(data))
    try:
        one.load()
    except Exception:  # noqa: BLE001 - a broken pickle ends it anywhere
        pass
    return one.named


def missed(data: bytes) -> set[tuple[str, str]]:
    """What the walk does not name although Python would import it."""
    stream = walk(BytesReader(data), 0, fresh_caps())
    if any(kind == "computed" for kind, _, _ in stream.oddities):
        return set()
    return set(recorded(data)) - set(stream.globals)


def small_samples() -> dict[str, bytes]:
    return {
        name: data
        for name, (_, data) in pickles().items()
        # Of a name that is cut Python takes what there is; nothing behind it is run.
        if len(data) < 20_000
        and name != "cut.pkl"
        and data[:1] not in (b"P", b"\x1f", b"x", b"\x93")
    }


def test_samples_are_followed_as_python_does() -> None:
    assert {name: found for name, data in small_samples().items() if (found := missed(data))} == {}


def test_random_opcodes_are_followed_as_python_does() -> None:
    """Opcodes in any order, many of which move names through the stack and the memo."""
    dice = random.Random(14)
    parts = [
        text("os"), text("system"), b"q\x00", b"q\x01", b"h\x00", b"h\x01", b"\x94", b"0",
        b"1", b"2", b"(", b"t", b"\x85", b"\x86", b"\x93", b"R", b"}", b"]", b"N", b"s", b"a", b"u",
        b"b", b"cos\nsystem\n", b"S'os'\n", b"Vsystem\n", b"p1\n", b"g1\n", b"K\x01", b"l", b"d",
        b"\x81", b"ios\nsystem\n", b"o", b"\x8c\x02os", b"\x8c\x06system", b"r\1\0\0\0",
        b"j\1\0\0\0",
    ]  # fmt: skip
    named = 0
    for _ in range(4000):
        body = b"".join(dice.choice(parts) for _ in range(dice.randrange(2, 14)))
        data = b"\x80\x04" + body + b"."
        named += bool(recorded(data))
        assert missed(data) == set(), data
    assert named > 200


def test_the_walk_ends_where_python_ends() -> None:
    for data in (state_dict(), pickle.dumps({"a": [1, 2.5, None, "x" * 5000, b"y" * 9000]})):
        for behind in (b"", b"more"):
            stream = walk(BytesReader(data + behind), 0, fresh_caps())
            assert (stream.end, stream.fault) == (len(data), "")


def test_every_cut_is_a_fault() -> None:
    for data in (state_dict(), pickle.dumps(["é" * 400, 1 << 70, {"a": (1, 2, 3)}], 5)):
        for size in range(len(data)):
            assert walk(BytesReader(data[:size]), 0, fresh_caps()).fault, size


def test_bytes_that_are_values_are_not_read() -> None:
    class Counting(BytesReader):
        read_bytes = 0

        def read(self, offset: int, length: int) -> bytes:
            Counting.read_bytes += length
            return super().read(offset, length)

    data = pickle.dumps([bytes(10_000_000)] * 1 + [bytes(9_000_000), "end"])
    stream = walk(Counting(data), 0, fresh_caps())
    assert (stream.end, stream.fault) == (len(data), "")
    assert Counting.read_bytes < 100_000


def test_memory_of_the_worst_pickles() -> None:
    """Every opcode that keeps something, as often as the caps let it."""
    few = STEPS // 200  # to measure costs ten times the walk
    many = few + few // 10
    worst = {
        "dictionaries": b"}" * many,
        "texts": b"".join(b"\x8c\x06%06d\x94" % n for n in range(many // 2)),
        "globals": b"".join(b"ca\nb%x\n" % n for n in range(3_000)),
        "calls": b"ca\nb\n" + b"2)R" * (many // 3),
        "extensions": b"\x82\x01" * many,
        "marks": b"(" * many,
        "ids": b"NQ" * many,
    }
    for name, body in worst.items():
        tracemalloc.start()
        stream = walk(BytesReader(b"\x80\x04" + body + b"."), 0, fresh_caps(steps=few))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1_250_000, (name, peak)
        assert stream.too_much or stream.fault, name


def test_steps_are_shared() -> None:
    caps = fresh_caps(steps=1000)
    data = b"\x80\x02" + b"N0" * 300 + b"N."
    assert walk(BytesReader(data), 0, caps).too_much == ""
    assert "steps" in walk(BytesReader(data), 0, caps).too_much
    assert legacy()[:2] == b"\x80\x02"
    try:
        caps.step()
    except TooMuchError:
        pass
    else:
        raise AssertionError("the caps are used up")


class FastRecorder(Names, pickle.Unpickler):
    """The unpickler in C, which reads numbers otherwise than the one in Python."""


def test_what_c_takes_for_a_number_hides_nothing_behind_it() -> None:
    dice = random.Random(21)
    letters = b"0123456789abfxXoO+-._ \t\r\0LeE"
    numbers = [
        b"0x10",
        b"010",
        b"0b1",
        b"1_0",
        b" 5",
        b"+5",
        b"5\r",
        b"1\0x",
        b"007",
        b"5 L",
        b"0xAL",
    ]
    numbers += [bytes(dice.choices(letters, k=dice.randrange(1, 5))) for _ in range(4000)]
    numbers += [b" " * 70_000 + b"1", b"0x" + b"f" * 70_000, b"0" * 70_000 + b"1"]
    behind = b"\n0cos\nsystem\n."
    taken = 0
    for one in numbers:
        for begin in (b"I", b"L", b"F", b"I1\np", b"I1\np1\n0g"):
            data = begin + one + behind
            real = FastRecorder(io.BytesIO(data))
            with contextlib.suppress(Exception):
                real.load()
            if real.named:
                taken += 1
                stream = walk(BytesReader(data), 0, fresh_caps())
                assert stream.globals or stream.too_much, data[:99]
    assert taken > 800
