"""Waiting where gevent has replaced Python's threads: the hub runs the other greenlets meanwhile."""

from __future__ import annotations

from gevent import get_hub  # type: ignore[import-untyped]
from gevent.event import Event  # type: ignore[import-untyped]
from gevent.monkey import get_original  # type: ignore[import-untyped]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from . import _native
    from .types import Span

    T = TypeVar("T")


def wait(call: _native.Call[T], timeout: Span | None) -> T:
    """Makes a call. What ends the greenlet's wait, such as ``gevent.Timeout``, gives the call up."""
    outcome: list[tuple[T, BaseException | None]] = []
    over = Event()
    # The one thing of a hub that another thread may touch, and not after it was closed.
    watcher = get_hub().loop.async_()
    watcher.start(over.set)
    is_open = True
    lock = get_original("_thread", "allocate_lock")()

    def done(value: T, error: BaseException | None) -> None:
        outcome.append((value, error))
        with lock:
            if is_open:
                watcher.send()

    try:
        call.start(done, timeout)
        over.wait()
    finally:
        call.cancel()
        with lock:
            is_open = False
            watcher.stop()
            watcher.close()
    ((value, error),) = outcome
    if error is not None:
        raise error
    return value
