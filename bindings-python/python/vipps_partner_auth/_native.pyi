"""The native half of the package. Private: import from ``vipps_partner_auth``."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Generic, Literal, TypeVar, final, overload

from typing_extensions import Self, Unpack, disjoint_base

from ._told import Agreement, FlowResult
from .types import Expect, Keys, OtherSettings, Settings, Span, WebhookBody, WebhookHeaders, WebhookSecrets

__all__ = [
    "APP_AUTH",
    "__version__",
    "end",
    "doctor_command",
    "check_keys",
    "fork_generation",
    "Backchannel",
    "BackchannelPing",
    "BackchannelState",
    "PendingLogin",
    "UnverifiedConsentRevoked",
    "Call",
    "ManualClock",
    "Event",
    "IdTokenClaims",
    "IdTokenVerifier",
    "PartnerKeys",
    "PspKeys",
    "SalesUnitKeys",
    "SpecializedKeys",
    "AuthorizationCode",
    "Login",
    "LoginRequest",
    "LoginResult",
    "Merchant",
    "Partner",
    "Environment",
    "SystemInfo",
    "AccessToken",
    "LoginToken",
    "Stats",
    "Reply",
    "Address",
    "Userinfo",
    "VerifiedWebhook",
    "WebhookVerifier",
]

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)
_Instant = float | datetime

APP_AUTH: str
"""Forces the person to confirm in the Vipps app; for sales units of the advanced tier. For ``acr_values``."""
__version__: str

def end() -> None:
    """The end of the program: what waits to be told is told, and our threads end."""

def doctor_command(arguments: list[str]) -> tuple[str, int]:
    """The program ``vipps-doctor`` with these arguments: what it prints, and the code that it ends with."""

def check_keys(keys: Keys) -> None:
    """Raises ``TypeError`` for what is no keys."""

def fork_generation() -> int:
    """Counts the forks between the first process and this one."""

@final
class Call(Generic[_T_co]):
    """A call that has not been made yet. `wait()` makes it on this thread, `start(done)` behind an event loop. With a
    `timeout` it ends with an error when that time is over; zero makes no call at all.
    """
    def wait(self, timeout: Span | None = None) -> _T_co:
        """Makes the call and waits for its result."""
    def start(self, done: Callable[[Any, BaseException | None], object], timeout: Span | None = None) -> None:
        """Makes the call. `done(value, error)` is called from another thread when it is over, unless it was cancelled.
        """
    def cancel(self) -> None:
        """Gives the call up."""

@disjoint_base
class Partner:
    """The native half of ``vipps_partner_auth.Partner``."""
    def __new__(
        cls, keys: PartnerKeys | SalesUnitKeys | SpecializedKeys | PspKeys, system: SystemInfo, **settings: Unpack[Settings]
    ) -> Self: ...
    @classmethod
    def from_env(cls, **settings: Unpack[Settings]) -> Self:
        """Reads keys (sales unit keys where ``VIPPS_MSN`` is set, PSP keys where ``VIPPS_PSP_ID`` is, else partner keys),
        ``SystemInfo``, environment and ``VIPPS_REDIS_URL`` from the environment's variables. Settings say the rest.
        """
    def headers(self, *, timeout: Span | None = None) -> dict[str, str]:
        """Headers for calls that are not for one merchant; with specialized keys, for all calls.

        The dict is the caller's own. Fetches a token where none is at hand, and waits for it for ``timeout`` (seconds or
        ``timedelta``; the setting ``deadline`` when missing).
        """
    def cached_headers(self) -> dict[str, str] | None:
        """The same headers at once; ``None`` when a token must be fetched first. A renewal that is due starts behind it.
        """
    def _cached_authorization(self) -> tuple[dict[str, str], AccessToken] | None: ...
    def _authorization(self) -> Call[tuple[dict[str, str], AccessToken]]: ...
    def _access_token(self) -> Call[AccessToken]: ...
    def _replace_keys(self, keys: Keys) -> Call[None]: ...
    def _doctor(
        self, msns: Iterable[str], redirect_uri: str | None, offline: bool
    ) -> Call[tuple[str, str]]: ...
    def invalidate(self, token: AccessToken) -> bool:
        """Drops this token, if it is still the one in use. Tells whether it was dropped."""
    def _refused(self, token: AccessToken) -> Call[tuple[dict[str, str], AccessToken]]: ...
    def covers(self, url: str) -> bool:
        """Whether headers may be sent to this URL. Adapters must ask before they attach headers."""
    def may_follow(self, from_url: str, to_url: str) -> bool:
        """Whether headers that were sent to the one URL may go along to the other on a redirect: to the same origin, and
        only where they would be sent anyway.
        """
    def headers_withheld(self, url: str) -> None:
        """For adapters, of a call that ``covers`` refuses: tells it as an event, once for each other host."""
    def _sales_units(self) -> Call[str]: ...
    def _sales_units_of(self, scheme: str, id: str) -> Call[str]: ...
    def _sales_unit(self, msn: str) -> Call[str]: ...
    def _sales_unit_changes(self, known: Iterable[str]) -> Call[str]: ...
    def _check(self, msn: str) -> Call[str]: ...
    @property
    def generation(self) -> int:
        """Changes with each new token and each one that is dropped."""
    def stats(self) -> Stats:
        """What happened so far in this process."""
    @property
    def environment(self) -> Environment:
        """Where this partner's calls go."""

