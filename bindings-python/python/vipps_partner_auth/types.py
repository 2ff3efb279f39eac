"""Types for annotations: what the package takes as named arguments, and the words it knows.

The package itself never imports this module; a program does, where it passes such things on:

    from vipps_partner_auth.types import Caller, LoginOptions, Settings
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Literal, Protocol, TypedDict, Union

from ._client import Authorization, Caller
from ._doctor import DoctorFinding, DoctorReport
from ._native import Environment, Event, ManualClock, PartnerKeys, PspKeys, SalesUnitKeys, SpecializedKeys
from ._own import TransportReply, TransportRequest

__all__ = [
    "Authorization",
    "BackchannelOptions",
    "BasicEncoding",
    "Caller",
    "DoctorFinding",
    "DoctorReport",
    "EventHandler",
    "Expect",
    "Flow",
    "KeySource",
    "Keys",
    "LoginAuthMethod",
    "LoginOptions",
    "Market",
    "OtherSettings",
    "RequestedFlow",
    "Settings",
    "Span",
    "TokenCache",
    "Transport",
    "WebhookBody",
    "WebhookHeaders",
    "WebhookSecrets",
]

Span = Union[float, timedelta]
"""A length of time: seconds, or a ``timedelta``. Zero or more."""

Keys = Union[PartnerKeys, SalesUnitKeys, SpecializedKeys, PspKeys]
"""Keys of any kind."""

Flow = Literal["browser", "backchannel", "backchannel_redirect"]
"""The login an ID token comes from."""

Market = Literal["NO", "DK", "FI", "SE"]
"""The country whose app the person is expected to have."""

RequestedFlow = Literal["app_to_app_v2", "app_to_app", "automatic_return_from_vipps_app"]
"""How a login between apps goes."""

BasicEncoding = Literal["raw", "form"]
"""How the parts of ``Authorization: Basic`` are written: as they are, or form-encoded first (RFC 6749, 2.3.1)."""

LoginAuthMethod = Literal["client_secret_basic", "client_secret_post"]
"""How Login's token endpoint is told who asks, as it is registered in the portal."""

EventHandler = Callable[[Event], object]
"""What ``on_event`` takes: a plain function."""

KeySource = Callable[[], Union[Keys, Awaitable[Keys]]]
"""What ``key_source`` takes: a plain function or a coroutine function, called on a thread of its own."""


class Transport(Protocol):
    """What ``transport`` takes: an object that sends every request of the library with an HTTP client of its own."""

    def send(self, request: TransportRequest, /) -> TransportReply | Awaitable[TransportReply]:
        """Sends one request as it is and brings the reply, of whatever status: no redirects, no second tries, no cookies.

        A plain function is called on a thread of its own for each request, so several may run at once; what a coroutine
        function begins runs in one event loop, and is cancelled when ``request.timeout`` is over. It must raise
        ``NotSentError`` only where the request has certainly not reached the server. What it raises is logged with its
        traceback; the error of the call names no more than its type.
        """
        ...


class TokenCache(Protocol):
    """What ``token_cache`` takes: a store that processes share. Values are sealed: who reads it can read no token.

    The clients of Memcached have these methods, and so has Django's cache. Arguments are given by position; ``ttl`` is in
    whole seconds, and what is older counts as not there. Called on one thread, one call at a time; what coroutine functions
    begin runs in one event loop. No call of yours waits for it longer than a second, and none fails by it: what it raises
    is logged, and told as the event ``cache_failed``.
    """

    def get(self, name: str, /) -> bytes | Awaitable[bytes | None] | None:
        """What is there under this name, at most 100 characters of ASCII."""
        ...

    def set(self, name: str, value: bytes, ttl: int, /) -> object:
        """Puts a value in the place of whatever was there."""
        ...

    def add(self, name: str, value: bytes, ttl: int, /) -> bool | Awaitable[bool]:
        """The same, but only where nothing is there, in one step: of many that try at once one is told ``True``."""
        ...

    def delete(self, name: str, /) -> object:
        """Drops what is there, if anything is."""
        ...


