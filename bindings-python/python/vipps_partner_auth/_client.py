"""The handles: each call that may wait comes as a method, and as ``…_async`` for an event loop."""

from __future__ import annotations

from . import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
    from typing import Any

    from typing_extensions import Unpack

    from ._aio import Flights
    from ._aiohttp import Middleware
    from ._doctor import DoctorReport
    from ._httpx import VippsAuth as HttpxAuth
    from ._requests import VippsAuth as RequestsAuth
    from ._told import MerchantCheck, SalesUnit, SalesUnitChanges, SalesUnitStatus
    from .types import BackchannelOptions, Expect, Keys, LoginOptions, OtherSettings, Settings, Span

    _Pair = tuple[dict[str, str], _native.AccessToken]
else:
    _Pair = tuple


def _get_ready() -> None:
    """Imports what events need, on a thread of the program's own and not with the package, which would be slow."""
    from . import _events as _


class Authorization(_Pair):
    """Headers, and the token that is in them: ``headers, token = shop.authorization()``. ``repr`` shows neither."""

    __slots__ = ()

    @property
    def headers(self) -> dict[str, str]:
        """All headers of the call; the dict is the caller's own."""
        return self[0]

    @property
    def token(self) -> _native.AccessToken:
        """The token, to be named when an API refuses it."""
        return self[1]

    def is_in(self, headers: Mapping[str, Any]) -> bool:
        """Whether these headers, as they were sent, carry the token: a 401 to another one says nothing about it."""
        return any(self.token.secret in str(value) for value in headers.values())

    def __repr__(self) -> str:
        return "Authorization(...)"

    def __reduce__(self) -> str:
        raise TypeError("cannot pickle Authorization: it holds a token; let each process ask for its own")


class Caller:
    """A ``Partner`` or a ``Merchant``: what an adapter for an HTTP client needs, and the adapters there are."""

    __slots__ = ()

    if TYPE_CHECKING:

        def headers(self, *, timeout: Span | None = None) -> dict[str, str]:
            """All headers of a call, fetching a token where none is at hand. Blocks the thread meanwhile."""

        def cached_headers(self) -> dict[str, str] | None:
            """The same headers at once; ``None`` when a token must be fetched first."""

        def _authorization(self) -> _native.Call[_Pair]: ...
        def _cached_authorization(self) -> _Pair | None: ...
        def _refused(self, token: _native.AccessToken) -> _native.Call[_Pair]: ...
        @property
        def partner(self) -> Partner:
            """The ``Partner`` that this is or belongs to."""

    async def headers_async(self, *, timeout: Span | None = None) -> dict[str, str]:
        """``headers()`` for an event loop, which never blocks it."""
        headers = self.cached_headers()
        if headers is None:
            return (await self.authorization_async(timeout=timeout)).headers
        return headers

    def authorization(self, *, timeout: Span | None = None) -> Authorization:
        """``headers()`` together with the token that is in them, for adapters."""
        return Authorization(self._cached_authorization() or self._authorization().wait(timeout))

    async def authorization_async(self, *, timeout: Span | None = None) -> Authorization:
        """``authorization()`` for an event loop."""
        known = self._cached_authorization()
        if known is not None:
            return Authorization(known)
        from ._aio import authorize

        return await authorize(self, timeout)

    def refused(self, token: _native.AccessToken, *, timeout: Span | None = None) -> Authorization:
        """An API answered 401 to a call that carried this token: brings other headers, for one more try.

        Call it also where the call can't be made again, for the sake of the next one. Raises a ``VippsAuthError`` where
        there is no other token: then the 401 stands.
        """
        return Authorization(self._refused(token).wait(timeout))

    async def refused_async(
        self, token: _native.AccessToken, *, timeout: Span | None = None
    ) -> Authorization:
        """``refused()`` for an event loop."""
        from ._aio import run

        return Authorization(await run(self._refused(token), timeout))

    def covers(self, url: str) -> bool:
        """Whether headers may be sent to this URL. Adapters must ask before they attach headers."""
        return self.partner.covers(url)

    def headers_withheld(self, url: str) -> None:
        """For adapters, of a call that ``covers`` refuses: tells it as an event, once for each other host."""
        self.partner.headers_withheld(url)

    def may_follow(self, from_url: str, to_url: str) -> bool:
        """Whether headers that were sent to the one URL may go along to the other on a redirect."""
        return self.partner.may_follow(from_url, to_url)

    def answered(self, status: int, content_type: str | None = None) -> None:
        """For adapters: tells what an API answered to a call with these headers.

        The first 403 of a merchant whose calls had worked is told as an event then, ``merchant_forbidden``; a 403 that is no
        JSON says nothing of the merchant. For a ``Partner`` itself it does nothing.
        """

    def requests_auth(self) -> RequestsAuth:
        """For ``requests``: hand it in as ``auth``, of a session or of one call."""
        from ._requests import VippsAuth

        return VippsAuth(self)

    def httpx_auth(self) -> HttpxAuth:
        """For ``httpx`` and ``httpx2``, sync and async: hand it in as ``auth``, of a client or of one call."""
        from ._httpx import auth

        return auth(self)

    def aiohttp_middleware(self) -> Middleware:
        """For ``aiohttp`` 3.12 and newer: hand it in among the ``middlewares``, of a session or of one call."""
        from ._aiohttp import middleware

        return middleware(self)


