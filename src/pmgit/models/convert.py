"""Checkpoints of torch made safetensors: written and compared in a child, then put into place.

The old files are kept in the git directory. A new file has its name when its tensors are proved to
be those of the old one; the lock and INFO.md follow; then the old files leave. A run that was ended
in between is finished by the next one.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmgit.child.convert import DONE, LOST
from pmgit.child.load import ABSENT, MEMORY
from pmgit.core.errors import PmgitError, UsageError
from pmgit.formats.opinion import OK
from pmgit.gitfiles import user_files
from pmgit.model import describe, info_block, info_file, lock_file
from pmgit.model.describe import ModelFile
from pmgit.model.folder import INFO, LOCK
from pmgit.model.info_block import BlockError
from pmgit.model.lock_file import LOCAL, Lock, LockedFile
from pmgit.models import child
from pmgit.models.child import Ended, Limits
from pmgit.models.convert_plan import ConvertPlan, OldFile, Shards, plan
from pmgit.models.hashing import hasher
from pmgit.models.pull import demand_room, move, put, refuse_links, staging
from pmgit.scan.scanned import scan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from pmgit.git.repository import Repository
    from pmgit.models.account import Account
    from pmgit.models.load import How

#: In the folder of old files: those that still have to leave the model.
_LEAVING = "leaving.json"


@dataclass(frozen=True)
class Prospect:
    """What a checkpoint would become: the names of its tensors, and sizes in bytes: of the new
    file (`size`), of all `numbers`, and of those that are `shared`: in the new file once more, for
    another name. `wrapper` is the dictionary that the tensors lay in ('' for none).
    """

    names: tuple[str, ...]
    size: int
    numbers: int
    shared: int
    wrapper: str


@dataclass
class Conversion:
    """All that a run has to do for a model: `looks` by the source of each piece; `before` are the
    identities of the files that leave, when they were looked at."""

    plan: ConvertPlan
    looks: dict[str, Prospect] = field(default_factory=dict)
    before: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The bytes that the new files have together."""
        return sum(self.looks[piece.source].size for piece in self.plan.pieces)

    @property
    def olds(self) -> list[str]:
        """The files that leave: checkpoints and their indexes."""
        return [piece.source for piece in self.plan.pieces] + [s.index for s in self.plan.sets]

    @property
    def news(self) -> list[str]:
        """The files that come."""
        return [piece.target for piece in self.plan.pieces] + [s.target for s in self.plan.sets]


