"""Headers for ``requests``."""

from __future__ import annotations

from urllib.parse import urljoin

from requests.auth import AuthBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from requests import PreparedRequest, Response

    from ._client import _Caller
    from ._native import AccessToken


class VippsAuth(AuthBase):
    """Attaches fresh headers to requests for Vipps, and to no others; repeats a request once whose token was refused."""

    def __init__(self, caller: _Caller) -> None:
        self._caller = caller

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        if self._covers(request.url):
            attempt = _Attempt(self, request)
            request.register_hook("response", attempt.answered)
        return request

    def _covers(self, url: str | None) -> bool:
        return url is not None and self._caller._partner.covers(url)


class _Attempt:
    """One request with our headers in it."""

    def __init__(self, auth: VippsAuth, request: PreparedRequest) -> None:
        self._auth = auth
        self._token = self._attach(request)
        self._is_repeated = False

    def _attach(self, request: PreparedRequest) -> AccessToken:
        headers, token = self._auth._caller._authorize()
        request.headers.update(headers)
        self._names = tuple(headers)
        return token

    def answered(self, response: Response, **settings: Any) -> Response:
        """Called with each response, before the session follows a redirect with a copy of its request."""
        if response.is_redirect:
            self._guard(response, response.request)
            return response
        if response.status_code != 401 or self._is_repeated or not self._may_repeat(response.request):
            return response
        self._is_repeated = True
        return self._repeat(response, settings)

    def _guard(self, response: Response, followed: PreparedRequest) -> None:
        """Takes our headers off the request whose copy follows a redirect, unless it leads to Vipps."""
        target = urljoin(response.url, response.headers["location"])
        if not self._auth._covers(target):
            for name in self._names:
                followed.headers.pop(name, None)

    def _may_repeat(self, request: PreparedRequest) -> bool:
        can_be_sent_again = request.body is None or isinstance(request.body, (bytes, str))
        # Where a redirect led elsewhere there are no headers of ours that could have been refused.
        is_ours = self._auth._covers(request.url) and all(name in request.headers for name in self._names)
        return can_be_sent_again and is_ours and self._auth._caller._partner.refused(self._token)

    def _repeat(self, response: Response, settings: dict[str, Any]) -> Response:
        response.content  # noqa: B018 -- read to its end, so that the connection can be used again
        response.close()
        request = response.request.copy()
        self._token = self._attach(request)
        again: Response = response.connection.send(request, **settings)
        again.history.append(response)
        again.request = request
        if again.is_redirect:
            # The session follows with a copy of the request that it knows, which is the first one.
            self._guard(again, response.request)
        return again