def _units(json: str) -> list[SalesUnit]:
    from ._told import SalesUnit

    return [SalesUnit(unit) for unit in _read(json)]


def _status(json: str) -> SalesUnitStatus:
    from ._told import SalesUnitStatus

    return SalesUnitStatus(_read(json))


def _changes(json: str) -> SalesUnitChanges:
    from ._told import SalesUnitChanges

    return SalesUnitChanges(_read(json))


def _checked(json: str) -> MerchantCheck:
    from ._told import MerchantCheck

    return MerchantCheck(_read(json))


def _read(text: str) -> Any:
    import json

    return json.loads(text)


class _Signature:
    """What ``help`` shows of a constructor, each setting by its name. Made only when somebody asks."""

    def __init__(self, settings: str) -> None:
        self._settings = settings

    def __get__(self, _instance: object, owner: type[Any]) -> Any:
        from inspect import Parameter, signature

        from . import types

        if owner.__module__ != __package__:
            raise AttributeError("a subclass may take other arguments")
        own = signature(owner.__init__)
        given = [parameter for parameter in own.parameters.values() if parameter.kind is not Parameter.VAR_KEYWORD]
        settings = getattr(types, self._settings).__annotations__
        named = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=kind.__forward_arg__)
            for name, kind in settings.items()
        ]
        return own.replace(parameters=[*given[1:], *named], return_annotation=Parameter.empty)


