"""The interface of all sources of models: a list of files, and the bytes of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from pmgit.sources.listing import Listing, RemoteFile
    from pmgit.sources.web import ByteStream


class Source(Protocol):
    """The source of one model.

    `type` is that of the lock's [source]. `label` is for messages, `page` the address for people,
    `name` what the model is called there. `revision` is what was asked for ('': nothing), and
    `pattern` stands for the files that its page is about ('': all of them). `address` is that of
    the server which is asked, `elsewhere` a way to the same files when it cannot be reached, in
    words ('': none).
    """

    @property
    def type(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def page(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def revision(self) -> str: ...

    @property
    def pattern(self) -> str: ...

    @property
    def address(self) -> str: ...

    @property
    def elsewhere(self) -> str: ...

    def look(self, revision: str = "", *, sleep: Callable[[float], None] = ...) -> Listing:
        """The files of the source at a branch, tag or commit; '' is `revision`, else the default.

        Raises SourceError.
        """

    def open(
        self, revision: str, file: RemoteFile, start: int, validator: str
    ) -> AbstractContextManager[ByteStream]:
        """The bytes of a file of the full commit `revision`, from `start` on if the source can.

        With a `validator`, only if the file is still as it was when a stream had that validator.
        Raises SourceError, PassingError and UnreachableError.
        """
