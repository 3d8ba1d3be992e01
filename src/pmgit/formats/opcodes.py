"""One pickle stream, followed opcode by opcode as Python's unpickler would, with nothing called.

Values are followed as far as they decide what a pickle does: names, through the stack and the
memo; what a call gets; what a state is set on. The rest are placeholders, unless somebody asks for
the values (`keeps`), to list what is in a checkpoint. Where the unpickler
would stop with an error, this stops too: what stands before has been run by then, what stands
behind never is.
"""

from __future__ import annotations

import struct

from pmgit.formats import given_states, pickle_lines
from pmgit.formats.kept_functions import Kept, class_of, is_worse_called
from pmgit.formats.opinion import BrokenError, TooMuchError
from pmgit.formats.pickle_lines import StreamError
from pmgit.formats.pickle_sized import SIZED, SizedValues
from pmgit.formats.pickle_values import (
    ANY,
    ARGUMENTS_MATTER,
    CHANGED,
    COMPUTED,
    ELSEWHERE,
    ENDLESS,
    EXTENSION,
    FRAMES,
    GIVE_AWAY,
    HIDDEN,
    WRONG_ARGUMENTS,
    WRONG_STATE,
    Box,
    EscapedRange,
    GlobalName,
    Made,
    OpenList,
    Persistent,
    PickleStream,
    Placeholder,
    Row,
    TextRange,
    fault_of,
    keep,
)
from pmgit.formats.pickle_weights import MOST, LongTuple, weighed, weight_of
from pmgit.formats.pickle_window import ROOM
from pmgit.formats.policy import is_made_empty

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

    #: With the object, the place behind it, and what looks at that place as a pickle.
    OnBuild = Callable[[Made, int, Callable[[int], PickleStream]], int]

#: Items of a tuple or a dictionary that are kept.
_MOST_ITEMS = 100
#: What the memo gives out and is looked at again.
_LOOKED_AT = frozenset((GlobalName, tuple, OpenList))
#: What stands for all lists and sets as long as there are no functions that may be in one: those
#: that are empty, and others. Only of one that is on the stack it is known that it is empty.
_NEW_LIST, _OLD_LIST = OpenList(has_more=True), OpenList(has_more=True)
#: It matters also what is given to storages, tensors and these classes, whose names end so.
_ARGUMENTS_MATTER_OF = ("Storage", "Tensor", *given_states.ENDINGS)
#: Makes a tensor of a part of a storage, in all checkpoints of torch.
_REBUILDS = "_rebuild_tensor_v2"
#: So many calls of what is no global are kept; one is too many.
_MOST_CALLS = 1000
#: Python's unpickler makes room for all numbers of its memo up to the largest one.
_LARGEST_KEY = 1 << 24
#: More different globals than any library has; more oddities than anybody reads.
_MOST_GLOBALS, _MOST_ODDITIES = 10_000, 100


#: The first byte of every opcode.
_OPCODES = frozenset(
    bytes((code,)) for code in (*b"().012BCFGIJKLMNPQRSTUVX]abcdeghijlopqrstu}", *range(0x80, 0x99))
)
_CONSTANT = {0x4E: None, 0x88: True, 0x89: False}
_UNPACK_INT, _UNPACK_SHORT = struct.Struct("<i").unpack_from, struct.Struct("<H").unpack_from
_UNPACK_LONG, _UNPACK_FLOAT = struct.Struct("<I").unpack_from, struct.Struct(">d").unpack_from


