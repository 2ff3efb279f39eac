"""The user's own transport and token cache. What calls them are threads of the library that have nothing else to do."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from typing import TypeVar, Union

    from . import _native
    from .types import TokenCache, Transport

    T = TypeVar("T")


class NotSentError(Exception):
    """A ``Transport`` raises it where the request has certainly not reached the server, such as when it could not connect.

    Only then the library may send a request again that must not arrive twice, such as the code of a login. Whatever else a
    transport raises means that the request may have been sent.
    """


class TransportRequest:
    """A request to be sent as it is. ``repr`` shows no more than the method: all the rest may hold what is secret."""

    __slots__ = ("method", "url", "headers", "body", "timeout")

    method: str
    """``GET`` or ``POST``."""
    url: str
    """With its query."""
    headers: dict[str, str]
    """All headers but those that a client writes by itself, such as ``host`` and ``content-length``."""
    body: bytes | None
    """May be empty; ``None`` with ``GET``."""
    timeout: float
    """How long it may take in all, in seconds. The library waits for no more than a second longer."""

    def __init__(
        self, method: str, url: str, headers: Mapping[str, str] | Iterable[tuple[str, str]], body: bytes | None, timeout: float
    ) -> None:
        self.method = method
        self.url = url
        self.headers = dict(headers)
        self.body = body
        self.timeout = timeout

    def __repr__(self) -> str:
        return f"TransportRequest(method={self.method!r}, ...)"


class TransportReply:
    """What came back, whatever its status. ``repr`` shows no more than that."""

    __slots__ = ("status", "headers", "body")

    status: int
    """Such as 200."""
    headers: Mapping[str, str]
    """Names in any letter case."""
    body: bytes
    """All of it. The library takes no more than 256 KiB."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def __repr__(self) -> str:
        return f"TransportReply(status={self.status!r}, ...)"


def send(transport: Transport, request: TransportRequest, reply: _native.Reply) -> None:
    """Begins to send."""
    try:
        _start_thread(_send, transport, request, reply)
    except BaseException as error:
        reply.failed(type(error).__name__, False)


def _send(transport: Transport, request: TransportRequest, reply: _native.Reply) -> None:
    try:
        came = _awaited(transport.send(request), request.timeout)
        headers = [(str(name), str(value)) for name, value in came.headers.items()]
        reply.came(came.status, headers, bytes(memoryview(came.body)))
    except BaseException as error:
        reply.failed(type(error).__name__, not isinstance(error, NotSentError))
        _log("transport failed")


def ask(
    cache: TokenCache, patience: float, method: str, name: str, value: tuple[bytes, int] | None
) -> tuple[bytes | None, bool] | None:
    """Calls a method. ``None`` where it failed, which is logged."""
    try:
        found = _awaited(getattr(cache, method)(name, *(value or ())), patience)
        if method == "get":
            return (None if found is None else bytes(memoryview(found))), False
        return None, bool(found)
    except BaseException:
        _log(f"token_cache failed at {method}")
        return None


def _log(text: str) -> None:
    from ._events import _logger

    _logger.warning(text, exc_info=True)


def _awaited(found: Union[T, Awaitable[T]], patience: float) -> T:
    """What a plain function returned, or what a coroutine function will."""
    import inspect

    if not inspect.isawaitable(found):
        return found
    import asyncio

    async def ended() -> tuple[T | None, BaseException | None]:
        try:
            return await found, None
        except (KeyboardInterrupt, SystemExit) as error:
            # It would end the loop.
            return None, error

    async def wait() -> tuple[T | None, BaseException | None]:
        return await asyncio.wait_for(ended(), patience)

    value, error = asyncio.run_coroutine_threadsafe(wait(), _loop()).result()
    if error is not None:
        raise error
    return value  # type: ignore[return-value]


_loops: dict[int, asyncio.AbstractEventLoop] = {}
"""One for each process, by the number of forks before it: a client of coroutines belongs to one loop."""


def _loop() -> asyncio.AbstractEventLoop:
    from asyncio import new_event_loop

    from ._native import fork_generation

    generation = fork_generation()
    if generation in _loops:
        return _loops[generation]
    new = new_event_loop()
    loop = _loops.setdefault(generation, new)
    if loop is new:
        _start_thread(loop.run_forever)
    else:
        new.close()
    return loop


def _start_thread(work: Callable[..., object], *arguments: object) -> None:
    """A real one, that no end of a program waits for, also where gevent has replaced Python's."""
    import sys

    if "gevent.monkey" in sys.modules:
        from gevent.monkey import get_original  # type: ignore[import-untyped]

        start = get_original("_thread", "start_new_thread")
    else:
        from _thread import start_new_thread as start
    start(work, arguments)
