"""Headers for ``requests``."""

from __future__ import annotations

import sys
from typing import NamedTuple

from requests import ConnectTimeout, PreparedRequest, RequestException
from requests.auth import AuthBase

from ._adapters import raised_as
from ._errors import TimedOutError, VippsAuthError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from requests import Response

    from ._client import Authorization, Caller


class VippsAuth(AuthBase):
    """Attaches fresh headers to requests for Vipps, and to no others; repeats a request once whose token was refused.

    They go along on redirects within the host, and no further. The ``timeout`` of a call holds for the token, too.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        url = request.url or ""
        if not self._caller.covers(url):
            self._caller.headers_withheld(url)
            return request
        attempt = _Attempt(self._caller, request)
        request.register_hook("response", attempt.answered)
        return request


class _Attempt:
    """One request with our headers in it, and what it leads to."""

    def __init__(self, caller: Caller, request: PreparedRequest) -> None:
        self._caller = caller
        self._first = request
        self._is_repeated = False
        self._limit = _limit_of_the_call()
        with raised_as((RequestException, ConnectTimeout), request=request):
            self._attach(request, caller.authorization(timeout=self._limit))

    def _attach(self, request: PreparedRequest, authorization: Authorization) -> None:
        request.headers.update(authorization.headers)
        self._sent = authorization
        if request is self._first:
            self._first_sent = authorization

    def answered(self, response: Response, **settings: Any) -> Response:
        """Called with each response, before the session follows a redirect with a copy of its request."""
        if response.request is self._first:
            # A request that was prepared once may be sent many times.
            self._sent = self._first_sent
            self._is_repeated = False
        if response.is_redirect:
            self._watch(response, response.request)
            return response
        self._note(response)
        if response.status_code != 401 or self._is_repeated:
            return response
        authorization = self._another(response)
        if authorization is None:
            return response
        self._is_repeated = True
        return self._repeated(response, authorization, settings)

    def _note(self, response: Response) -> None:
        if self._sent.is_in(response.request.headers):
            self._caller.answered(response.status_code, response.headers.get("content-type"))

    def _watch(self, response: Response, request: PreparedRequest) -> None:
        """Has the session follow with a copy that keeps our headers within the host, and none of them elsewhere."""
        sent = _Sent(self._caller, response.url, tuple(self._sent.headers))

        def copy() -> PreparedRequest:
            followed = type(request).copy(request)
            followed.__class__ = _Followed
            followed.__dict__["sent"] = sent
            return followed

        request.copy = copy  # type: ignore[method-assign]

    def _another(self, response: Response) -> Authorization | None:
        """Other headers, where our token was refused and the same bytes can be sent again."""
        request = response.request
        if not self._sent.is_in(request.headers):
            return None
        # The token is reported in any case, for the sake of the next call.
        is_the_same = request.body is None or isinstance(request.body, (bytes, str))
        can_be_sent_again = is_the_same and hasattr(response, "connection")
        try:
            authorization = self._caller.refused(self._sent.token, timeout=self._limit)
        except TimedOutError:
            if not can_be_sent_again:
                return None
            with raised_as((RequestException, ConnectTimeout), request=request):
                raise
        except VippsAuthError:
            return None
        return authorization if can_be_sent_again else None

    def _repeated(self, response: Response, authorization: Authorization, settings: dict[str, Any]) -> Response:
        response.content  # noqa: B018 -- read to its end, so that the connection can be used again
        response.close()
        request = response.request.copy()
        self._attach(request, authorization)
        again: Response = response.connection.send(request, **settings)
        again.history.append(response)
        again.request = request
        if not again.is_redirect:
            self._note(again)
        if again.is_redirect:
            # The session follows with a copy of the request that it knows, which is the first one.
            self._attach(response.request, authorization)
            self._watch(again, response.request)
        return again


class _Sent(NamedTuple):
    """Whose headers went where, and which they were."""

    caller: Caller
    url: str
    names: tuple[str, ...]


class _Followed(PreparedRequest):
    """The request that follows a redirect. The session copies the one before, and then says where it leads."""

    sent: _Sent

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        # Only what the session has made of the reply's `location` is what its connection will go by.
        if name == "url" and not self._is_within(value):
            for ours in self.sent.names:
                self.headers.pop(ours, None)

    def _is_within(self, url: str) -> bool:
        return self.sent.caller.may_follow(self.sent.url, url)

    def prepare_auth(self, auth: Any, url: Any = "") -> None:
        """Called with what a netrc has for the host, which does not take the place of our headers."""
        if not self._is_within(self.url or ""):
            super().prepare_auth(auth, url)


def _limit_of_the_call() -> float | None:
    """The time that the session would wait for the reply of a server that hangs.

    A request is prepared, headers included, before anybody is told of the time limit: only the session's ``request``
    knows it by then, further up.
    """
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "request" and frame.f_globals.get("__name__") == "requests.sessions":
            return _seconds(frame.f_locals.get("timeout"))
        frame = frame.f_back
    return None


def _seconds(timeout: object) -> float | None:
    """Of a number, a pair for connecting and reading, or a ``Timeout`` of urllib3."""
    if isinstance(timeout, tuple):
        timeout = timeout[-1]
    read = getattr(timeout, "_read", timeout)
    limits = [limit for limit in (read, getattr(timeout, "total", None)) if isinstance(limit, (int, float))]
    return min(limits, default=None)
