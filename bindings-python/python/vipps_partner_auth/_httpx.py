"""Headers for ``httpx`` and ``httpx2``, which is the same client by another name."""

from __future__ import annotations

import sys
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterator
    from types import ModuleType
    from typing import Any

    import httpx

    from ._client import _Caller
    from ._native import AccessToken

_NAMES = ("httpx", "httpx2")


def auth(caller: _Caller) -> VippsAuth:
    """An ``Auth`` of each of the two that is installed, so that either client takes it."""
    return _auth_class()(caller)


class VippsAuth:
    """Attaches fresh headers to requests for Vipps, and to no others; repeats a request once whose token was refused.

    A client that follows redirects takes none of the headers along, wherever it is led.
    """

    requires_request_body = False
    requires_response_body = False

    def __init__(self, caller: _Caller) -> None:
        self._caller = caller

    if TYPE_CHECKING:

        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]: ...

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Called by the sync client."""
        if not self._covers(request):
            yield request
            return
        token = _attach(request, *self._caller._authorize())
        response = yield request
        if response.status_code == 401 and self._may_repeat(request, response, token):
            response.read()
            _attach(request, *self._caller._authorize())
            yield request

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Called by the async client."""
        if not self._covers(request):
            yield request
            return
        token = _attach(request, *await self._authorize_async())
        response = yield request
        if response.status_code == 401 and self._may_repeat(request, response, token):
            await response.aread()
            _attach(request, *await self._authorize_async())
            yield request

    async def _authorize_async(self) -> tuple[dict[str, str], AccessToken]:
        return self._caller._cached_authorization() or await self._caller._authorize_async()

    def _covers(self, request: httpx.Request) -> bool:
        return self._caller._partner.covers(str(request.url))

    def _may_repeat(self, request: httpx.Request, response: httpx.Response, token: AccessToken) -> bool:
        # After a redirect it was not our token that was refused. A stream is used up by the first try.
        is_ours = not response.history
        return is_ours and _can_be_sent_again(request) and self._caller._partner.refused(token)


def _can_be_sent_again(request: httpx.Request) -> bool:
    return isinstance(request.stream, _module_of(request).ByteStream)


def _attach(request: httpx.Request, headers: dict[str, str], token: AccessToken) -> AccessToken:
    bare = request.headers._bare if isinstance(request.headers, _Guarded) else request.headers
    request.headers = _guarded_class(_module_of(request))(bare, headers)
    return token


class _Guarded:
    """Headers of one request, ours among them: they are sent and can be looked up, but a copy has none of ours.

    The client makes the request of a redirect from a copy, and would take along all but ``Authorization``.
    """

    if TYPE_CHECKING:
        _bare: httpx.Headers
        _own: httpx.Headers

    def __new__(cls, *_: Any) -> Any:
        return super().__new__(cls)

    @property
    def raw(self) -> list[tuple[bytes, bytes]]:
        own = {name.lower() for name, _ in self._own.raw}
        return [pair for pair in self._bare.raw if pair[0].lower() not in own] + self._own.raw

    def __getitem__(self, name: str) -> str:
        return self._own[name] if name in self._own else self._bare[name]

    def __contains__(self, name: object) -> bool:
        return name in self._own or name in self._bare


def _guarded_class(module: ModuleType) -> type[Any]:
    known = _CLASSES.get(module.__name__)
    if known is None:

        class Guarded(_Guarded, module.Headers):  # type: ignore[misc, name-defined]
            def __init__(self, bare: httpx.Headers, own: dict[str, str]) -> None:
                super().__init__(bare)
                self._bare = bare
                self._own = module.Headers(own)

        known = _CLASSES[module.__name__] = Guarded
    return known


_CLASSES: dict[str, type[Any]] = {}


def _module_of(request: httpx.Request) -> ModuleType:
    return sys.modules[type(request).__module__.partition(".")[0]]


def _auth_class() -> type[VippsAuth]:
    known = _CLASSES.get("auth")
    if known is None:
        bases = tuple(module.Auth for module in _installed())
        known = _CLASSES["auth"] = type("VippsAuth", (VippsAuth, *bases), {"__doc__": VippsAuth.__doc__})
    return known


def _installed() -> Iterator[ModuleType]:
    modules = [module for module in map(_found, _NAMES) if module is not None]
    if not modules:
        raise ImportError("httpx_auth() needs httpx or httpx2")
    return iter(modules)


def _found(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None