@disjoint_base
class Merchant:
    """The native half of ``vipps_partner_auth.Merchant``."""
    def __new__(cls, partner: Partner, msn: str) -> Self: ...
    @property
    def partner(self) -> Partner:
        """The partner behind it."""
    @property
    def msn(self) -> str:
        """The sales unit this handle speaks for."""
    def headers(self, *, timeout: Span | None = None) -> dict[str, str]:
        """All headers of a call for this merchant.

        The dict is the caller's own. Fetches a token where none is at hand, and waits for it for ``timeout`` (seconds or
        ``timedelta``; the setting ``deadline`` when missing). Blocks the thread: on an event loop use ``headers_async``.
        """
    def cached_headers(self) -> dict[str, str] | None:
        """The same headers at once; ``None`` when a token must be fetched first. A renewal that is due starts behind it.
        """
    def _cached_authorization(self) -> tuple[dict[str, str], AccessToken] | None: ...
    def _authorization(self) -> Call[tuple[dict[str, str], AccessToken]]: ...
    def answered(self, status: int, content_type: str | None = None) -> None:
        """For adapters: tells what an API answered to a call with these headers. The first 403 of a merchant whose calls had
        worked is told as an event then, ``merchant_forbidden``; a 403 that is no JSON says nothing of the merchant.
        """
    def _refused(self, token: AccessToken) -> Call[tuple[dict[str, str], AccessToken]]: ...
    def verify_id_token(self, jwt: str, *, timeout: Span | None = None, **expect: Unpack[Expect]) -> IdTokenClaims:
        """Checks an ID token for this merchant.

        ``expect`` names what else it must say: ``nonce``, ``flow``, ``client_id``, ``access_token``, ``acr`` and
        ``auth_req_id``; one that is ``None`` counts as not given. Raises ``InvalidIdTokenError``, whose ``claim`` names
        the check that failed. Fetches Vipps' keys where none are at hand, and waits for them for ``timeout``.
        """
    def verify_id_token_cached(self, jwt: str, **expect: Unpack[Expect]) -> IdTokenClaims | None:
        """The same check at once; ``None`` when keys must be fetched first."""
    def _verify_id_token(self, jwt: str, **expect: Unpack[Expect]) -> Call[IdTokenClaims]: ...

@disjoint_base
class IdTokenVerifier:
    """The native half of ``vipps_partner_auth.IdTokenVerifier``."""
    def __new__(
        cls,
        environment: str | Environment | None = None,
        *,
        jwks: str | dict[str, Any] | None = None,
        **settings: Unpack[OtherSettings],
    ) -> Self: ...
    def verify(self, jwt: str, msn: str, *, timeout: Span | None = None, **expect: Unpack[Expect]) -> IdTokenClaims:
        """Checks an ID token of the sales unit ``msn``.

        ``expect`` names what else it must say: ``nonce``, ``flow``, ``client_id``, ``access_token``, ``acr`` and
        ``auth_req_id``; one that is ``None`` counts as not given. Raises ``InvalidIdTokenError``, whose ``claim`` names
        the check that failed. Fetches Vipps' keys where none are at hand, and waits for them for ``timeout``.
        """
    def verify_cached(self, jwt: str, msn: str, **expect: Unpack[Expect]) -> IdTokenClaims | None:
        """The same check at once; ``None`` when keys must be fetched first."""
    def _verify(self, jwt: str, msn: str, **expect: Unpack[Expect]) -> Call[IdTokenClaims]: ...
    def stats(self) -> Stats:
        """What happened so far in this process."""