class _HasItems(Protocol):
    def items(self) -> Iterable[tuple[Any, Any]]: ...


WebhookSecrets = Union[Mapping[str, Union[str, Iterable[str]]], Iterable[tuple[str, str]]]
"""Secrets by ``Webhook-Id``; several for one id while a secret is rotated."""

WebhookHeaders = Union[_HasItems, Iterable[tuple[Union[str, bytes], Union[str, bytes]]]]
"""The headers of a request, as any web framework has them: a mapping, or pairs of name and value."""

WebhookBody = Union[bytes, bytearray, memoryview, str]
"""The raw body of a request. A text counts as its UTF-8."""


class Expect(TypedDict, total=False):
    """What an ID token must say besides the MSN. One that is ``None`` counts as not given; an empty text is refused."""

    # Generated from core/src/id_token.rs by `cargo run -p tests --bin make-settings`.
    flow: Flow | None
    """The flow that the token came out of: it decides which algorithms are good and which claims are required. Default:
    ``browser``."""
    nonce: str | None
    """The nonce that was sent with the request. Default: none; the token must hold none then."""
    client_id: str | None
    """The merchant's client id, where it is known: ``aud`` is checked as well then. Default: none; with sales unit keys
    their own."""
    access_token: str | None
    """The access token that came with the ID token: ``at_hash`` is checked then. Default: none."""
    acr: str | None
    """The ``acr_values`` that was asked for. Default: none."""
    auth_req_id: str | None
    """The id of the login by phone number that the token must name. Default: none; required for
    ``backchannel_redirect``."""
    # End of what is generated.


class LoginOptions(TypedDict, total=False):
    """What may differ from one login in the browser to the next."""

    # Generated from core/src/login/authorize.rs by `cargo run -p tests --bin make-settings`.
    market: Market | None
    """The country whose look the login page has. Default: none; Vipps chooses."""
    acr_values: str | None
    """How sure Vipps must be of the person, such as ``urn:vipps:acr:app_auth``. The ID token is refused unless its
    ``acr`` says the same. Default: none."""
    requested_flow: RequestedFlow | None
    """How a login goes that starts in an app. Default: none; the login is one of the browser."""
    app_callback_uri: str | None
    """Where the Vipps app switches back to, with a ``requested_flow`` from app to app. It must be registered as a
    ``redirect_uri`` is. Default: none."""
    final_redirect_is_app: bool | None
    """Whether the ``redirect_uri`` opens an app. Default: not said, which is false for Vipps."""
    # End of what is generated.


class BackchannelOptions(TypedDict, total=False):
    """What may differ from one login by phone number to the next."""

    # Generated from core/src/login/backchannel.rs by `cargo run -p tests --bin make-settings`.
    binding_message: str | None
    """A short code that both devices show, so that the person sees which login they confirm: 5 to 8 of ``A`` to ``Z``,
    ``0`` to ``9`` and hyphen. Default: none."""
    requested_expiry: Span | None
    """How long the person may take: 60 to 900 s, whole seconds. Default: none; Vipps chooses, about ten minutes."""
    redirect_uri: str | None
    """The web page in the phone's browser where the login ends, in the place of polling. Don't combine it with the
    webhook, which would use up the only exchange. Default: none; the login ends by polling."""
    # End of what is generated.