class Partner(_native.Partner, Caller):
    """One set of keys at work. Build one per set of keys and keep it: it holds the token.

    All settings are optional; each is described at ``vipps_partner_auth.types.Settings``. A wrong one raises
    ``InvalidConfigError`` and is named.
    """

    __slots__ = ("_flights",)

    if TYPE_CHECKING:
        _flights: Flights
    else:
        __signature__ = _Signature("Settings")

    def __init__(self, keys: Keys, system: _native.SystemInfo, **settings: Unpack[Settings]) -> None:
        _get_ready()

    @property
    def partner(self) -> Partner:
        """The partner itself."""
        return self

    def merchant(self, msn: str) -> Merchant:
        """The same keys, bound to one merchant. Keep the handle: it holds the finished headers."""
        return Merchant(self, msn)

    def sales_units(self, *, timeout: Span | None = None) -> list[SalesUnit]:
        """The sales units that these keys can act for, the whole list at once.

        From the second call on, what differs from the list before is told as the events ``merchant_connected`` and
        ``merchant_gone``. The test environment has no Management API, which this asks.
        """
        return _units(self._sales_units().wait(timeout))

    async def sales_units_async(self, *, timeout: Span | None = None) -> list[SalesUnit]:
        """``sales_units()`` for an event loop."""
        from ._aio import run

        return _units(await run(self._sales_units(), timeout))

    def sales_units_of(self, scheme: str, id: str, *, timeout: Span | None = None) -> list[SalesUnit]:
        """Those of one merchant, by its number in a register of businesses, such as ``NO:ORG`` and nine digits."""
        return _units(self._sales_units_of(scheme, id).wait(timeout))

    async def sales_units_of_async(self, scheme: str, id: str, *, timeout: Span | None = None) -> list[SalesUnit]:
        """``sales_units_of()`` for an event loop."""
        from ._aio import run

        return _units(await run(self._sales_units_of(scheme, id), timeout))

    def sales_unit(self, msn: str, *, timeout: Span | None = None) -> SalesUnitStatus:
        """Whether these keys can act for one sales unit, and what Vipps says of it."""
        return _status(self._sales_unit(msn).wait(timeout))

    async def sales_unit_async(self, msn: str, *, timeout: Span | None = None) -> SalesUnitStatus:
        """``sales_unit()`` for an event loop."""
        from ._aio import run

        return _status(await run(self._sales_unit(msn), timeout))

    def sales_unit_changes(self, known: Iterable[str], *, timeout: Span | None = None) -> SalesUnitChanges:
        """The list beside the MSNs that your records hold: what is new, and what is gone. Tells both as events."""
        return _changes(self._sales_unit_changes(known).wait(timeout))

    async def sales_unit_changes_async(self, known: Iterable[str], *, timeout: Span | None = None) -> SalesUnitChanges:
        """``sales_unit_changes()`` for an event loop."""
        from ._aio import run

        return _changes(await run(self._sales_unit_changes(known), timeout))

    def check(self, msn: str, *, timeout: Span | None = None) -> MerchantCheck:
        """Looks whether a merchant is ready to be served, such as when it is added: token, clock, connection, Login.

        Changes nothing at Vipps; of Login it asks for the tokens of a code that nobody was given, which is refused. What it
        finds is data and no error.
        """
        return _checked(self._check(msn).wait(timeout))

    async def check_async(self, msn: str, *, timeout: Span | None = None) -> MerchantCheck:
        """``check()`` for an event loop."""
        from ._aio import run

        return _checked(await run(self._check(msn), timeout))

    def access_token(self, *, timeout: Span | None = None) -> _native.AccessToken:
        """The token by itself, for clients that build headers on their own."""
        return self._access_token().wait(timeout)

    async def access_token_async(self, *, timeout: Span | None = None) -> _native.AccessToken:
        """``access_token()`` for an event loop."""
        from ._aio import run

        return await run(self._access_token(), timeout)

    def doctor(
        self,
        *,
        msns: Iterable[str] = (),
        redirect_uri: str | None = None,
        offline: bool = False,
        timeout: Span | None = None,
    ) -> DoctorReport:
        """Looks whether everything is as it must be: keys, network, clock, token, key set, sales units, Redis.

        Raises nothing for what it finds: that is in the report. Changes nothing at Vipps. ``msns`` are sales units that must
        be connected, ``redirect_uri`` that of Login; ``offline`` looks at the settings alone.
        """
        from ._doctor import DoctorReport

        return DoctorReport(self._doctor(msns, redirect_uri, offline).wait(timeout))

    async def doctor_async(
        self,
        *,
        msns: Iterable[str] = (),
        redirect_uri: str | None = None,
        offline: bool = False,
        timeout: Span | None = None,
    ) -> DoctorReport:
        """``doctor()`` for an event loop."""
        from ._aio import run
        from ._doctor import DoctorReport

        return DoctorReport(await run(self._doctor(msns, redirect_uri, offline), timeout))

    def replace_keys(self, keys: Keys, *, timeout: Span | None = None) -> None:
        """Puts other keys in the place of those in use: of the same kind, and for the same sales unit and scope.

        They are tried first. Until Vipps has given a token for them, and where it gives none, everything stays as it was;
        then keys and token change at one moment, for all merchants of this partner. Raises what ``headers`` raises, and
        ``InvalidConfigError`` for keys that can't take the place of those in use.
        """
        self._replace_keys(keys).wait(timeout)

    async def replace_keys_async(self, keys: Keys, *, timeout: Span | None = None) -> None:
        """``replace_keys()`` for an event loop."""
        from ._aio import run

        await run(self._replace_keys(keys), timeout)