@disjoint_base
class Login:
    """The native half of ``vipps_partner_auth.Login``."""
    def __new__(cls, merchant: Merchant, redirect_uri: str) -> Self: ...
    def _start(
        self,
        scopes: Iterable[str],
        *,
        market: Literal["NO", "DK", "FI", "SE"] | None = None,
        acr_values: str | None = None,
        requested_flow: Literal["app_to_app_v2", "app_to_app", "automatic_return_from_vipps_app"] | None = None,
        app_callback_uri: str | None = None,
        final_redirect_is_app: bool | None = None,
    ) -> Call[LoginRequest]: ...
    def _finish(self, callback_url: str, request: LoginRequest) -> Call[LoginResult]: ...
    def _userinfo(self, result: LoginResult) -> Call[Userinfo]: ...
    @property
    def redirect_uri(self) -> str:
        """Where the browser comes back to."""

@disjoint_base
class Backchannel:
    """The native half of ``vipps_partner_auth.Backchannel``."""
    def __new__(cls, merchant: Merchant) -> Self: ...
    def _user_exists(self, msisdn: str) -> Call[bool | None]: ...
    def _start(
        self,
        login_hint: str,
        scopes: Iterable[str],
        *,
        binding_message: str | None = None,
        requested_expiry: Span | None = None,
        redirect_uri: str | None = None,
    ) -> Call[PendingLogin]: ...
    def _poll(self, pending: PendingLogin) -> Call[LoginResult | None]: ...
    def _wait(self, pending: PendingLogin, timeout: Span | None = None) -> Call[LoginResult | None]: ...
    def _next_state(self, pending: PendingLogin) -> Call[BackchannelState]: ...
    def _finish_ping(self, body: str, pending: PendingLogin) -> Call[LoginResult | None]: ...
    def _finish_webhook(self, webhook: VerifiedWebhook, pending: PendingLogin) -> Call[LoginResult | None]: ...
    def _finish_redirect(self, callback_url: str, pending: PendingLogin) -> Call[LoginResult]: ...
    def _userinfo(self, result: LoginResult) -> Call[Userinfo]: ...
    def next_poll_in(self, pending: PendingLogin) -> timedelta:
        """How long until ``poll`` will ask Vipps again, for those who keep their own time."""

