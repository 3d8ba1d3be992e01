"""The receiver of what is judged: a remote, or this repository on a server."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Receiver:
    """The remote to which a snapshot is pushed, or this repository where it is pushed to.

    * `known`: revision arguments for what it has; None where nothing is pushed, and on a server
      that does not keep the objects of Git LFS itself.
    * `address`: the remote's name, or its address, as it was given; `name`: its name if it has one.
    * `ref`: the ref that is pushed, where it is known.
    * `tagged`: pushed refs that name no commit but a blob or a tree, with their ids.
    * `is_here`: whether it is this repository (a server).
    * `lacks_all`: whether it is known to have none of the commits that are judged.
    """

    __slots__ = ("address", "is_here", "known", "lacks_all", "name", "ref", "tagged")

    def __init__(
        self,
        known: Iterable[str] | None = None,
        *,
        address: str = "",
        name: str = "",
        ref: str = "",
        tagged: Mapping[str, str] | None = None,
        is_here: bool = False,
        lacks_all: bool = False,
    ) -> None:
        self.known = None if known is None else tuple(known)
        self.address = address
        self.name = name
        self.ref = ref
        self.tagged = dict(tagged or {})
        self.is_here = is_here
        self.lacks_all = lacks_all


#: Of what is not pushed.
NOBODY = Receiver()