class Merchant(_native.Merchant, Caller):
    """A ``Partner`` bound to one merchant."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def partner(self) -> Partner:
            """The ``Partner`` that this merchant was made from."""

    def login(self, redirect_uri: str) -> Login:
        """Login in the browser, with this ``redirect_uri``: the very text that is registered in the portal."""
        return Login(self, redirect_uri)

    def backchannel(self) -> Backchannel:
        """Login from a phone number. Not for web pages or apps: Vipps forbids it there."""
        return Backchannel(self)

    async def verify_id_token_async(
        self, jwt: str, *, timeout: Span | None = None, **expect: Unpack[Expect]
    ) -> _native.IdTokenClaims:
        """``verify_id_token()`` for an event loop."""
        claims = self.verify_id_token_cached(jwt, **expect)
        if claims is None:
            from ._aio import run

            return await run(self._verify_id_token(jwt, **expect), timeout)
        return claims


class IdTokenVerifier(_native.IdTokenVerifier):
    """Checks ID tokens. Needs no credentials, so it can live where keys must never be.

    ``environment`` is as for a ``Partner``. With ``jwks``, a key set as JSON text or dict, it works offline. The other
    settings are those of a ``Partner`` that have to do with keys and time.
    """

    __slots__ = ()

    if not TYPE_CHECKING:
        __signature__ = _Signature("OtherSettings")

    def __init__(
        self,
        environment: str | _native.Environment | None = None,
        *,
        jwks: str | dict[str, Any] | None = None,
        **settings: Unpack[OtherSettings],
    ) -> None:
        _get_ready()

    async def verify_async(
        self, jwt: str, msn: str, *, timeout: Span | None = None, **expect: Unpack[Expect]
    ) -> _native.IdTokenClaims:
        """``verify()`` for an event loop."""
        claims = self.verify_cached(jwt, msn, **expect)
        if claims is None:
            from ._aio import run

            return await run(self._verify(jwt, msn, **expect), timeout)
        return claims


class Login(_native.Login):
    """Login in the browser for one merchant and one ``redirect_uri``. Cheap to make; keep it or not."""

    __slots__ = ()

    def start(
        self, scopes: Iterable[str], *, timeout: Span | None = None, **options: Unpack[LoginOptions]
    ) -> _native.LoginRequest:
        """Makes a request for these scopes, ``openid`` among them.

        ``market`` is ``NO``, ``DK``, ``FI`` or ``SE``; ``acr_values`` says how sure Vipps must be; ``requested_flow``,
        ``app_callback_uri`` and ``final_redirect_is_app`` are for apps.
        """
        return self._start(scopes, **options).wait(timeout)

    async def start_async(
        self, scopes: Iterable[str], *, timeout: Span | None = None, **options: Unpack[LoginOptions]
    ) -> _native.LoginRequest:
        """``start()`` for an event loop."""
        from ._aio import run

        return await run(self._start(scopes, **options), timeout)

    def finish(
        self, callback_url: str, request: _native.LoginRequest, *, timeout: Span | None = None
    ) -> _native.LoginResult:
        """Ends a login: checks the callback, exchanges the code, checks the ID token.

        ``callback_url`` is what the browser came back with, whole or only its path and query. While an error is
        ``retryable`` the same call may be made again; after all others start a new login.
        """
        return self._finish(callback_url, request).wait(timeout)

    async def finish_async(
        self, callback_url: str, request: _native.LoginRequest, *, timeout: Span | None = None
    ) -> _native.LoginResult:
        """``finish()`` for an event loop."""
        from ._aio import run

        return await run(self._finish(callback_url, request), timeout)

    def userinfo(self, result: _native.LoginResult, *, timeout: Span | None = None) -> _native.Userinfo:
        """Asks who the person is. Possible for about ten minutes after the login."""
        return self._userinfo(result).wait(timeout)

    async def userinfo_async(self, result: _native.LoginResult, *, timeout: Span | None = None) -> _native.Userinfo:
        """``userinfo()`` for an event loop."""
        from ._aio import run

        return await run(self._userinfo(result), timeout)


class Backchannel(_native.Backchannel):
    """Login from a phone number for one merchant. Cheap to make; keep it or not."""

    __slots__ = ()

    def user_exists(self, msisdn: str, *, timeout: Span | None = None) -> bool | None:
        """Whether a person with this phone number can be asked; ``None`` where Vipps does not offer to tell."""
        return self._user_exists(msisdn).wait(timeout)

    async def user_exists_async(self, msisdn: str, *, timeout: Span | None = None) -> bool | None:
        """``user_exists()`` for an event loop."""
        from ._aio import run

        return await run(self._user_exists(msisdn), timeout)

    def start(
        self,
        login_hint: str,
        scopes: Iterable[str],
        *,
        timeout: Span | None = None,
        **options: Unpack[BackchannelOptions],
    ) -> _native.PendingLogin:
        """Asks a person to log in. ``login_hint`` is ``urn:msisdn:`` and a phone number with country code.

        ``binding_message`` is shown on both devices; ``requested_expiry`` is how long the person may take (seconds or
        ``timedelta``); with a ``redirect_uri`` the login ends on a web page in the phone's browser.
        """
        return self._start(login_hint, scopes, **options).wait(timeout)

    async def start_async(
        self,
        login_hint: str,
        scopes: Iterable[str],
        *,
        timeout: Span | None = None,
        **options: Unpack[BackchannelOptions],
    ) -> _native.PendingLogin:
        """``start()`` for an event loop."""
        from ._aio import run

        return await run(self._start(login_hint, scopes, **options), timeout)

    def poll(self, pending: _native.PendingLogin, *, timeout: Span | None = None) -> _native.LoginResult | None:
        """Asks once whether the person has decided; ``None`` while they have not, or while it is too early to ask."""
        return self._poll(pending).wait(timeout)

    async def poll_async(
        self, pending: _native.PendingLogin, *, timeout: Span | None = None
    ) -> _native.LoginResult | None:
        """``poll()`` for an event loop."""
        from ._aio import run

        return await run(self._poll(pending), timeout)

    def wait(self, pending: _native.PendingLogin, *, timeout: Span | None = None) -> _native.LoginResult | None:
        """Polls at the pace Vipps wants until the person has decided; ``None`` when ``timeout`` is over first, which is the
        life of the login when missing.

        The login goes on then, and so it does after Ctrl-C: call again with the same ``pending``.
        """
        return self._wait(pending, timeout).wait()

    async def wait_async(
        self, pending: _native.PendingLogin, *, timeout: Span | None = None
    ) -> _native.LoginResult | None:
        """``wait()`` for an event loop. It may be cancelled; the login goes on."""
        from ._aio import run

        return await run(self._wait(pending, timeout))

    def states(self, pending: _native.PendingLogin) -> Iterator[_native.BackchannelState]:
        """The states of a login, one for each time that Vipps is asked, at the pace Vipps wants, until it is complete.

        Each step waits until Vipps was asked. Fails as ``wait()`` does. The login goes on when nobody asks for the next state.
        """
        while True:
            state = self._next_state(pending).wait()
            yield state
            if state.result is not None:
                return

    async def states_async(self, pending: _native.PendingLogin) -> AsyncIterator[_native.BackchannelState]:
        """``states()`` for an event loop: ``async for state in phone.states_async(pending)``."""
        from ._aio import run

        while True:
            state = await run(self._next_state(pending))
            yield state
            if state.result is not None:
                return

    def finish_webhook(
        self, webhook: _native.VerifiedWebhook, pending: _native.PendingLogin, *, timeout: Span | None = None
    ) -> _native.LoginResult | None:
        """Asks once because a webhook said so, whatever the interval; ``None`` if nobody has decided after all.

        ``webhook.ping()`` says which login it is about.
        """
        return self._finish_webhook(webhook, pending).wait(timeout)

    async def finish_webhook_async(
        self, webhook: _native.VerifiedWebhook, pending: _native.PendingLogin, *, timeout: Span | None = None
    ) -> _native.LoginResult | None:
        """``finish_webhook()`` for an event loop."""
        from ._aio import run

        return await run(self._finish_webhook(webhook, pending), timeout)

    def finish_ping(
        self, body: str, pending: _native.PendingLogin, *, timeout: Span | None = None
    ) -> _native.LoginResult | None:
        """``finish_webhook()`` for the body alone, verified before: its signature is not looked at."""
        return self._finish_ping(body, pending).wait(timeout)

    async def finish_ping_async(
        self, body: str, pending: _native.PendingLogin, *, timeout: Span | None = None
    ) -> _native.LoginResult | None:
        """``finish_ping()`` for an event loop."""
        from ._aio import run

        return await run(self._finish_ping(body, pending), timeout)

    def finish_redirect(
        self, callback_url: str, pending: _native.PendingLogin, *, timeout: Span | None = None
    ) -> _native.LoginResult:
        """Ends a login of the redirect variant with what the phone's browser came to."""
        return self._finish_redirect(callback_url, pending).wait(timeout)

    async def finish_redirect_async(
        self, callback_url: str, pending: _native.PendingLogin, *, timeout: Span | None = None
    ) -> _native.LoginResult:
        """``finish_redirect()`` for an event loop."""
        from ._aio import run

        return await run(self._finish_redirect(callback_url, pending), timeout)

    def userinfo(self, result: _native.LoginResult, *, timeout: Span | None = None) -> _native.Userinfo:
        """Asks who the person is. Possible for about ten minutes after the login."""
        return self._userinfo(result).wait(timeout)

    async def userinfo_async(self, result: _native.LoginResult, *, timeout: Span | None = None) -> _native.Userinfo:
        """``userinfo()`` for an event loop."""
        from ._aio import run

        return await run(self._userinfo(result), timeout)