@final
class PartnerKeys:
    """Partner keys: one set for every merchant connected to the partner. They work in production only."""
    def __new__(
        cls,
        client_id: str,
        client_secret: str,
        subscription_key: str,
        *,
        second_subscription_key: str | None = None,
    ) -> Self: ...
    @staticmethod
    def from_env() -> PartnerKeys:
        """Reads ``VIPPS_CLIENT_ID``, ``VIPPS_CLIENT_SECRET``, ``VIPPS_SUBSCRIPTION_KEY`` and, if set,
        ``VIPPS_SECOND_SUBSCRIPTION_KEY``.
        """
    @property
    def client_id(self) -> str:
        """The client id, which is no secret."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class SalesUnitKeys:
    """The keys of one sales unit: what a partner is given in the test environment."""
    def __new__(
        cls,
        client_id: str,
        client_secret: str,
        subscription_key: str,
        msn: str,
        *,
        second_subscription_key: str | None = None,
    ) -> Self: ...
    @staticmethod
    def from_env() -> SalesUnitKeys:
        """Reads what ``PartnerKeys.from_env`` reads, and ``VIPPS_MSN``."""
    @property
    def client_id(self) -> str:
        """The client id, which is no secret."""
    @property
    def msn(self) -> str:
        """The sales unit these keys belong to."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class PspKeys:
    """The keys of a payment service provider: one set for all its merchants, with its id on API calls and never on the token
    call.

    Vipps' public documents say little of them. Login and the Management API are refused with them, since none says that they
    work there.
    """
    def __new__(
        cls,
        client_id: str,
        client_secret: str,
        subscription_key: str,
        psp_id: str,
        *,
        second_subscription_key: str | None = None,
    ) -> Self: ...
    @staticmethod
    def from_env() -> PspKeys:
        """Reads what ``PartnerKeys.from_env`` reads, and ``VIPPS_PSP_ID``."""
    @property
    def client_id(self) -> str:
        """The client id, which is no secret."""
    @property
    def psp_id(self) -> str:
        """The id that API calls carry as ``Psp-Id``. No secret."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class SpecializedKeys:
    """Accounting and donations keys: another token endpoint, no subscription key, no merchant."""
    def __new__(cls, client_id: str, client_secret: str, *, scope: str | None = None) -> Self: ...
    @staticmethod
    def from_env() -> SpecializedKeys:
        """Reads ``VIPPS_CLIENT_ID``, ``VIPPS_CLIENT_SECRET`` and, if set, ``VIPPS_SCOPE``."""
    @property
    def client_id(self) -> str:
        """The client id, which is no secret."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class SystemInfo:
    """Who is calling: the four ``Vipps-System-*`` headers, each at most 30 characters of printable ASCII."""
    def __new__(
        cls, name: str, version: str, *, plugin_name: str | None = None, plugin_version: str | None = None
    ) -> Self: ...
    @staticmethod
    def from_env() -> SystemInfo:
        """Reads ``VIPPS_SYSTEM_NAME``, ``VIPPS_SYSTEM_VERSION`` and, if set, ``VIPPS_PLUGIN_NAME`` and
        ``VIPPS_PLUGIN_VERSION``.
        """
    @staticmethod
    def fit(value: str, /) -> str:
        """The first 30 characters of a text with everything dropped that a header can't hold."""
    @property
    def name(self) -> str:
        """The name of the system."""
    @property
    def version(self) -> str:
        """Its version."""
    @property
    def plugin_name(self) -> str | None:
        """The name of the plugin within it."""
    @property
    def plugin_version(self) -> str | None:
        """The version of the plugin."""
    def headers(self) -> dict[str, str]:
        """The headers by themselves, for a call that this library does not make."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Environment:
    """Which Vipps to talk to: ``production``, ``test`` or a base URL.

    Wherever a setting ``environment`` is taken, the text alone will do.
    """
    def __new__(cls, name: str | Environment) -> Self: ...
    @staticmethod
    def from_env() -> Environment:
        """Reads ``VIPPS_ENVIRONMENT``; production when it is not set."""
    @property
    def base_url(self) -> str:
        """The base URL, without a slash at the end."""
    @property
    def issuer(self) -> str:
        """The ``iss`` of this environment's ID tokens."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class ManualClock:
    """A clock that moves only when told to, for tests: hand it in as the setting ``clock``.

    ``now`` is seconds since 1970 or a ``datetime``. With ``runs_through_sleeps`` nobody ever waits: each wait moves the
    clock on by its own length. A forked child starts where the clock was last set or moved.
    """
    def __new__(cls, now: _Instant, *, runs_through_sleeps: bool = False) -> Self: ...
    def advance(self, by: Span, /) -> None:
        """Moves the clock on, by seconds or a ``timedelta``, and wakes everybody who waited until then."""
    def set_wall(self, to: _Instant, /) -> None:
        """Sets the wall clock alone, as an administrator or a time server would."""
    @property
    def now(self) -> datetime:
        """Where it stands."""

