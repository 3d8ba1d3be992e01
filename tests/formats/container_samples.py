"""Samples of archives that readers disagree about, or that would unpack where they should not."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib

from tests.formats.assemble import CALL, array, pickled, state_dict, torch_zip, zipped
from tests.formats.pickle_samples import tarred
from tests.kit import pointer

Samples = dict[str, tuple[str, bytes]]
UNSAFE = pickled(CALL)


def changed(data: bytes, mark: bytes, at: int, new: bytes, *, nth: int = 0) -> bytes:
    """The zip with other bytes in its n-th record that begins with a mark."""
    place = -1
    for _ in range(nth + 1):
        place = data.index(mark, place + 1)
    return data[: place + at] + new + data[place + at + len(new) :]


LOCAL, ENTRY, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


def zips() -> Samples:
    good, unsafe = torch_zip(), torch_zip(UNSAFE)
    wrong_crc = b"\x01\x02\x03\x04"
    other_name = changed(unsafe, LOCAL, 30, b"archive/data.xyz")
    found: Samples = {
        # The content counts, whatever stands around it.
        "crc-of-unsafe.pt": ("unsafe", changed(unsafe, ENTRY, 16, wrong_crc)),
        "crc-of-good.pt": ("broken", changed(good, ENTRY, 16, wrong_crc)),
        "flag-of-unsafe.pt": ("unsafe", changed(unsafe, ENTRY, 8, b"\x01\x00")),
        "encrypted.pt": (
            "broken", changed(changed(good, ENTRY, 8, b"\1\0"), LOCAL, 6, b"\1\0"),
        ),
        "encrypted-unsafe.pt": (
            "unsafe", changed(changed(unsafe, ENTRY, 8, b"\1\0"), LOCAL, 6, b"\1\0"),
        ),
        "local-name.pt": ("unsafe", other_name),
        "local-name-of-good.pt": ("unsafe", changed(good, LOCAL, 30, b"archive/data.xyz")),
        "local-method.pt": ("unsafe", changed(good, LOCAL, 8, b"\x08\x00")),
        "local-length.pt": ("broken", changed(good, LOCAL, 18, b"\x09\x00\x00\x00")),
        "method-99.pt": (
            "unknown", changed(changed(good, ENTRY, 10, b"\x63\0"), LOCAL, 8, b"\x63\0"),
        ),
        "count.pt": ("broken", changed(good, END, 10, b"\x09\x00")),
        "two-data.pt": ("unsafe", twice(state_dict(), UNSAFE)),
        "two-data-harmless.pt": ("unsafe", twice(state_dict(), state_dict())),
        "broken-first.pt": ("unsafe", broken_first()),
        "prefix.pt": ("broken", b"#!/bin/sh\n" + good),
        "suffix.pt": ("broken", good + b"more"),
        "comment.pt": ("ok", good[:-2] + b"\x04\x00more"),
        "pickle-first.pt": ("unsafe", UNSAFE + good),
        "no-directory.pt": ("broken", good[: good.index(ENTRY)]),
        "up.pt": ("unsafe", zipped({"a/data.pkl": pickled(b"}"), "../../x": b"x"})),
        "absolute.pt": ("unsafe", zipped({"a/data.pkl": pickled(b"}"), "/etc/x": b"x"})),
        "drive.pt": ("unsafe", zipped({"a/data.pkl": pickled(b"}"), "C:\\x": b"x"})),
        "link.pt": ("unsafe", linked()),
        "overlap.pt": ("unsafe", overlapping()),
        "many.pt": ("unknown", many(16_000)),
        "bomb.pt": (
            "unknown",
            torch_zip(more={"x": bytes(81_000_000)}, compress=True),
        ),
        "opcode-bomb.pt": (
            "unknown", torch_zip(b"\x80\x02" + b"N0" * 510_000 + b"N.", compress=True),
        ),
        "behind-a-bomb.pt": (
            "unsafe",
            zipped({"a/x": bytes(81_000_000), "a/data.pkl": UNSAFE}, compress=True),
        ),
        "sizes-lie.pt": (
            "broken", changed(torch_zip(compress=True), ENTRY, 24, b"\xff\xff\xff\x00"),
        ),
        "zip64.pt": ("ok", zip64()),
        "empty.zip": ("ok", zipped({})),
        "texts.zip": ("ok", zipped({"a.txt": b"text"})),
    }  # fmt: skip
    return found


def twice(first: bytes, second: bytes) -> bytes:
    """An archive with two members of one name."""
    data = zipped(
        {"archive/data.pkl": first, "archive/dat2.pkl": second, "archive/data/0": bytes(24)}
    )
    return data.replace(b"archive/dat2.pkl", b"archive/data.pkl")


def broken_first() -> bytes:
    """An archive whose first member cannot be unpacked."""
    data = zipped({"archive/a": b"x" * 100, "archive/data.pkl": UNSAFE}, compress=True)
    at = data.index(b"archive/a") + len(b"archive/a")
    return data[:at] + b"\xff" + data[at + 1 :]


def linked() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a/data.pkl"), pickled(b"}"))
        info = zipfile.ZipInfo("a/link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def overlapping() -> bytes:
    """An archive whose second member lies in the first one."""
    inner = zipped({"b": b"hello"})
    body = inner[: inner.index(ENTRY)]
    data = zipped({"a/data.pkl": pickled(b"}"), "a": body, "b": b"hello"})
    place = data.index(body)
    entry = data.rindex(ENTRY)
    return data[: entry + 42] + struct.pack("<L", place) + data[entry + 46 :]


def many(count: int) -> bytes:
    """An archive with very many members, which are empty."""
    local = struct.pack("<4s5H3L2H", LOCAL, 20, 0, 0, 0, 0, 0, 0, 0, 5, 0)
    locals_, entries = [], []
    for number in range(count):
        name = f"{number:05d}".encode()
        entries.append(
            struct.pack(
                "<4s6H3L5H2L", ENTRY, 20, 20, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, number * 35
            )
            + name
        )
        locals_.append(local + name)
    body, directory = b"".join(locals_), b"".join(entries)
    end = struct.pack("<4s4H2LH", END, 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + end


def zip64() -> bytes:
    """An archive of torch with the second end record that large ones have."""
    data = torch_zip()
    at = data.index(END)
    count, length, offset = struct.unpack("<H2L", data[at + 10 : at + 20])
    wide = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, length, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    return data[:at] + wide + locator + data[at:]


def tars() -> Samples:
    good = tarred({"a.txt": b"text", "weights/sd.pt": torch_zip()})
    return {
        "good.nemo": ("ok", good),
        "cut.nemo": ("broken", good[:700]),
        "cut-end.nemo": ("broken", good.rstrip(b"\0") + bytes(-len(good.rstrip(b"\0")) % 512)),
        "sum.nemo": ("broken", good[:1024] + b"x" + good[1025:]),
        "up.tar": ("unsafe", tarred({"../x": b"x"})),
        "absolute.tar": ("unsafe", tarred({"/etc/x": b"x"})),
        "link.tar": ("unsafe", tarred({"a": b""}, type=b"2", linkname="../../etc/passwd")),
        "link-inside.tar": ("ok", tarred({"a": b""}, type=b"2", linkname="b")),
        "link-up-inside.tar": ("ok", linked_tar(("a/b/link", "../../blobs/x"))),
        "link-up.tar": ("unsafe", linked_tar(("a/link", "../../x"))),
        "link-long.tar": ("unsafe", linked_tar(("a", "b/" * 60 + "../" * 90 + "x"))),
        "link-absolute.tar": ("unsafe", linked_tar(("a", "/" + "b/" * 80))),
        "link-pax.tar": ("unsafe", linked_tar(("a", "/" + "b/" * 80), form=tarfile.PAX_FORMAT)),
        "behind-link.tar": ("unsafe", linked_tar(("a", "b"), ("a/c", "d"))),
        "through-link.tar": ("unsafe", linked_tar(("a/b", "c"), ("a/x", "b/../../x"))),
        "pax-size.tar": ("broken", pax(b"size=99999")),
        "pax-link.tar": ("ok", pax(b"linkpath=/etc/passwd")),  # it is no link
        "pax-path.tar": ("unsafe", pax(b"comment=a\n30 path=b", b"path=../x")),
        "pax-sparse.tar": ("unsafe", pax(b"GNU.sparse.major=1")),
        "device.tar": ("unsafe", tarred({"a": b""}, type=b"3")),
        "long-name.tar": ("unsafe", tarred({"a/" * 80 + "../../../x": UNSAFE})),
        "unsafe.tar": ("unsafe", tarred({"a": UNSAFE})),
        "raw.pkl": ("unsafe", zlib.compress(tarred({"a": UNSAFE}))),
    }


def linked_tar(*links: tuple[str, str], form: int = tarfile.GNU_FORMAT) -> bytes:
    """An archive with these links, each with its target."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, target in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return out.getvalue()


