"""The handles: each call that may wait comes as a method, and as ``…_async`` for an event loop."""

from __future__ import annotations

from . import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta
    from typing import Any

    from typing_extensions import Unpack

    from ._aio import Flights
    from ._aiohttp import Middleware
    from ._httpx import VippsAuth as HttpxAuth
    from ._requests import VippsAuth as RequestsAuth
    from ._types import BackchannelOptions, Expect, LoginOptions


def _get_ready() -> None:
    """Imports what events need, on a thread of the program's own and not with the package, which would be slow."""
    from . import _events as _


class _Caller:
    """What a partner and a merchant have in common: headers, and adapters for HTTP clients."""

    __slots__ = ()

    if TYPE_CHECKING:

        def cached_headers(self) -> dict[str, str] | None: ...
        def _authorization(self) -> _native.Call[tuple[dict[str, str], _native.AccessToken]]: ...
        def _cached_authorization(self) -> tuple[dict[str, str], _native.AccessToken] | None: ...
        @property
        def _partner(self) -> Partner: ...

    async def headers_async(self) -> dict[str, str]:
        """``headers()`` for an event loop, which never blocks it."""
        headers = self.cached_headers()
        if headers is None:
            return (await self._authorize_async())[0]
        return headers

    def _authorize(self) -> tuple[dict[str, str], _native.AccessToken]:
        return self._cached_authorization() or self._authorization().wait()

    async def _authorize_async(self) -> tuple[dict[str, str], _native.AccessToken]:
        from ._aio import authorize

        return await authorize(self)

    def requests_auth(self) -> RequestsAuth:
        """For ``requests``: hand it in as ``auth``."""
        from ._requests import VippsAuth

        return VippsAuth(self)

    def httpx_auth(self) -> HttpxAuth:
        """For ``httpx`` and ``httpx2``, sync and async: hand it in as ``auth``."""
        from ._httpx import auth

        return auth(self)

    def aiohttp_middleware(self) -> Middleware:
        """For ``aiohttp`` 3.12 and newer: hand it in among the ``middlewares``."""
        from ._aiohttp import middleware

        return middleware(self)


class Partner(_native.Partner, _Caller):
    """One set of keys at work. Build one per set of keys and keep it: it holds the token.

    ``environment`` is ``production``, ``test``, a base URL or an ``Environment``. All other settings are optional:
    ``connect_timeout``, ``request_timeout``, ``deadline``, ``leeway`` and ``stale_keys_for`` (seconds or ``timedelta``),
    ``ca_pem``, ``redis_url`` and ``redis_ca_pem`` (a token for many processes), ``basic_encoding`` and
    ``login_basic_encoding`` (``raw`` or ``form``), ``login_auth_method`` (``client_secret_basic`` or
    ``client_secret_post``), ``allow_partner_keys_in_test``, ``trusted_origins``, ``on_event`` (called with each
    ``Event``, on another thread) and ``clock`` (a ``ManualClock``, for tests).
    """

    __slots__ = ("_flights",)

    if TYPE_CHECKING:
        _flights: Flights
    else:

        def __init__(self, keys: object, system: object, **settings: object) -> None:
            _get_ready()

    @property
    def _partner(self) -> Partner:
        return self

    def merchant(self, msn: str) -> Merchant:
        """The same keys, bound to one merchant. Keep the handle: it holds the finished headers."""
        return Merchant(self, msn)

    def access_token(self) -> _native.AccessToken:
        """The token by itself, for clients that build headers on their own."""
        return self._access_token().wait()

    async def access_token_async(self) -> _native.AccessToken:
        """``access_token()`` for an event loop."""
        from ._aio import run

        return await run(self._access_token())