class Walker(SizedValues):
    """Follows one stream of `reader` from `begin` on.

    `on_build` is called with each object that gets a state and with the place behind it, and says
    where the stream goes on: raw arrays of joblib lie there, which pickle itself reads
    as opcodes. `keeps`: lists, numbers and all items of dictionaries are kept, for who wants to
    know what the stream makes.
    """

    def __init__(
        self,
        reader: Reader,
        begin: int,
        caps: Caps,
        on_build: OnBuild | None = None,
        *,
        keeps: bool = False,
    ) -> None:
        super().__init__(reader, begin, caps, keeps=keeps)
        self._on_build = on_build
        self.stream = PickleStream(begin)
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._frame_end = 0  # 0 behind it
        #: What may call the functions that are kept; its list is empty where there are none.
        self._kept = Kept(caps)
        #: What to set back where this only tries what another reader would do; None otherwise.
        self._before: list[tuple[Any, Any]] | None = None

    def walk(self) -> PickleStream:
        """The stream, as far as it can be followed."""
        stream = self.stream
        self._place = stream.begin
        try:
            stream.end = self._run(stream.begin)
        except BrokenError as error:
            stream.fault, stream.end = str(error), self._place
            stream.in_frame = bool(self._frame_end)
        except (IndexError, ValueError):
            stream.fault, stream.end = "it takes more from its stack than there is", self._place
            stream.in_frame = bool(self._frame_end)
        except TooMuchError as error:
            stream.too_much, stream.end = str(error), self._place
        return stream

    # --- the machine

    def _to_mark(self) -> list[Any]:
        at = self._marks.pop()
        items = self._stack[at:]
        del self._stack[at:]
        return items

    def _pop(self) -> Any:
        if self._marks and len(self._stack) <= self._marks[-1]:
            raise StreamError("the stack is empty")
        return self._stack.pop()

    def _put(self, key: int) -> None:
        if key > _LARGEST_KEY:
            self._odd(ENDLESS, f"number {key} of its memo")
        self._memo[key] = self._stack[-1]

    def _global(self, module: Any, name: Any) -> GlobalName:
        if not isinstance(module, str) or not isinstance(name, str):
            self._odd(COMPUTED, "a name that is worked out while it is loaded")
            return GlobalName("?", "?", self._place)
        found = self.stream.globals.get((module, name))
        if found is None:
            if len(self.stream.globals) >= _MOST_GLOBALS:
                raise TooMuchError(f"more than {_MOST_GLOBALS:,} globals")
            found = GlobalName(module, name, self._place)
            self.stream.globals[module, name] = found
            if is_worse_called(module, name):
                found.is_kept = True
                self._keep(found)
        found.uses += 1
        return found

    def _keep(self, *functions: GlobalName) -> None:
        """Note functions that are kept from now on."""
        if not self._kept.functions:
            self._stack[:] = [OpenList() if one is _NEW_LIST else one for one in self._stack]
        self._kept.functions.extend(functions)

    def _odd(self, kind: str, what: str) -> None:
        if len(self.stream.oddities) < _MOST_ODDITIES:
            self.stream.oddities.append((kind, what, self._place))

    def _call(self, callee: Any, args: Any, *, is_new: bool = False) -> Made:
        stream = self.stream
        if isinstance(callee, GlobalName):
            callee.uses -= 1
            callee.called = True
            if self._kept.functions:
                self._kept.called(callee, args, is_new=is_new)
                if callee.is_kept and args != () and is_made_empty(callee.module, callee.name):
                    self._odd(WRONG_ARGUMENTS, str(callee))
        if not isinstance(callee, GlobalName):
            if len(stream.calls) < _MOST_CALLS:
                stream.calls.append((callee, args, self._place))
        elif callee.name in ARGUMENTS_MATTER or callee.name.endswith(_ARGUMENTS_MATTER_OF):
            stream.calls.append((callee, args, self._place))
        elif callee.name == _REBUILDS and isinstance(args, tuple):
            stream.tensors.append(args)
        stream.calls_a_global |= isinstance(callee, GlobalName)
        return Made(callee, args)

    def _call_with_words(self, callee: Any, args: Any, words: Any) -> Made:
        """A call with arguments that have names, which may be any."""
        if words.__class__ is Box and not words:
            return self._call(callee, args, is_new=True)
        is_known = isinstance(args, tuple) and words.__class__ is Box and not words.is_partial
        made = self._call(callee, (*args, *words.values()) if is_known else HIDDEN, is_new=True)
        made.args = HIDDEN
        return made

    def _change(self, target: Any) -> None:
        """Something is put into `target`, which must be of the file's own making, and not finished:
        what an object has got as its state may be what is called to put something into it."""
        if isinstance(target, GlobalName):
            self._odd(CHANGED, str(target))
        elif isinstance(target, Made) and (
            target.state is not None or getattr(target.callee, "name", "") in GIVE_AWAY
        ):
            self._odd(CHANGED, f"what {target.callee} has made")

    def _run(self, begin: int) -> int:
        """Follow the stream from a place to its STOP; the place behind it."""
        self._load(begin)
        stack, memo, marks = self._stack, self._memo, self._marks
        push, keeps = stack.append, self._keeps
        pos = count = 0
        size = self._reader.size
        buffer, soft = self._buffer, 0
        missing = self  # nothing in the memo is this
        while True:
            if buffer is not self._buffer or pos >= soft:
                # The window has moved, or nearly ends.
                buffer = self._buffer
                place = self._at + pos
                self._place = place
                if place >= size:
                    raise StreamError("it ends in the middle of a pickle")
                if self._at + len(buffer) - ROOM < size and pos >= len(buffer) - 2 * ROOM:
                    self._caps.step(count)
                    count = 0
                    self._load(place)
                    buffer, pos = self._buffer, 0
                # At the end of the content every opcode is looked at by itself.
                at_end = self._at + len(buffer) - ROOM >= size
                soft = size - self._at if at_end else len(buffer) - 2 * ROOM
                if self._frame_end:
                    if place >= self._frame_end:
                        self._end_frame(place)
                    else:
                        soft = min(soft, self._frame_end - self._at)
            op = buffer[pos]
            begin = pos
            pos += 1
            count += 1
            # The most frequent ones first. What an opcode reads behind the content are zeros, and
            # it is the last one then.
            if op == 0x94:  # MEMOIZE
                memo[len(memo)] = stack[-1]
            elif op == 0x71:  # BINPUT
                memo[buffer[pos]] = stack[-1]
                pos += 1
            elif op == 0x8C or (op == 0x58 and buffer[pos + 1 : pos + 4] == b"\0\0\0"):
                # SHORT_BINUNICODE, and BINUNICODE of a length that a byte holds
                length = buffer[pos]
                pos += 1 if op == 0x8C else 4
                raw = buffer[pos : pos + length]
                if raw.isascii():
                    push(raw.decode("ascii"))
                else:
                    pickle_lines.prove(raw)
                    push(self._foreign(raw, self._at + pos))
                pos += length
            elif op == 0x4B:  # BININT1
                push(buffer[pos])
                pos += 1
            elif op == 0x68:  # BINGET
                value = memo.get(buffer[pos], missing)
                # Names are counted, tuples weighed, and what is not there is an error: all seldom.
                is_plain = value is not missing and value.__class__ not in _LOOKED_AT
                push(value if is_plain else self._get(buffer[pos]))
                pos += 1
            elif op == 0x72:  # LONG_BINPUT
                key = _UNPACK_LONG(buffer, pos)[0]
                memo[key] = stack[-1]
                if key > _LARGEST_KEY:
                    self._put(key)
                pos += 4
            elif op == 0x6A:  # LONG_BINGET
                value = memo.get(_UNPACK_LONG(buffer, pos)[0], missing)
                is_plain = value is not missing and value.__class__ not in _LOOKED_AT
                push(value if is_plain else self._get(_UNPACK_LONG(buffer, pos)[0]))
                pos += 4
            elif op == 0x28:  # MARK
                marks.append(len(stack))
            elif op == 0x4D:  # BININT2
                push(_UNPACK_SHORT(buffer, pos)[0])
                pos += 2
            elif op == 0x4A:  # BININT
                push(_UNPACK_INT(buffer, pos)[0])
                pos += 4
            elif op == 0x47:  # BINFLOAT
                push(_UNPACK_FLOAT(buffer, pos)[0] if keeps else ANY)
                pos += 8
            elif op == 0x74:  # TUPLE
                at = marks.pop()
                items = tuple(stack[at:])
                del stack[at:]
                push(items if keeps or len(items) <= _MOST_ITEMS else self._wide(items))
            elif op in (0x85, 0x86, 0x87):  # TUPLE1, TUPLE2, TUPLE3
                at = len(stack) - op + 0x84
                if at < (marks[-1] if marks else 0):
                    raise StreamError("the stack is empty")
                items = tuple(stack[at:])
                del stack[at:]
                push(items)
            elif op == 0x29:  # EMPTY_TUPLE
                push(())
            elif op in _CONSTANT:  # NONE, NEWTRUE, NEWFALSE
                push(_CONSTANT[op])
            elif op == 0x7D:  # EMPTY_DICT
                push(Box())
            elif op in (0x5D, 0x8F):  # EMPTY_LIST, EMPTY_SET
                push(Row() if keeps else self._open_list())
            elif op == 0x30 and stack and not marks:  # POP
                stack.pop()
            else:
                self._place = self._at + begin
                if op == 0x2E:  # STOP
                    if self._at + pos > size:
                        raise StreamError("it ends in the middle of a pickle")
                    self._caps.step(count)
                    self._end_frame(self._at + pos)
                    self.stream.value = self._pop()
                    return self._at + pos
                count += 1  # it takes twice the time
                pos = self._act(op, pos)
                if op == 0x95:
                    soft = 0  # where the frame ends is looked at

    def _act(self, op: int, pos: int) -> int:
        """Follow an opcode that does more than to push a value; the place behind it."""
        stack, buffer = self._stack, self._buffer
        if op == 0x51:  # BINPERSID
            self._persistent(self._pop())
        elif op == 0x52:  # REDUCE
            args, callee = self._pop(), self._pop()
            stack.append(self._call(callee, args))
        elif op in (0x75, 0x65, 0x90):  # SETITEMS, APPENDS, ADDITEMS
            items = self._to_mark()
            self._fill(stack[-1], items, pairs=op == 0x75)
        elif op in (0x73, 0x61):  # SETITEM, APPEND
            value = self._pop()
            items = [self._pop(), value] if op == 0x73 else [value]
            self._fill(stack[-1], items, pairs=op == 0x73)
        elif op == 0x63:  # GLOBAL
            module, pos = self._line(pos)
            name, pos = self._line(pos)
            stack.append(self._global(pickle_lines.name(module), pickle_lines.name(name)))
        elif op == 0x93:  # STACK_GLOBAL
            last, first = self._pop(), self._pop()
            stack.append(self._global(first, last))
        elif op == 0x62:  # BUILD
            state = self._pop()
            pos = self._build(stack[-1], state, pos)
        elif op == 0x81:  # NEWOBJ
            args, callee = self._pop(), self._pop()
            stack.append(self._call(callee, args, is_new=True))
        elif op in SIZED:
            value, pos = self._sized(op, pos)
            stack.append(value)
        elif op == 0x80:  # PROTO
            if buffer[pos] > 5:
                raise StreamError(f"protocol {buffer[pos]} is unknown")
            pos += 1
        elif op == 0x95:  # FRAME
            length = int.from_bytes(buffer[pos : pos + 8], "little")
            pos += 8
            if length > self._reader.size - self._at - pos:
                raise StreamError("it ends in the middle of a frame")
            if self._frame_end:
                self._odd(FRAMES, "a frame in a frame")
            self._frame_end = self._at + pos + length
        else:
            pos = self._rare(op, pos)
        return pos

    def _end_frame(self, place: int) -> None:
        """Look whether a frame ends at a place that is behind it, or that is the end of all.

        Python's unpickler in C reads a frame as a whole. What an opcode lacks at its end it takes
        from behind it, and forgets what was left: it goes on at another place than others do, when
        it reads from memory (as torch.load does), and not from a file.
        """
        if self._frame_end not in (0, place):
            self._odd(FRAMES, "a frame that does not end where an opcode does")
        self._frame_end = 0

    def _open_list(self) -> OpenList:
        """What stands for a list or a set."""
        if not self._kept.functions:
            return _NEW_LIST
        self._caps.step()  # it takes memory
        return OpenList()

    def _get(self, key: int) -> Any:
        if key not in self._memo:
            raise StreamError(f"it takes number {key} of its memo, which is empty")
        value = self._memo[key]
        if value.__class__ is GlobalName:
            value.uses += 1
        elif value.__class__ is tuple:
            value = self._memo[key] = self._again(value)
        return _OLD_LIST if value is _NEW_LIST else value

    def _again(self, value: tuple[Any, ...]) -> tuple[Any, ...]:
        """A tuple that is put in a second place."""
        found = weighed(value, self._caps)
        if found.weight > MOST:
            self._odd(ENDLESS, "tuples in tuples")
        return found

    def _wide(self, items: tuple[Any, ...]) -> Placeholder:
        """What stands for a tuple that is too long to be kept."""
        if not any(isinstance(one, tuple | LongTuple) for one in items):
            return ANY if all(map(self._kept.is_plain, items)) else HIDDEN
        weight = weight_of(items, self._caps)
        if weight > MOST:
            self._odd(ENDLESS, "tuples in tuples")
        return LongTuple(weight)

    def _persistent(self, identity: Any) -> None:
        if isinstance(identity, tuple) or len(self.stream.persistent) < _MOST_ODDITIES:
            self.stream.persistent.append((identity, self._place))
        # Old checkpoints of whole modules keep the source beside the class: ('module', class, …).
        is_class = isinstance(identity, tuple) and len(identity) > 1 and identity[0] == "module"
        stands_for = identity[1] if is_class else None
        if self._kept.functions:
            self._kept.may_be_called((identity,))
        if isinstance(stands_for, GlobalName):
            stands_for.uses += 1
            self._stack.append(stands_for)
        else:
            self._stack.append(Persistent(identity))

    def _fill(self, target: Any, items: list[Any], *, pairs: bool) -> None:
        """Put items into `target`; `pairs`: they are keys and values in turn."""
        if fault := fault_of(target, items, pairs=pairs):
            raise StreamError(fault)
        self._change(target)
        if self._before is not None and isinstance(target, Box):
            self._caps.step(len(target) // 8)
            self._before.append((target, ({**target}, target.is_partial)))
        if isinstance(target, Made) and getattr(target.callee, "name", "") == "poly1d":
            self._odd(ENDLESS, "a number of a polynomial")  # it makes room for all below it
        if self._kept.functions:
            self._kept.filled(target, items, pairs=pairs)
            self._kept.change(target, items)
        elif target.__class__ is OpenList:
            self._stack[-1] = _OLD_LIST
        elif target.__class__ is Made:
            target.has_more = True
        if self._keeps:
            keep(target, items, pairs=pairs)
        elif pairs and isinstance(target, Box):
            if len(target) >= _MOST_ITEMS or len(items) > 2 * _MOST_ITEMS:
                target.is_partial = True
                target.has_more |= not self._kept.functions
            if len(target) < _MOST_ITEMS:
                for key, value in zip(items[: 2 * _MOST_ITEMS : 2], items[1::2], strict=False):
                    if isinstance(key, str):
                        target[key] = value
                        continue
                    target.has_more |= not self._kept.functions
                    if isinstance(key, Placeholder | Made | TextRange):
                        target.is_partial = True

    def _build(self, target: Any, state: Any, pos: int) -> int:
        self._change(target)
        if isinstance(target, Made):
            if self._before is not None:
                self._before.append((target, target.state))
            target.state = state
            if self._kept.functions:
                self._kept.change(target, (state,))
                self._kept.built(target, state)
            # Now, because what the state holds may still be changed.
            named = class_of(target)
            if given_states.is_wrong(named, state):
                self._odd(WRONG_STATE, str(named))
            if self._on_build is not None:
                place = self._at + pos
                end = self._on_build(target, place, self._as_pickle)
                if target.held and target.held[-1].__class__ is GlobalName:
                    self._keep(*target.held)  # of an array of objects, which is another stream
                if end != place:
                    self._end_frame(place)
                    pos = end - self._at
                    if pos > len(self._buffer) - ROOM:
                        self._load(end)
                        pos = 0
        return pos

    def _as_pickle(self, place: int) -> PickleStream:
        """What would be done from a place on by a reader that takes no raw array there."""
        if self._reader.read(place, 1) not in _OPCODES:
            stream = PickleStream(place)
            stream.fault, stream.end = "no opcode of pickles", place
            return stream
        self._caps.step(1 + (len(self._memo) + len(self._stack)) // 64)
        uses = [(one, one.uses) for one in self.stream.globals.values()]
        other = Walker(self._reader, place, self._caps)
        other._stack, other._marks, other._memo = [*self._stack], [*self._marks], {**self._memo}
        other._before = []
        other._kept = self._kept
        stream = other.walk()
        for one, count in uses:
            one.uses = count
        for target, value in reversed(other._before):
            if isinstance(target, Made):
                target.state = value
            else:
                target.clear()
                target.update(value[0])
                target.is_partial = value[1]
        return stream

    def _rare(self, op: int, pos: int) -> int:
        """Follow an opcode that is seldom; the place behind it."""
        self._caps.step(3)  # it takes so much longer
        stack, buffer = self._stack, self._buffer
        if op == 0x30:  # POP
            if self._marks and self._marks[-1] == len(stack):
                self._marks.pop()
            else:
                stack.pop()
        elif op == 0x31:  # POP_MARK
            self._to_mark()
        elif op == 0x32:  # DUP
            if stack[-1].__class__ is GlobalName:
                stack[-1].uses += 1
            elif stack[-1].__class__ is tuple:
                stack[-1] = self._again(stack[-1])
            elif stack[-1] is _NEW_LIST:
                stack[-1] = _OLD_LIST
            stack.append(stack[-1])
        elif op in (0x6C, 0x64, 0x91):  # LIST, DICT, FROZENSET
            items = self._to_mark()
            if op == 0x64:
                made: Any = Box()
            elif self._keeps:
                made = Row()
            else:
                is_plain = all(map(self._kept.is_plain, items))
                made = self._open_list() if op == 0x6C else ANY if is_plain else HIDDEN
            stack.append(made)
            self._fill(made, items, pairs=op == 0x64)
        elif op == 0x69:  # INST
            module, pos = self._line(pos)
            name, pos = self._line(pos)
            callee = self._global(pickle_lines.name(module), pickle_lines.name(name))
            stack.append(self._call(callee, tuple(self._to_mark())))
        elif op == 0x6F:  # OBJ
            callee, *rest = self._to_mark()
            stack.append(self._call(callee, tuple(rest)))
        elif op == 0x92:  # NEWOBJ_EX
            words, args, callee = self._pop(), self._pop(), self._pop()
            stack.append(self._call_with_words(callee, args, words))
        elif op in (0x70, 0x67):  # PUT, GET
            line, length, pos = self._long_line(pos, pickle_lines.LETTERS)
            if length > len(line):
                raise TooMuchError("a number of its memo that is longer than a page")
            if op == 0x70:
                self._put(pickle_lines.key(line))
            else:
                stack.append(self._get(pickle_lines.key(line)))
        elif op in (0x49, 0x4C, 0x46):  # INT, LONG, FLOAT
            line, length, pos = self._long_line(pos, pickle_lines.LETTERS)
            is_cut = length > len(line)
            stack.append(pickle_lines.number(line, op, keeps=self._keeps, is_cut=is_cut))
        elif op in (0x53, 0x56):  # STRING, UNICODE
            begin = self._at + pos
            if op == 0x53 and buffer[pos] not in b"'\"":
                raise StreamError("a text in it has no quotes")
            line, length, pos = self._long_line(pos)
            value = pickle_lines.text(line, op == 0x53)
            is_left_out = value is ANY and op == 0x56
            stack.append(EscapedRange(begin, length) if is_left_out else value)
        elif op == 0x50:  # PERSID
            line, pos = self._line(pos)
            self._persistent(line.decode("latin-1"))
        elif op in (0x82, 0x83, 0x84):  # EXT1, EXT2, EXT4
            width = 1 << (op - 0x82)
            code = int.from_bytes(buffer[pos : pos + width], "little")
            self._odd(EXTENSION, f"number {code}")
            stack.append(Made(ANY, ()))
            pos += width
        elif op == 0x97:  # NEXT_BUFFER
            self._odd(ELSEWHERE, "bytes")  # some loaders have them
            stack.append(ANY)
        elif op == 0x98:  # READONLY_BUFFER
            pass
        elif self._place >= self._reader.size:
            raise StreamError("it ends in the middle of a pickle")
        else:
            raise StreamError(f"0x{op:02x} is no opcode of pickles")
        return pos


def walk(
    reader: Reader,
    begin: int,
    caps: Caps,
    on_build: OnBuild | None = None,
    *,
    keeps: bool = False,
) -> PickleStream:
    """What the stream at a place does; `on_build` and `keeps` are explained in `Walker`."""
    return Walker(reader, begin, caps, on_build, keeps=keeps).walk()