@final
class AccessToken:
    """A token for Vipps' APIs. ``repr`` and ``str`` never show it."""
    @property
    def secret(self) -> str:
        """The token itself, without the word ``Bearer``."""
    @property
    def expires_at(self) -> datetime:
        """When Vipps stops accepting it, by this machine's clock; in UTC."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class LoginToken:
    """The access token of one login: good for userinfo only. ``repr`` and ``str`` never show it."""
    @property
    def secret(self) -> str:
        """The token itself, without the word ``Bearer``."""
    @property
    def expires_at(self) -> datetime:
        """Until when it opens userinfo; in UTC."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class Stats:
    """What happened since a handle was first used in this process. ``dict(stats)`` has all counters by name."""
    @property
    def token_requests(self) -> int:
        """Requests sent to a token endpoint, retries included."""
    @property
    def tokens_fetched(self) -> int:
        """Tokens fetched while somebody waited."""
    @property
    def tokens_renewed(self) -> int:
        """Tokens renewed in the background."""
    @property
    def fetches_failed(self) -> int:
        """Fetches that failed while somebody waited."""
    @property
    def renewals_failed(self) -> int:
        """Renewals that failed."""
    @property
    def tokens_from_cache(self) -> int:
        """Tokens taken from the shared cache."""
    @property
    def cache_failures(self) -> int:
        """Failures of the shared cache."""
    @property
    def keys_refreshed(self) -> int:
        """Key sets loaded."""
    @property
    def keys_refresh_failed(self) -> int:
        """Loads of the key set that failed."""
    @property
    def unknown_kids_suppressed(self) -> int:
        """ID tokens with an unknown key for which the key set was not loaded again."""
    @property
    def refusals_ignored(self) -> int:
        """Refusals by an API for which no other token was fetched, since one had been moments ago."""
    @property
    def events_dropped(self) -> int:
        """Events that a hook was too slow for."""
    def __iter__(self) -> Iterator[tuple[str, int]]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class Event:
    """What happened in the background. Holds no secret. `str(event)` is one line for a log."""
    @property
    def name(self) -> str:
        """The stable name, such as `token_renewed`; the same in every language."""
    @property
    def details(self) -> dict[str, str]:
        """What the event tells besides, as text; durations in seconds."""
    @property
    def is_warning(self) -> bool:
        """Whether somebody should look into it."""
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class IdTokenClaims:
    """The claims of an ID token that has passed every check. There is no other way to read them. ``repr`` shows ``sub`` and
    ``msn`` alone.
    """
    @property
    def sub(self) -> str:
        """The user, as this sales unit knows them. Another MSN gets another value for the same person."""
    @property
    def msn(self) -> str:
        """The sales unit the user logged in at."""
    @property
    def issued_at(self) -> datetime:
        """When the token was made; in UTC."""
    @property
    def expires_at(self) -> datetime:
        """When it runs out; in UTC."""
    @overload
    def claim(self, name: str) -> Any:
        """Any claim; ``default`` when it is absent. What not every language can hold is a ``str``: a whole number beyond
        ±(2**53 - 1), a number too large for a ``float``, what is nested more than 64 levels deep. Half of a surrogate pair
        is U+FFFD.
        """
    @overload
    def claim(self, name: str, default: _T) -> Any | _T:
        """Any claim; ``default`` when it is absent. What not every language can hold is a ``str``: a whole number beyond
        ±(2**53 - 1), a number too large for a ``float``, what is nested more than 64 levels deep. Half of a surrogate pair
        is U+FFFD.
        """
    def to_dict(self) -> dict[str, Any]:
        """All claims, as ``claim`` gives them."""
    def to_json(self) -> str:
        """All claims, as the JSON that was signed, except for what ``claim`` says."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class LoginRequest:
    """A login under way: where to send the browser, and what to keep until it is back.

    Keep it in the person's own session on the server: it holds the code verifier, a secret.
    """
    @staticmethod
    def from_json(json: str) -> LoginRequest:
        """A request that was kept as JSON."""
    def to_json(self) -> str:
        """The request as JSON, to be kept in the person's session."""
    @property
    def url(self) -> str:
        """Where to send the browser: as a full page, never in a frame or a web view."""
    @property
    def state(self) -> str:
        """Ties the callback to this request."""
    @property
    def nonce(self) -> str:
        """Ties the ID token to this request."""
    @property
    def code_verifier(self) -> str:
        """Proves that who exchanges the code is who asked for it. A secret."""
    @property
    def msn(self) -> str:
        """The sales unit the login is for."""
    @property
    def redirect_uri(self) -> str:
        """Where the browser comes back to."""
    @property
    def scopes(self) -> list[str]:
        """The scopes that were asked for."""
    @property
    def acr_values(self) -> str | None:
        """The ``acr_values`` that was asked for."""
    def code(self, callback_url: str) -> AuthorizationCode:
        """The code of a callback, once it is sure that it answers this request. ``Login.finish`` does this itself."""
    def resume_uri(self, app_callback_uri: str, callback_url: str) -> str:
        """Where to go on in the browser, of a callback to the ``app_callback_uri``."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class AuthorizationCode:
    """An authorization code that came back with the right ``state``."""
    @property
    def code(self) -> str:
        """The code. A secret."""
    @property
    def scopes(self) -> list[str] | None:
        """The scopes, where the callback tells them."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class LoginResult:
    """A login that passed every check."""
    @property
    def claims(self) -> IdTokenClaims:
        """Who logged in: the checked claims of the ID token."""
    @property
    def access_token(self) -> LoginToken:
        """Opens userinfo, for about ten minutes, and nothing else."""
    @property
    def id_token(self) -> str:
        """The ID token itself, already checked. Personal data."""
    @property
    def scopes(self) -> list[str]:
        """The scopes that were granted."""
    @property
    def asked_scopes(self) -> list[str]:
        """The scopes that were asked for."""
    @property
    def missing_scopes(self) -> list[str]:
        """The scopes that were asked for and not granted."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class Userinfo:
    """What a person agreed to tell this sales unit. A member that Vipps left out is ``None``; all members are in
    ``to_dict()``. ``repr`` shows ``sub`` alone: the rest is personal data.
    """
    @property
    def sub(self) -> str:
        """The person, as this sales unit knows them: the same as in the ID token."""
    @property
    def name(self) -> str | None:
        """Full name."""
    @property
    def given_name(self) -> str | None:
        """Given names."""
    @property
    def family_name(self) -> str | None:
        """Family name."""
    @property
    def phone_number(self) -> str | None:
        """Digits with country code and without a plus sign."""
    @property
    def phone_number_verified(self) -> bool | None:
        """Whether Vipps verified the phone number."""
    @property
    def email(self) -> str | None:
        """E-mail address."""
    @property
    def email_verified(self) -> bool | None:
        """Whether Vipps verified the e-mail address."""
    @property
    def birthdate(self) -> str | None:
        """``YYYY-MM-DD``."""
    @property
    def gender(self) -> str | None:
        """``male``, ``female`` or ``other``; ``None`` where the person did not tell, and in the test environment."""
    @property
    def nin(self) -> str | None:
        """National identity number, for sales units that Vipps approved for it. Opaque: its form differs from country to
        country.
        """
    @property
    def address(self) -> Address | None:
        """The address."""
    @property
    def other_addresses(self) -> list[Address]:
        """Up to two more addresses."""
    @property
    def delegated_consents(self) -> Any:
        """What the person agreed to, of what the merchant asked. Only at the first login."""
    @property
    def flow_result(self) -> FlowResult | None:
        """What the person answered in a flow of the merchant's own (scope ``customFlow``)."""
    @property
    def agreement(self) -> Agreement | None:
        """The agreement that the person made (scope ``agreement``). Only in logins from a phone number."""
    @overload
    def claim(self, name: str) -> Any:
        """Any member; ``default`` when it is absent."""
    @overload
    def claim(self, name: str, default: _T) -> Any | _T:
        """Any member; ``default`` when it is absent."""
    def to_dict(self) -> dict[str, Any]:
        """All members, those unknown to this library too."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class Reply:
    """Where the reply to one request goes. To be told once; one that is never told may have been sent."""
    def came(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...
    def failed(self, error: str, may_have_been_sent: bool) -> None: ...

@final
class Address:
    """A person's address. Empty members are ``None``; ``repr`` shows none of them."""
    @property
    def street_address(self) -> str | None:
        """Street, with unit and floor in a second line."""
    @property
    def postal_code(self) -> str | None:
        """Postal code."""
    @property
    def region(self) -> str | None:
        """City or place."""
    @property
    def country(self) -> str | None:
        """Two letters."""
    @property
    def formatted(self) -> str | None:
        """The whole address, in lines."""
    @property
    def address_type(self) -> str | None:
        """``home``, ``work`` or ``other``."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class PendingLogin:
    """A login by phone number that waits for the person. Keep it on the server: whoever holds it and the keys can end the
    login.
    """
    @staticmethod
    def from_json(json: str) -> PendingLogin:
        """A login that was kept as JSON."""
    def to_json(self) -> str:
        """The login as JSON, to be kept over a restart."""
    @property
    def auth_req_id(self) -> str:
        """The id of this login at Vipps."""
    @property
    def msn(self) -> str:
        """The sales unit the login is for."""
    @property
    def scopes(self) -> list[str]:
        """The scopes that were asked for."""
    @property
    def expires_at(self) -> datetime:
        """Until when the person may decide; in UTC."""
    @property
    def interval(self) -> timedelta:
        """The least time between two polls, as Vipps has it by now."""
    @property
    def ends_by_redirect(self) -> bool:
        """Whether it ends on a web page and not by polling."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class BackchannelPing:
    """The webhook event that says a login by phone number has been decided. ``VerifiedWebhook.ping`` is the way to one: that it
    comes from Vipps has been checked by then.
    """
    @staticmethod
    def parse(body: str) -> BackchannelPing:
        """Reads the event's JSON body, which was verified elsewhere."""
    @property
    def auth_req_id(self) -> str:
        """Which login it is about."""
    @property
    def msn(self) -> str | None:
        """Which merchant it is about; told where the registration is for all merchants of the partner."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class BackchannelState:
    """How far a login by phone number is, as ``Backchannel.states`` tells it."""
    @property
    def next_poll_in(self) -> timedelta | None:
        """How long until Vipps is asked again; ``None`` once the login is complete."""
    @property
    def result(self) -> LoginResult | None:
        """Who logged in; ``None`` while the person has not decided, or Vipps could not be asked just now. No state comes after
        the one that has it.
        """

@final
class WebhookVerifier:
    """Checks that a call to a webhook comes from Vipps and is as it was sent. Needs no keys and no network.

    ``secrets`` maps each ``Webhook-Id`` to its secret, or to several while one is rotated; pairs will do as well. A secret is
    used as it stands: it looks like base64 and is not to be decoded. ``public_host`` is the host of the registered URL, such
    as ``shop.example``: needed where a proxy in front of this program changes ``Host``. ``tolerance`` (5 min, at most 24 h;
    seconds or a ``timedelta``) is how far ``x-ms-date`` may be from this machine's clock. ``clock`` is a ``ManualClock``, for
    tests. A wrong one raises ``InvalidConfigError`` and is named.
    """
    def __new__(
        cls,
        secrets: WebhookSecrets,
        *,
        public_host: str | None = None,
        tolerance: Span | None = None,
        clock: ManualClock | None = None,
    ) -> Self: ...
    def verify(self, method: str, path: str, headers: WebhookHeaders, body: WebhookBody) -> VerifiedWebhook:
        """Checks a request. ``path`` is path and query as the request line had them, or the whole URL; ``headers`` is a mapping
        or pairs of name and value, names in any letter case, as web frameworks have them; ``body`` is the raw body.

        Raises ``InvalidWebhookError`` for all that is not to be trusted: answer 401. Its ``reason`` names what differs:
        ``form``, ``webhook_id``, ``date``, ``hash``, ``host`` or ``signature``; its ``hint`` is the likely cause. Both are for
        logs, not for whoever called.
        """
    def sign(self, webhook_id: str, url: str, body: WebhookBody) -> dict[str, str]:
        """Signs a body as Vipps would, for tests of a receiver: the headers of the call, ``host`` among them. ``url`` is the whole
        URL of the registration. With several secrets for this id the first signs; the date is that of the clock.
        """
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class VerifiedWebhook:
    """A call that passed every check of a ``WebhookVerifier``. There is no other way to make one, so it can't be pickled.

    Be ready for the same event to come twice.
    """
    @property
    def webhook_id(self) -> str:
        """Which registration it came through (``Webhook-Id``)."""
    @property
    def sent_at(self) -> datetime:
        """When Vipps sent it (``x-ms-date``); in UTC."""
    @property
    def body(self) -> bytes:
        """The body as it came: the event's JSON."""
    def ping(self) -> BackchannelPing:
        """The event ``login.merchant-initiated.ping.v1``: a login by phone number has been decided. Finish the login with
        ``Backchannel.finish_webhook``. Raises ``InvalidConfigError``, field ``body``, for any other event.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class UnverifiedConsentRevoked:
    """What a consent-revoked callback *claims*. It proves nothing: Vipps does not sign it."""
    @staticmethod
    def parse(body: str) -> UnverifiedConsentRevoked:
        """Reads the callback's body."""
    @property
    def claimed_sub(self) -> str:
        """Who it says took their consent back."""
    @property
    def claimed_issued_at(self) -> datetime | None:
        """When it says it was made; in UTC."""
    @property
    def claimed_expires_at(self) -> datetime | None:
        """Until when it says it is good; in UTC."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...
