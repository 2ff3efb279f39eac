"""Headers for ``aiohttp``."""

from __future__ import annotations

from aiohttp import BytesPayload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import ClientRequest, ClientResponse

    from ._client import _Caller
    from ._native import AccessToken

    Handler = Callable[[ClientRequest], Awaitable[ClientResponse]]
    Middleware = Callable[[ClientRequest, Handler], Awaitable[ClientResponse]]


def middleware(caller: _Caller) -> Middleware:
    """Attaches fresh headers to requests for Vipps, and to no others; repeats a request once whose token was refused.

    The client asks again for each redirect, so that none of the headers go to another host.
    """

    async def authorize(request: ClientRequest, handler: Handler) -> ClientResponse:
        if not caller._partner.covers(str(request.url)):
            return await handler(request)
        token = await _attach(caller, request)
        response = await handler(request)
        if response.status != 401 or not _can_be_sent_again(request) or not caller._partner.refused(token):
            return response
        response.release()
        await _attach(caller, request)
        return await handler(request)

    return authorize


async def _attach(caller: _Caller, request: ClientRequest) -> AccessToken:
    headers, token = caller._cached_authorization() or await caller._authorize_async()
    request.headers.update(headers)
    return token


def _can_be_sent_again(request: ClientRequest) -> bool:
    body = request.body
    return isinstance(body, (bytes, BytesPayload))
