"""One tensor of an ONNX model: whether its numbers are as many as its shape and type say."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.protobuf import Messages

#: Bits of one number by its type (onnx.proto, TensorProto.DataType). Texts, 8, have none.
_BITS = {
    1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64,
    15: 128, 16: 16, 17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2,
    27: 6, 28: 6,
}  # fmt: skip
_TEXTS = 8
_DIMENSIONS, _TYPE, _SEGMENT, _RAW = 1, 2, 3, 9
#: Fields with the numbers as they are: those of a fixed width, by their bits, and the others.
_FIXED, _OTHERS = {4: 32, 10: 64}, (5, 6, 7, 11)


class PlainTensor:
    """What a tensor says of itself, taken from its fields one by one."""

    def __init__(self) -> None:
        self._kind = 0
        self._elements = 1
        self._is_part = self._is_wrong = False
        self._raw = -1
        self._fixed: dict[int, int] = {}
        self._has_others = False

    def take(self, messages: Messages, number: int, wire: int, at: int, until: int) -> None:
        """Take one field."""
        if number == _DIMENSIONS:
            self._multiply([at] if wire == 0 else messages.numbers(at, until))
        elif number == _TYPE and wire == 0:
            self._kind = at
        elif number == _SEGMENT:
            self._is_part = True
        elif number == _RAW and wire == 2:
            self._raw = until - at
        elif number in _FIXED:
            self._fixed[number] = self._fixed.get(number, 0) + until - at
        elif number in _OTHERS:
            self._has_others = True

    def _multiply(self, sizes: list[int]) -> None:
        for size in sizes:
            self._is_wrong = self._is_wrong or size >= 1 << 63  # a negative one
            self._elements = min(self._elements * size, 1 << 64)

    def size(self) -> int | None:
        """The bytes that the numbers take; None where that cannot be said."""
        if self._is_part or self._is_wrong or self._kind not in _BITS:
            return None
        return -(-self._elements * _BITS[self._kind] // 8)

    def fault(self, *, is_external: bool) -> str:
        """What is wrong with it; '' when nothing is."""
        if self._is_wrong or self._elements >= 1 << 63:
            return "a shape that is too large for any file, or negative"
        if self._kind not in _BITS and self._kind != _TEXTS:
            return f"the unknown type {self._kind}"
        if self._is_part or is_external or not self._elements:
            return ""
        size = self.size()
        if self._raw >= 0:
            what = f"{self._raw:,} bytes, where its shape and type take {size or 0:,}"
            return "" if self._raw == size else what
        if not (self._fixed or self._has_others):
            return "a shape and no numbers"
        for number, bits in _FIXED.items():
            # Complex numbers are pairs.
            each = 2 if self._kind in (14, 15) else 1
            held = self._fixed.get(number)
            if held is not None and held * 8 != self._elements * bits * each:
                return f"{held * 8 // bits:,} numbers, where its shape takes {self._elements:,}"
        return ""
