"""A task for each of many items, a few at a time, in threads that nobody has to wait for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")


def side_by_side(task: Callable[[T], None], items: Iterable[T], jobs: int) -> None:
    """Call `task` with each of the items, in their order, `jobs` of them at a time.

    After a failure no other item is begun; the first failure is raised when those under way have
    ended. Python's own pool of threads lets Ctrl-C wait until the items under way are done, such as
    a file of 50 GB; and its import takes 5 of the 85 ms of a whole `pmgit verify`.
    """
    left = list(items)[::-1]
    failures: list[Exception] = []

    def work() -> None:
        while left and not failures:
            try:
                item = left.pop()
            except IndexError:  # another thread was faster
                return
            try:
                task(item)
            except Exception as error:  # noqa: BLE001 - raised again in the thread that waits
                failures.append(error)

    workers = [threading.Thread(target=work, daemon=True) for _ in range(min(jobs, len(left)))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]
