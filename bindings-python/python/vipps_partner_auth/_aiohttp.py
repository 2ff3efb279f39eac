"""Headers for ``aiohttp``."""

from __future__ import annotations

from aiohttp import BytesPayload, ClientConnectionError, ConnectionTimeoutError

from ._adapters import raised_as
from ._errors import VippsAuthError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import ClientRequest, ClientResponse

    from ._client import Authorization, Caller

    Handler = Callable[[ClientRequest], Awaitable[ClientResponse]]
    Middleware = Callable[[ClientRequest, Handler], Awaitable[ClientResponse]]


def middleware(caller: Caller) -> Middleware:
    """Attaches fresh headers to requests for Vipps, and to no others; repeats a request once whose token was refused.

    The client asks again for each redirect, so that none of the headers go to another host. Its ``total`` timeout holds
    for the token, too.
    """

    async def authorize(request: ClientRequest, handler: Handler) -> ClientResponse:
        url = str(request.url)
        if not caller.covers(url):
            caller.headers_withheld(url)
            return await handler(request)
        with raised_as((ClientConnectionError, ConnectionTimeoutError)):
            sent = await caller.authorization_async()
        request.headers.update(sent.headers)
        response = await handler(request)
        _note(caller, request, response, sent)
        # A middleware after this one may have sent another token.
        if response.status != 401 or not sent.is_in(request.headers):
            return response
        authorization = await _another(caller, sent)
        if authorization is None or not _can_be_sent_again(request):
            return response
        response.release()
        request.headers.update(authorization.headers)
        response = await handler(request)
        _note(caller, request, response, authorization)
        return response

    return authorize


def _note(caller: Caller, request: ClientRequest, response: ClientResponse, sent: Authorization) -> None:
    if sent.is_in(request.headers):
        caller.answered(response.status, response.headers.get("content-type"))


async def _another(caller: Caller, sent: Authorization) -> Authorization | None:
    """Other headers; without another token the 401 stands."""
    try:
        return await caller.refused_async(sent.token)
    except VippsAuthError:
        return None


def _can_be_sent_again(request: ClientRequest) -> bool:
    body = request.body
    # What may be changed meanwhile, such as a bytearray, is not the same for sure.
    return isinstance(body, bytes) or (isinstance(body, BytesPayload) and isinstance(body._value, bytes))
