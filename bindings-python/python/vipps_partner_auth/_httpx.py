"""Headers for ``httpx`` and ``httpx2``, which is the same client by another name."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from functools import wraps
from importlib import import_module
from weakref import WeakKeyDictionary

from ._adapters import raised_as
from ._errors import TimedOutError, VippsAuthError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from types import ModuleType
    from typing import Any

    import httpx
    import httpx2

    from ._client import Authorization, Caller

    class _Auth(httpx.Auth, httpx2.Auth):  # type: ignore[misc, unused-ignore]
        """For type checkers: where one of the two is not installed, it is anything to them."""
else:
    _Auth = object

_NAMES = ("httpx", "httpx2")


def auth(caller: Caller) -> VippsAuth:
    """An ``Auth`` of each of the two that is installed, so that either client takes it."""
    return _auth_class()(caller)


class VippsAuth(_Auth):
    """Attaches fresh headers to requests for Vipps, and to no others; repeats a request once whose token was refused.

    They go along on redirects within the host, and no further. The read timeout of a call holds for the token, too.
    """

    requires_request_body = False
    requires_response_body = False

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        """Called by the sync client."""
        if not self._covers(request):
            yield request
            return
        with _raised_as_httpx(request):
            sent = self._caller.authorization(timeout=_limit(request))
        response = yield _attached(request, self._caller, sent)
        self._note(response, sent)
        if _is_refusal(response, sent):
            with _SecondTry(response.request) as attempt:
                attempt.authorization = self._caller.refused(sent.token, timeout=_limit(request))
            if attempt.authorization is not None:
                response.read()
                response = yield _attached(response.request, self._caller, attempt.authorization)
                self._note(response, attempt.authorization)

    async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        """Called by the async client."""
        if not self._covers(request):
            yield request
            return
        with _raised_as_httpx(request):
            sent = await self._caller.authorization_async(timeout=_limit(request))
        response = yield _attached(request, self._caller, sent)
        self._note(response, sent)
        if _is_refusal(response, sent):
            with _SecondTry(response.request) as attempt:
                attempt.authorization = await self._caller.refused_async(sent.token, timeout=_limit(request))
            if attempt.authorization is not None:
                await response.aread()
                response = yield _attached(response.request, self._caller, attempt.authorization)
                self._note(response, attempt.authorization)

    def _note(self, response: httpx.Response, sent: Authorization) -> None:
        if sent.is_in(response.request.headers):
            self._caller.answered(response.status_code, response.headers.get("content-type"))

    def _covers(self, request: httpx.Request) -> bool:
        url = str(request.url)
        covers = self._caller.covers(url)
        if not covers:
            self._caller.headers_withheld(url)
        return covers


def _attached(request: httpx.Request, caller: Caller, authorization: Authorization) -> httpx.Request:
    request.headers.update(authorization.headers)
    _SENT[request] = (caller, tuple(authorization.headers))
    return request


def _is_refusal(response: httpx.Response, sent: Authorization) -> bool:
    """Whether it was our token that was refused, also behind a redirect; hooks may have sent another."""
    return response.status_code == 401 and sent.is_in(response.request.headers)


class _SecondTry(AbstractContextManager["_SecondTry"]):
    """The token is reported in any case; what comes of it matters where the same bytes can be sent again."""

    authorization: Authorization | None = None

    def __init__(self, request: httpx.Request) -> None:
        self._request = request
        self._is_possible = isinstance(request.stream, _module_of(request).ByteStream)

    def __exit__(self, _kind: Any, error: BaseException | None, _traceback: Any) -> bool:
        if not self._is_possible:
            self.authorization = None
        if self._is_possible and isinstance(error, TimedOutError):
            with _raised_as_httpx(self._request):
                raise error
        # Without another token the 401 stands.
        return isinstance(error, VippsAuthError)


def _raised_as_httpx(request: httpx.Request) -> AbstractContextManager[None]:
    module = _module_of(request)
    return raised_as((module.TransportError, module.ConnectTimeout), request=request)


def _limit(request: httpx.Request) -> float | None:
    """The time that the client would wait for the reply of a server that hangs."""
    limit = request.extensions.get("timeout", {}).get("read")
    return None if limit is None else float(limit)


# Requests that carry headers of ours: whose, and which.
_SENT: WeakKeyDictionary[httpx.Request, tuple[Caller, tuple[str, ...]]] = WeakKeyDictionary()


def _is_watched(module: ModuleType) -> bool:
    """Has the clients of this module take our headers off where a redirect leaves Vipps. False where that can't be.

    They copy all headers but ``Authorization`` to wherever they are led, and ask no ``Auth`` about it: nothing public
    stands between a redirect's reply and the next request but hooks and transports, which are the user's.
    """
    build = getattr(module.Client, "_build_redirect_request", None)
    if build is None:
        return False
    if hasattr(build, "is_watch"):
        return True

    @wraps(build)
    def watch(client: Any, request: httpx.Request, response: httpx.Response) -> httpx.Request:
        followed: httpx.Request = build(client, request, response)
        sent = _SENT.get(request)
        if sent is not None:
            caller, names = sent
            if caller.may_follow(str(request.url), str(followed.url)):
                _SENT[followed] = sent
            else:
                for name in names:
                    followed.headers.pop(name, None)
        return followed

    watch.is_watch = True  # type: ignore[attr-defined]
    for client in (module.Client, module.AsyncClient):
        client._build_redirect_request = watch
    return _holds_tight(module)


def _holds_tight(module: ModuleType) -> bool:
    """Follows a redirect that leaves, so that no other version of the client can leak what it should not."""

    class Nobody:
        def may_follow(self, _from: str, _to: str) -> bool:
            return False

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "elsewhere.invalid":
            return module.Response(200, json="x-ours" in request.headers)  # type: ignore[no-any-return]
        _SENT[request] = (Nobody(), ("x-ours",))  # type: ignore[assignment]
        return module.Response(307, headers={"location": "https://elsewhere.invalid/"})  # type: ignore[no-any-return]

    with module.Client(transport=module.MockTransport(answer), trust_env=False, follow_redirects=True) as client:
        leaks = client.get("https://vipps.invalid/", headers={"x-ours": "1"}).json()
    return not leaks


_CLASSES: dict[tuple[str, ...], type[VippsAuth]] = {}


def _auth_class() -> type[VippsAuth]:
    modules = [module for module in map(_found, _NAMES) if module is not None and _is_watched(module)]
    if not modules:
        raise ImportError("httpx_auth() needs httpx or httpx2, in a version that it knows how to keep from leaking")
    names = tuple(module.__name__ for module in modules)
    known = _CLASSES.get(names)
    if known is None:
        bases = (VippsAuth, *(module.Auth for module in modules))
        known = _CLASSES[names] = type("VippsAuth", bases, {"__doc__": VippsAuth.__doc__})
    return known


def _found(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None


def _module_of(request: httpx.Request) -> ModuleType:
    # By its class or one above it: a user's own class of requests comes from a module of its own.
    for kind in type(request).__mro__:
        name = kind.__module__.partition(".")[0]
        if name in _NAMES:
            return sys.modules[name]
    raise TypeError("this is no request of httpx or httpx2")
