"""From the library's own thread back to an event loop. Imported on the first miss only: whoever is here has a loop."""

from __future__ import annotations

from asyncio import get_running_loop

from . import _native
from ._errors import InvalidConfigError, VippsAuthError, make

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future
    from typing import TypeVar

    from ._client import Partner, _Caller

    T = TypeVar("T")
    Authorization = tuple[dict[str, str], _native.AccessToken]
    Key = tuple[int, int]
    Flights = dict[Key, "_Flight"]


async def run(call: _native.Call[T]) -> T:
    """Makes a call without blocking the loop. Cancelling gives the call up."""
    loop = get_running_loop()
    future: Future[T] = loop.create_future()

    def settle(value: T, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)

    call.start(lambda value, error: loop.call_soon_threadsafe(settle, value, error))
    try:
        return await future
    finally:
        call.cancel()


class _Flight:
    """One fetch that the callers of one event loop wait for. It goes on when any of them, or all, are cancelled."""

    __slots__ = ("caller", "error", "loop", "waiting")

    def __init__(self, caller: _Caller, loop: AbstractEventLoop) -> None:
        self.caller = caller
        self.loop = loop
        self.waiting: list[Future[None]] = []
        self.error: BaseException | None = None

    def take_off(self, flights: Flights, key: Key) -> None:
        """Fetches, and leaves the table when it is over."""

        def land(error: BaseException | None) -> None:
            if flights.get(key) is self:
                del flights[key]
            self.land(error)

        call = self.caller._authorization()
        call.start(lambda _, error: self.loop.call_soon_threadsafe(land, error))
        flights[key] = self

    def land(self, error: BaseException | None) -> None:
        self.error = error
        for future in self.waiting:
            if not future.done():
                future.set_result(None)


async def authorize(caller: _Caller) -> Authorization:
    """Headers and their token, fetched once for all who wait: a token serves every merchant of the partner."""
    flight = await _joined(caller)
    if flight.error is not None and (flight.caller is caller or not isinstance(flight.error, InvalidConfigError)):
        raise _own(flight.error)
    # None for keys that are not for this merchant, which the call itself tells; or a token that ran out at once.
    known = caller._cached_authorization()
    return known if known is not None else await run(caller._authorization())


async def _joined(caller: _Caller) -> _Flight:
    loop = get_running_loop()
    flights = _flights_of(caller._partner)
    # A forked child may go on with its parent's loop, never with its flight.
    key = (_native.fork_generation(), id(loop))
    flight = flights.get(key)
    if flight is None:
        flight = _Flight(caller, loop)
        flight.take_off(flights, key)
    future: Future[None] = loop.create_future()
    flight.waiting.append(future)
    await future
    return flight


def _flights_of(partner: Partner) -> Flights:
    flights: Flights | None = getattr(partner, "_flights", None)
    if flights is None:
        flights = partner._flights = {}
    # The id of a loop that was closed in mid-flight may be given to another.
    for key in [key for key, flight in flights.items() if flight.loop.is_closed()]:
        flights.pop(key, None)
    return flights


def _own(error: BaseException) -> BaseException:
    """Each who waited raises an exception of their own: one that is raised twice grows a traceback of both."""
    if isinstance(error, VippsAuthError):
        return make(error.code, str(error), error.__dict__)
    return error