def pax(*said: bytes) -> bytes:
    """An archive with one file, of which a header of its own says these things."""
    body = b""
    for record in said:
        length = next(n for n in range(len(record), 999) if len(b"%d %s\n" % (n, record)) == n)
        body += b"%d %s\n" % (length, record)
    header, file = tarfile.TarInfo("header"), tarfile.TarInfo("file")
    header.type, header.size, file.size = tarfile.XHDTYPE, len(body), 4
    filled = body + bytes(-len(body) % 512)
    return header.tobuf() + filled + file.tobuf() + b"text".ljust(512, b"\0") + bytes(1024)


def pointers() -> Samples:
    """Archives with pointers of Git LFS in place of the weights."""
    inside = pointer(bytes(5_000_000))
    version_only = inside[:60]
    array_and = {"a.npy": array(), "w.npy": inside}
    storage = {
        f"pointer-storage{number}.pt": ("broken", torch_zip(storage=inside, compress=packed))
        for number, packed in enumerate((False, True))
    }
    keras = {"metadata.json": b'{"keras_version": "3"}', "config.json": b"{}"}
    return storage | {
        "pointer-data.pt": ("broken", torch_zip(inside)),
        "pointer-member.pt": ("broken", torch_zip(more={"extra/x": inside})),
        "pointer-constant.pt": (
            "broken", torch_zip(more={"constants.pkl": pickled(b")"), "constants/0": inside}),
        ),
        "pointer.npz": ("broken", zipped(array_and)),
        "pointer-packed.npz": ("broken", zipped(array_and, compress=True)),
        "pointer.keras": ("broken", zipped(keras | {"model.weights.h5": inside})),
        "pointer.nemo": ("broken", tarred({"model_config.yaml": b"a: 1\n", "w.ckpt": inside})),
        "pointer-cut.nemo": ("broken", tarred({"w.ckpt": version_only})),
        "pointer-old.nemo": (
            "broken", tarred({"w.ckpt": inside.replace(b"git-lfs.github", b"hawser.github")}),
        ),
        "pointer-deep.nemo": ("broken", tarred({"w.pt": torch_zip(storage=inside)})),
        "pointer.zip": ("broken", zipped({"a/w.bin": inside})),
        "pointer.bin.gz": ("broken", gzip.compress(inside)),
        "pointer-named.zip": ("ok", zipped({"README.md": b"See version https://git-lfs\n"})),
    }  # fmt: skip