class Merchant(_native.Merchant, _Caller):
    """A ``Partner`` bound to one merchant."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def partner(self) -> Partner: ...

    @property
    def _partner(self) -> Partner:
        return self.partner

    def login(self, redirect_uri: str) -> Login:
        """Login in the browser, with this ``redirect_uri``: the very text that is registered in the portal."""
        return Login(self, redirect_uri)

    def backchannel(self) -> Backchannel:
        """Login from a phone number. Not for web pages or apps: Vipps forbids it there."""
        return Backchannel(self)

    async def verify_id_token_async(self, jwt: str, **expect: Unpack[Expect]) -> _native.IdTokenClaims:
        """``verify_id_token()`` for an event loop."""
        claims = self.verify_id_token_cached(jwt, **expect)
        if claims is None:
            from ._aio import run

            return await run(self._verify_id_token(jwt, **expect))
        return claims


class IdTokenVerifier(_native.IdTokenVerifier):
    """Checks ID tokens. Needs no credentials, so it can live where keys must never be.

    ``environment`` is as for a ``Partner``. With ``jwks``, a key set as JSON text or dict, it works offline. The other
    settings are those of a ``Partner`` that have to do with keys and time.
    """

    __slots__ = ()

    if not TYPE_CHECKING:

        def __init__(self, environment: object = None, *, jwks: object = None, **settings: object) -> None:
            _get_ready()

    async def verify_async(self, jwt: str, msn: str, **expect: Unpack[Expect]) -> _native.IdTokenClaims:
        """``verify()`` for an event loop."""
        claims = self.verify_cached(jwt, msn, **expect)
        if claims is None:
            from ._aio import run

            return await run(self._verify(jwt, msn, **expect))
        return claims


class Login(_native.Login):
    """Login in the browser for one merchant and one ``redirect_uri``. Cheap to make; keep it or not."""

    __slots__ = ()

    def start(self, scopes: Iterable[str], **options: Unpack[LoginOptions]) -> _native.LoginRequest:
        """Makes a request for these scopes, ``openid`` among them.

        ``market`` is ``NO``, ``DK``, ``FI`` or ``SE``; ``acr_values`` says how sure Vipps must be; ``requested_flow``,
        ``app_callback_uri`` and ``final_redirect_is_app`` are for apps.
        """
        return self._start(scopes, **options).wait()

    async def start_async(self, scopes: Iterable[str], **options: Unpack[LoginOptions]) -> _native.LoginRequest:
        """``start()`` for an event loop."""
        from ._aio import run

        return await run(self._start(scopes, **options))

    def finish(self, callback_url: str, request: _native.LoginRequest) -> _native.LoginResult:
        """Ends a login: checks the callback, exchanges the code, checks the ID token.

        ``callback_url`` is what the browser came back with, whole or only its path and query. While an error is
        ``retryable`` the same call may be made again; after all others start a new login.
        """
        return self._finish(callback_url, request).wait()

    async def finish_async(self, callback_url: str, request: _native.LoginRequest) -> _native.LoginResult:
        """``finish()`` for an event loop."""
        from ._aio import run

        return await run(self._finish(callback_url, request))

    def userinfo(self, result: _native.LoginResult) -> _native.Userinfo:
        """Asks who the person is. Possible for about ten minutes after the login."""
        return self._userinfo(result).wait()

    async def userinfo_async(self, result: _native.LoginResult) -> _native.Userinfo:
        """``userinfo()`` for an event loop."""
        from ._aio import run

        return await run(self._userinfo(result))


class Backchannel(_native.Backchannel):
    """Login from a phone number for one merchant. Cheap to make; keep it or not."""

    __slots__ = ()

    def user_exists(self, msisdn: str) -> bool | None:
        """Whether a person with this phone number can be asked; ``None`` where Vipps does not offer to tell."""
        return self._user_exists(msisdn).wait()

    async def user_exists_async(self, msisdn: str) -> bool | None:
        """``user_exists()`` for an event loop."""
        from ._aio import run

        return await run(self._user_exists(msisdn))

    def start(
        self, login_hint: str, scopes: Iterable[str], **options: Unpack[BackchannelOptions]
    ) -> _native.PendingLogin:
        """Asks a person to log in. ``login_hint`` is ``urn:msisdn:`` and a phone number with country code.

        ``binding_message`` is shown on both devices; ``requested_expiry`` is how long the person may take (seconds or
        ``timedelta``); with a ``redirect_uri`` the login ends on a web page in the phone's browser.
        """
        return self._start(login_hint, scopes, **options).wait()

    async def start_async(
        self, login_hint: str, scopes: Iterable[str], **options: Unpack[BackchannelOptions]
    ) -> _native.PendingLogin:
        """``start()`` for an event loop."""
        from ._aio import run

        return await run(self._start(login_hint, scopes, **options))

    def poll(self, pending: _native.PendingLogin) -> _native.LoginResult | None:
        """Asks once whether the person has decided; ``None`` while they have not, or while it is too early to ask."""
        return self._poll(pending).wait()

    async def poll_async(self, pending: _native.PendingLogin) -> _native.LoginResult | None:
        """``poll()`` for an event loop."""
        from ._aio import run

        return await run(self._poll(pending))

    def wait(self, pending: _native.PendingLogin, *, timeout: float | timedelta) -> _native.LoginResult | None:
        """Polls at the pace Vipps wants until the person has decided; ``None`` when ``timeout`` is over first.

        The login goes on then, and so it does after Ctrl-C: call again with the same ``pending``.
        """
        return self._wait(pending, timeout).wait()

    async def wait_async(
        self, pending: _native.PendingLogin, *, timeout: float | timedelta
    ) -> _native.LoginResult | None:
        """``wait()`` for an event loop. It may be cancelled; the login goes on."""
        from ._aio import run

        return await run(self._wait(pending, timeout))

    def finish_ping(self, body: str, pending: _native.PendingLogin) -> _native.LoginResult | None:
        """Asks once because the webhook said so, whatever the interval; ``None`` if nobody has decided after all."""
        return self._finish_ping(body, pending).wait()

    async def finish_ping_async(self, body: str, pending: _native.PendingLogin) -> _native.LoginResult | None:
        """``finish_ping()`` for an event loop."""
        from ._aio import run

        return await run(self._finish_ping(body, pending))

    def finish_redirect(self, callback_url: str, pending: _native.PendingLogin) -> _native.LoginResult:
        """Ends a login of the redirect variant with what the phone's browser came to."""
        return self._finish_redirect(callback_url, pending).wait()

    async def finish_redirect_async(self, callback_url: str, pending: _native.PendingLogin) -> _native.LoginResult:
        """``finish_redirect()`` for an event loop."""
        from ._aio import run

        return await run(self._finish_redirect(callback_url, pending))

    def userinfo(self, result: _native.LoginResult) -> _native.Userinfo:
        """Asks who the person is. Possible for about ten minutes after the login."""
        return self._userinfo(result).wait()

    async def userinfo_async(self, result: _native.LoginResult) -> _native.Userinfo:
        """``userinfo()`` for an event loop."""
        from ._aio import run

        return await run(self._userinfo(result))
