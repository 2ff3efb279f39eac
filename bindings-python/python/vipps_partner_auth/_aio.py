"""From the library's own threads back to an event loop: asyncio's or trio's. Imported on the first miss only."""

from __future__ import annotations

import sys

from . import _native
from ._client import Authorization
from ._errors import InvalidConfigError, VippsAuthError, fields_of, restored

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, Protocol, TypeVar

    from ._client import Caller, Partner
    from .types import Span

    T = TypeVar("T")
    Key = tuple[int, int]
    Flights = dict[Key, "_Flight"]

    class AnEvent(Protocol):
        def set(self) -> None: ...
        async def wait(self) -> object: ...


class _Loop:
    """The event loop that runs the caller: how another thread reaches it, and its own kind of event."""

    __slots__ = ("event", "itself", "soon", "still_wanted")

    def __init__(self) -> None:
        trio = sys.modules.get("trio")
        if trio is not None and _runs_this_task(trio):
            token = trio.lowlevel.current_trio_token()
            self.itself: object = token
            self.soon: Callable[..., object] = token.run_sync_soon
            self.event: Callable[[], AnEvent] = trio.Event
            # A task of trio hears that it was cancelled no sooner than it waits.
            self.still_wanted: Callable[[], Awaitable[object]] = trio.lowlevel.checkpoint_if_cancelled
            return
        import asyncio

        loop = asyncio.get_running_loop()
        self.itself = loop
        self.soon = loop.call_soon_threadsafe
        self.event = asyncio.Event
        self.still_wanted = _wanted


async def _wanted() -> None:
    """A task of asyncio that was cancelled does not come this far."""


def _runs_this_task(trio: Any) -> bool:
    # Also where trio is the guest of an asyncio loop: what counts is who runs this very task.
    try:
        trio.lowlevel.current_task()
    except RuntimeError:
        return False
    return True


async def run(call: _native.Call[T], timeout: Span | None = None) -> T:
    """Makes a call without blocking the loop. Cancelling gives the call up."""
    loop = _Loop()
    await loop.still_wanted()
    over = loop.event()
    outcome: list[tuple[T, BaseException | None]] = []

    def done(value: T, error: BaseException | None) -> None:
        outcome.append((value, error))
        loop.soon(over.set)

    call.start(done, timeout)
    try:
        await over.wait()
    finally:
        call.cancel()
    ((value, error),) = outcome
    if error is not None:
        raise error
    return value


class _Flight:
    """One fetch that the callers of one event loop wait for. It goes on when any of them, or all, are cancelled."""

    __slots__ = ("caller", "error", "landed", "loop")

    def __init__(self, caller: Caller, loop: _Loop) -> None:
        self.caller = caller
        self.loop = loop
        self.landed = loop.event()
        self.error: BaseException | None = None

    def take_off(self, flights: Flights, key: Key) -> None:
        """Fetches, and leaves the table when it is over."""

        def land(error: BaseException | None) -> None:
            leave()
            self.error = error
            self.landed.set()

        def leave() -> None:
            if flights.get(key) is self:
                del flights[key]

        def done(_: object, error: BaseException | None) -> None:
            try:
                self.loop.soon(land, error)
            except RuntimeError:
                # The loop ended in mid-flight.
                leave()

        self.caller._authorization().start(done)
        flights[key] = self


async def authorize(caller: Caller, timeout: Span | None = None) -> Authorization:
    """Headers and their token, fetched once for all who wait: a token serves every merchant of the partner."""
    if timeout is None:
        flight = await _joined(caller)
        if flight.error is not None and (flight.caller is caller or not isinstance(flight.error, InvalidConfigError)):
            raise _own(flight.error)
    # None while a token is fetched; for keys that are not for this merchant, which the call itself tells; and for a
    # token that ran out at once.
    known = caller._cached_authorization()
    return Authorization(known if known is not None else await run(caller._authorization(), timeout))


async def _joined(caller: Caller) -> _Flight:
    loop = _Loop()
    await loop.still_wanted()
    flights = _flights_of(caller.partner)
    # A forked child may go on with its parent's loop, never with its flight.
    key = (_native.fork_generation(), id(loop.itself))
    flight = flights.get(key)
    if flight is None:
        flight = _Flight(caller, loop)
        flight.take_off(flights, key)
    await flight.landed.wait()
    return flight


def _flights_of(partner: Partner) -> Flights:
    flights: Flights | None = getattr(partner, "_flights", None)
    if flights is None:
        flights = partner._flights = {}
    return flights


def _own(error: BaseException) -> BaseException:
    """Each who waited raises an exception of their own: one that is raised twice grows a traceback of both."""
    if isinstance(error, VippsAuthError):
        return restored(type(error), str(error), fields_of(error))
    return error