class OtherSettings(TypedDict, total=False):
    """Everything that can be set but the environment. One that is ``None`` counts as not given."""


    # Generated from core/src/settings.rs by `cargo run -p tests --bin make-settings`.
    connect_timeout: Span | None
    """Limit for a TCP and TLS handshake. Default: 5 s; more than 0, at most 1 h."""
    request_timeout: Span | None
    """Limit for one request, from connecting to the last byte. Default: 10 s; more than 0, at most 1 h."""
    deadline: Span | None
    """Limit for a whole fetch with its retries, while somebody waits. A caller who joins a renewal in flight may wait
    for that first, for one request at most. A shared cache has one second of its own, and waiting for what another
    process fetches takes 10 s at most, never more than this limit. Default: 30 s; more than 0, at most 1 h."""
    leeway: Span | None
    """How far the clocks of Vipps and this machine may differ when an ID token is checked. Default: 60 s; 0 to 300
    s."""
    stale_keys_for: Span | None
    """How long past their age Vipps' public keys are still used while it can't be reached. Longer survives longer
    outages and trusts a withdrawn key longer. Default: 4 h; 0 to 24 h."""
    ca_pem: str | bytes | None
    """A company's own certificate authorities (PEM), trusted besides the machine's. On Linux and other Unix systems
    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` are honoured without this; macOS and Windows have their own stores. A store
    of the language's runtime, such as the JVM's, is not read. Default: none."""
    proxy: str | None
    """The proxy for everything that leaves this machine, in the place of the proxy variables; ``direct`` for none. It
    looks like ``http://user:password@proxy.example:8080`` (``http``, ``https`` or ``socks5``), and stands for all proxy
    variables, ``NO_PROXY`` too. A value that can't be used is refused. Default: the variables ``https_proxy``,
    ``all_proxy`` and ``no_proxy``, small or in capitals."""
    redis_url: str | None
    """Where processes share their token: the URL of a Redis or Valkey. It looks like
    ``redis://[user:password@]host[:6379][/db]``, with TLS ``rediss://``, or ``redis+sentinel``, ``redis+cluster``,
    ``redis+unix``. A wrong URL is refused at once; a Redis that is out of reach costs an event and no call. Default:
    none."""
    redis_ca_pem: str | bytes | None
    """The authorities (PEM) that a ``rediss://`` server is checked against, instead of the machine's. Default: the
    machine's."""
    basic_encoding: BasicEncoding | None
    """How specialised keys are written in HTTP Basic at the token endpoint: as they are, or form-encoded first (RFC
    6749 section 2.3.1). Default: ``raw``."""
    login_basic_encoding: BasicEncoding | None
    """How sales unit keys are written in HTTP Basic at Login's token endpoint. Where Vipps refuses them, the other way
    is tried once. Servers of the kind that Vipps appears to run decode the parts. What works is remembered, and told as
    the event ``other_basic_encoding_used``. Default: ``form``."""
    backchannel_basic_encoding: BasicEncoding | None
    """How sales unit keys are written in HTTP Basic where a login by phone number starts, and where it is asked whether
    a user exists. Where Vipps refuses them, the other way is tried once. Vipps' own examples write them as they are.
    Default: ``raw``."""
    login_auth_method: LoginAuthMethod | None
    """How sales unit keys authenticate in Login, as the portal has it for that sales unit: in a header, or in the body.
    Default: ``client_secret_basic``."""
    allow_partner_keys_in_test: bool | None
    """Lets partner keys be used with the test environment, where Vipps refuses them. Default: false."""
    trusted_origins: Iterable[str] | None
    """More origins (``https://gateway.example``) that adapters may send headers to, besides the environment's own. The
    discovery document may place Login's endpoints and the keys of ID tokens there as well. Default: none."""
    # End of what is generated.
    on_event: EventHandler | None
    """Called with each ``Event``, on another thread. What it raises is logged."""
    key_source: KeySource | None
    """Called for the keys when Vipps refuses those in use, at most every 30 s, on another thread; where it is a coroutine
    function, in an event loop of its own. What it raises is logged, and the keys in use stay."""
    token_cache: TokenCache | None
    """Where processes share their token, in the place of ``redis_url``."""
    transport: Transport | None
    """What sends every request of the library, in the place of its own client. With it ``proxy`` is refused, and
    ``ca_pem`` and ``connect_timeout`` mean nothing."""
    clock: ManualClock | None
    """The time, for tests. Default: this machine's."""


class Settings(OtherSettings, total=False):
    """Everything that can be set."""

    # Generated from core/src/settings.rs by `cargo run -p tests --bin make-settings`.
    environment: str | Environment | None
    """Which Vipps to talk to: ``production``, ``test``, or a base URL such as the emulator's. Partner keys work in
    production alone. Default: ``production``."""
    # End of what is generated.