class Converter:
    """The conversion of one model of a repository, by children as `how` says."""

    def __init__(self, repository: Repository, model: Account, how: How) -> None:
        self._repository = repository
        self._model = model
        self._how = how
        self._folder = os.path.join(repository.top, model.path)
        name = hashlib.sha256(os.fsencode(model.path)).hexdigest()[:16]
        self._parts = os.path.join(staging(repository), f"convert-{name}")

    def finish(self) -> None:
        """Finish a run that was ended while the old files left: all else was done by then."""
        for kept in self._kept_folders():
            data = user_files.read(os.path.join(kept, _LEAVING))
            if data is not None:
                self._leave([path for path in json.loads(data) if path in self._model.disk], kept)

    def look(self) -> Conversion:
        """What there is to do, and what is refused; nothing is written.

        PmgitError when torch or safetensors are missing, or the Python cannot be started.
        """
        made = Conversion(plan(self._repository.top, self._model))
        made.before = {path: _identity(self._at(path)) for path in made.olds}
        for piece, answer in self._ask("look", made.plan.pieces):
            if answer["state"] == DONE:
                made.looks[piece.source] = Prospect(
                    tuple(answer["names"]), answer["size"], answer["numbers"], answer["shared"],
                    answer["wrapper"],
                )  # fmt: skip
            else:
                made.plan.refuse(piece.source, _why(answer))
        for one in list(made.plan.sets):
            _check_names(made, one)
        return made

    def run(self, made: Conversion) -> str:
        """Convert; returns the folder that has the old files now.

        Raises PmgitError, and then the model is as it was, or has new files besides: the next run
        goes on from there.
        """
        shutil.rmtree(self._parts, ignore_errors=True)
        try:
            os.makedirs(self._parts)
            self._make(made)
            if any(_identity(self._at(path)) != made.before[path] for path in made.olds):
                raise PmgitError(
                    f"{self._model.path} was changed meanwhile", "nothing was done; run it again"
                )
            self._place(made)
        except OSError as error:
            raise user_files.not_written(self._model.path, error) from error
        finally:
            shutil.rmtree(self._parts, ignore_errors=True)
        kept = self._keep_texts(made)
        self._record(made)
        user_files.write_whole(os.path.join(kept, _LEAVING), json.dumps(made.olds).encode("ascii"))
        self._leave(made.olds, kept)
        return kept

    def _make(self, made: Conversion) -> None:
        """Write what is not there yet into the folder of parts, and compare all of it."""
        there = [p for p in made.plan.pieces if os.path.lexists(self._at(p.target))]
        new = [piece for piece in made.plan.pieces if piece not in there]
        sizes = {self._part(piece.target): made.looks[piece.source].size for piece in new}
        demand_room(self._repository, self._model.path, sizes)
        for path in made.news:
            refuse_links(self._repository.top, self._model.path, path)
        for action, pieces in (("compare", there), ("write", new)):
            most = max((made.looks[piece.source].size for piece in pieces), default=0)
            for piece, answer in self._ask(action, pieces, most):
                if answer["state"] != DONE:
                    self._refuse(action, piece, answer)
        for piece in new:
            found = next(scan([self._part(piece.target)])).opinion
            if found.verdict != OK:
                message = f"{piece.target} is {found.verdict}: {found.findings[0].message}"
                raise PmgitError(message, "this is a fault of pmgit: nothing was changed")
        for one in made.plan.sets:
            data = _index(made, one)
            if os.path.lexists(self._at(one.target)):
                if user_files.read(self._at(one.target), len(data)) != data:
                    raise UsageError(
                        f"{self._model.path}/{one.target} is there already, and is another one",
                        "move it away, then run it again",
                    )
                continue
            with open(self._part(one.target), "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())

    def _refuse(self, action: str, piece: OldFile, answer: dict[str, Any]) -> None:
        if answer.get("errno") in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise OSError(answer["errno"], os.strerror(answer["errno"]))
        why = _why(answer)
        if action == "compare":
            raise UsageError(
                f"{self._model.path}/{piece.target} is there already, and is not {piece.source}"
                f" in another format: {why}",
                "move one of both away, then run it again",
            )
        raise PmgitError(
            f"{self._model.path}/{piece.source} could not be converted: {why}",
            "nothing was changed",
        )

    def _place(self, made: Conversion) -> None:
        """Give the new files their names, the indexes last; all of them, or none."""
        placed: list[str] = []
        try:
            for path in made.news:
                if os.path.lexists(self._part(path)):
                    put(self._part(path), self._at(path))
                    placed.append(path)
        except BaseException:
            for path in placed:
                os.unlink(self._at(path))
            raise

    def _kept_folders(self) -> list[str]:
        """The folders with old files of this model, the oldest first; one at least, which may not
        be there yet."""
        root = os.path.join(
            self._repository.common_dir, "pmgit", "converted", *self._model.path.split("/")
        )
        try:
            names = [name for name in os.listdir(root) if name.isdecimal()]
        except OSError:
            names = []
        return [os.path.join(root, name) for name in sorted(names or ["1"], key=int)]

    def _keep_texts(self, made: Conversion) -> str:
        """Make the folder for the old files, with a copy of the lock and of INFO.md.

        A run that was ended before the files left has made one with these two alone.
        """
        kept = self._kept_folders()[-1]
        try:
            if not {LOCK, INFO}.issuperset(_files_below(kept)):
                above, number = os.path.split(kept)
                kept = os.path.join(above, str(int(number) + 1))
            for path in (LOCK, *made.olds):
                os.makedirs(os.path.dirname(os.path.join(kept, path)), exist_ok=True)
            for name in (LOCK, INFO):
                text = user_files.read(self._at(name))
                place = os.path.join(kept, name)
                if text is not None and not os.path.lexists(place):
                    user_files.write_whole(place, text)
        except OSError as error:
            raise user_files.not_written(kept, error) from error
        return kept

    def _record(self, made: Conversion) -> None:
        """Have pmgit.lock and INFO.md list the new files in place of the old ones."""
        places = {path: self._at(path) for path in made.news}
        facts = hasher(self._repository)(places)
        lock = self._model.lock
        if lock:
            gone = set(made.olds) | set(made.news)
            # By their ids the source is asked, which has this model no more.
            files = [LockedFile(f.path, f.size, f.sha256) for f in lock.files if f.path not in gone]
            files += [LockedFile(path, *facts[path]) for path in made.news]
            new = Lock(
                _source(lock), files, created=lock.created, license=lock.license,
                parameters=describe.look(self._folder, self._model.name).parameters
                or lock.parameters,
            )  # fmt: skip
            user_files.write_whole(self._at(LOCK), lock_file.render(new))
        words = user_files.read(self._at(INFO), info_file.MAX_BYTES)
        if words is None:
            return
        try:
            listed = {one.path: one for one in info_block.listed(words)}
        except BlockError:
            return  # stale-info speaks of it
        if not listed:
            return
        rows = {
            path: ModelFile(path, one.size, one.sha256) if one.sha256 else ModelFile(path)
            for path, one in listed.items()
            if path not in made.olds
        }
        rows |= {
            path: ModelFile(path, *facts[path])
            if path.endswith(".safetensors")
            else ModelFile(path)
            for path in made.news
        }
        language = info_file.parse(words).language or "en"
        page = info_block.renewed(words, [rows[path] for path in sorted(rows)], language)
        user_files.write_whole(self._at(INFO), page)

    def _leave(self, olds: Sequence[str], kept: str) -> None:
        """Move the old files into the folder `kept`."""
        for path in olds:
            try:
                move(self._at(path), os.path.join(kept, *path.split("/")))
            except OSError as error:
                raise user_files.not_written(f"{self._model.path}/{path}", error) from error
            self._model.disk.pop(path, None)
            self._model.weights.discard(path)
        os.unlink(os.path.join(kept, _LEAVING))

    def _ask(
        self, action: str, pieces: Sequence[OldFile], written: int = 0
    ) -> Iterator[tuple[OldFile, dict[str, Any]]]:
        """What a child answers about each of the pieces; a new child where one has ended.

        A file that it writes has at most `written` bytes.
        """
        left = list(pieces)
        writes = [self._parts] if action == "write" else []
        while left:
            most = max(self._model.disk[piece.source].size for piece in left)
            request = {
                "action": action,
                "files": [
                    {
                        "source": self._at(piece.source),
                        "target": self._part(piece.target) if writes else self._at(piece.target),
                    }
                    for piece in left
                ],
            }
            memory = self._how.memory or child.memory_for(most)
            limits = Limits(self._how.seconds, memory, most + written, written)
            for answer in child.run(
                self._how.python, "convert", request, limits, answers=len(left),
                writes=writes, closed=[self._repository.top],
            ):  # fmt: skip
                if isinstance(answer, Ended):
                    if left and not answer.guard:
                        raise PmgitError(f"{self._how.python}: {answer.why}", _OTHER)
                    if left:
                        yield left.pop(0), {"state": "ended", "note": answer.why}
                elif "state" in answer and left:
                    if answer["state"] == ABSENT:
                        raise PmgitError(f"{answer['note']}: {self._how.python}", _INSTALL)
                    yield left.pop(0), answer

    def _at(self, path: str) -> str:
        return os.path.join(self._folder, *path.split("/"))

    def _part(self, path: str) -> str:
        name = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        return os.path.join(self._parts, f"{name}.safetensors")


_OTHER = "name another Python: --python PATH"
_INSTALL = "install pmgit[convert], or torch and safetensors there; or name another: --python PATH"


def _files_below(folder: str) -> list[str]:
    """The names of all files in a folder and below it that a run has finished to write."""
    found = [name for _, _, names in os.walk(folder) for name in names]
    return [name for name in found if not name.endswith(".tmp")]


def _identity(path: str) -> tuple[int, ...]:
    try:
        found = os.lstat(path)
    except OSError:
        return ()
    return (found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode)


def _why(answer: dict[str, Any]) -> str:
    if answer["state"] == LOST:
        lost, count = list(map(str, answer["lost"])), answer["count"]
        more = f" and {count - len(lost)} more" if count > len(lost) else ""
        return f"this would be lost: {', '.join(lost)}{more}"
    if answer["state"] == MEMORY:
        return f"more memory than it may take (--memory): {answer['note']}"
    return str(answer["note"])


def _check_names(made: Conversion, one: Shards) -> None:
    """Refuse a set whose index does not list just what its shards hold."""
    by_shard: dict[str, set[str]] = {}
    for name, shard in one.places.items():
        by_shard.setdefault(shard, set()).add(name)
    for shard, names in by_shard.items():
        look = made.looks.get(shard)
        if look and set(look.names) != names:
            other = min(set(look.names) ^ names)
            made.plan.refuse(shard, f"{one.index} and it do not agree about {other}")
            return


def _index(made: Conversion, one: Shards) -> bytes:
    """The index of the new shards, as transformers writes it."""
    targets = {piece.source: piece.target for piece in made.plan.pieces}
    names = {name: targets[shard].rpartition("/")[2] for name, shard in sorted(one.places.items())}
    metadata = dict(one.metadata)
    if "total_size" in metadata:
        metadata["total_size"] = sum(made.looks[shard].numbers for shard in {*one.places.values()})
    document = {"metadata": metadata, "weight_map": names}
    return (json.dumps(document, indent=2, sort_keys=True) + "\n").encode("utf-8")


def _source(lock: Lock) -> dict[str, object]:
    """The source of a converted model: nobody else has these bytes; where the old ones are from
    stays written."""
    if lock.type == LOCAL:
        return dict(lock.source)
    left_out = ("include", "exclude", "requested")
    kept = {key: value for key, value in lock.source.items() if key not in left_out}
    return {**kept, "type": LOCAL, "converted_from": lock.type}
