"""The operations of the emulator, and the values that they take and give.

Generated from ``emulator/openapi.json`` by ``scripts/generate.py``: change that, not this.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, Union

from ._extras import KeysExtras, RequestExtras, SpecializedKeysExtras
from ._values import moment, moment_or_none

if TYPE_CHECKING:
    from typing import TypeVar

    from ._starting import Starting

    E = TypeVar("E", bound="Operations")
    A = TypeVar("A", bound="AsyncOperations")

Span = Union[float, timedelta]
"""Seconds, or a ``timedelta``."""
Moment = Union[float, datetime]
"""Seconds since the Unix epoch, or a ``datetime`` with a time zone."""

DOOR = "/emulator/control/"
"""Below it lie the operations."""
EXAMPLE_MSN = "123456"
"""A merchant serial number for tests that need no special one."""
AddressKind = Literal["home", "work", "other"]
"""Kind of address:

* ``home``
* ``work``
* ``other``
"""
App = Literal["current", "outdated", "inactive"]
"""State of the app:

* ``current``: It can log in.
* ``outdated``: Too old: ``old_app`` from the backchannel, ``outdated_app_version`` in the browser flow.
* ``inactive``: The account is inactive or the person under 15: ``invalid_user`` from the backchannel, and no such user
  for user-exists.
"""
AuthReqIdName = Literal["auth_req_id", "authReqId", "urn:openid:params:jwt:claim:auth_req_id"]
"""Name of the auth_req_id claim:

* ``auth_req_id``: ``auth_req_id``, as the documents' text has it.
* ``authReqId``: ``authReqId``, as their sample has it.
* ``urn:openid:params:jwt:claim:auth_req_id``: ``urn:openid:params:jwt:claim:auth_req_id``, as the standard has it.
"""
BasicEncoding = Literal["any", "raw", "form"]
"""Encoding of Basic:

* ``any``: Raw and form-encoded alike; raw is reported where it makes a difference.
* ``raw``: Raw only, as Vipps' own examples have it.
* ``form``: Form-encoded only (RFC 6749 section 2.3.1), as the server behind Login's token endpoint reads it.
"""
DiscoveryDocument = Literal["newest", "older"]
"""Discovery document:

* ``newest``: That of today's documents: short lists, ``S256`` alone.
* ``older``: That of older snapshots: more members, more scopes, ``plain`` beside ``S256``.
"""
Endpoint = Literal[
    "standard_token", "specialized_token", "discovery", "jwks", "authorize", "login_token", "userinfo", "backchannel",
    "user_exists", "payments", "revocation", "sales_units", "ledgers", "donations"
]
"""Endpoint:

* ``standard_token``: ``POST /accesstoken/get``, in any letter case.
* ``specialized_token``: ``POST /miami/v1/token``.
* ``discovery``: ``GET /access-management-1.0/access/.well-known/openid-configuration``.
* ``jwks``: ``GET /access-management-1.0/access/.well-known/jwks.json``.
* ``authorize``: ``GET /access-management-1.0/access/oauth2/auth``: the start of the browser flow.
* ``login_token``: ``POST /access-management-1.0/access/oauth2/token``: the end of every Login flow.
* ``userinfo``: ``GET /vipps-userinfo-api/userinfo``, with or without a slash at the end.
* ``backchannel``: ``POST /vipps-login-ciba/api/backchannel/authentication``: the start of a login by phone number.
* ``user_exists``: ``POST /vipps-login-ciba/api/v1/user-exists``.
* ``payments``: ``GET`` and ``POST`` at ``/epayment/v1/payments`` and below: a standard API, called for one merchant.
* ``revocation``: ``POST /access-management-1.0/access/oauth2/revoke``: ends a Login token (RFC 7009).
* ``sales_units``: ``GET /management/v1/sales-units``, ``/management/v1/sales-units/{msn}`` and
  ``/management/v1/merchants/{scheme}/{id}/sales-units``: a standard API, called for no merchant in particular.
* ``ledgers``: ``GET /settlement/v1/ledgers``: for specialised tokens, and for a sales unit's own.
* ``donations``: ``GET /donations/v1/reports/payments``: for specialised tokens with the scope ``donations:read``, and
  for partners.
"""
ErrorShape = Literal[
    "aad", "oauth", "apim", "gateway_legacy", "problem", "ecom_list", "strings", "text", "html", "firewall", "empty"
]
"""Shape of an error:

* ``aad``: Azure AD: ``error``, ``error_description``, ``error_codes``, trace ids.
* ``oauth``: OAuth (RFC 6749 section 5.2): ``error``, ``error_description``.
* ``apim``: Azure API Management: ``statusCode``, ``message``.
* ``gateway_legacy``: The gateway's older voice: ``responseInfo``, ``result``.
* ``problem``: RFC 9457 problem details.
* ``ecom_list``: An array of ``errorGroup``, ``errorCode``, ``errorMessage``.
* ``strings``: An array of strings.
* ``text``: Plain text.
* ``html``: A web page.
* ``firewall``: The web page of the firewall in front of all APIs, which some harmless requests meet with 403.
* ``empty``: No body at all.
"""
Fields = Literal["seven", "four"]
"""Number of fields:

* ``seven``: All seven of the specification.
* ``four``: The four of the newest documents: ``token_type``, ``expires_in``, ``expires_on``, ``access_token``.
"""
LoginAuthMethod = Literal["client_secret_basic", "client_secret_post"]
"""Way to authenticate:

* ``client_secret_basic``: ``client_secret_basic``, the service's default; partners can act only for sales units set to
  it.
* ``client_secret_post``
"""
LoginKind = Literal["browser", "backchannel", "backchannel_redirect"]
"""Kind of login:

* ``browser``: Through ``/oauth2/auth``.
* ``backchannel``: By phone number, finished by polling.
* ``backchannel_redirect``: By phone number, finished on a web page that the phone opens.
"""
LoginStatus = Literal["pending", "approved", "denied", "expired", "completed"]
"""Status of a login:

* ``pending``: No person has decided.
* ``approved``: Approved, and not exchanged for tokens yet.
* ``denied``: Denied, or ended with another error.
* ``expired``: Nobody decided, or nobody asked for the tokens, in time.
* ``completed``: Exchanged for tokens.
"""
Mishap = Literal["drop_before_reading", "drop_after_reading", "hang"]
"""Mishap:

* ``drop_before_reading``: The connection is dropped with the body unread; nothing was done.
* ``drop_after_reading``: The request is served, then the connection is dropped instead of the reply: the caller can't
  know.
* ``hang``: No reply until ``release_hung``; then the request is served.
"""
Mode = Literal["production", "test"]
"""Mode:

* ``production``: 86,398 seconds, ``ext_expires_in`` ``0``. The default, since partner keys exist only there.
* ``test``: 3,599 seconds, ``ext_expires_in`` the same. What the real test environment lacks still works here, and is
  reported.
"""
Numbers = Literal["as_documented", "strings", "numbers"]
"""Spelling of numbers:

* ``as_documented``: Strings from ``/accesstoken/get``, a number from ``/miami/v1/token``: what the documents show.
* ``strings``: Strings from both.
* ``numbers``: Numbers from both.
"""
PartnerTokenRefusal = Literal["oauth", "gateway"]
"""Refusal of a partner's token:

* ``oauth``: The server behind: 401 ``invalid_client``.
* ``gateway``: The gateway in front: 401 in the shape of Azure API Management.
"""
RsaBits = Literal[2048, 3072, 4096]
"""Size of RSA keys:

* ``2048``: 2,048 bits: quick to make, the default.
* ``3072``: 3,072 bits.
* ``4096``: 4,096 bits, as in the documents' sample; takes seconds to make.
"""
ScopeOutsidePlan = Literal["dropped", "refused"]
"""Fate of scopes outside the plan:

* ``dropped``: Left out without a word, as the newest documents say; the log has it.
* ``refused``: ``invalid_scope``, as older ones say.
"""
SignedBy = Literal["current", "withdrawn", "unknown", "forger", "public_key_hmac", "nobody"]
"""Signer:

* ``current``: The key that signs now.
* ``withdrawn``: The key that was withdrawn last, under its own ``kid``; if none was, one that never was published.
* ``unknown``: A key that never was published, under its own ``kid``.
* ``forger``: A key that never was published, under the ``kid`` of the current one.
* ``public_key_hmac``: An HMAC keyed with the current RSA public key in PEM, ``alg`` ``HS256``.
* ``nobody``: Nobody: ``alg`` ``none``, the signature empty.
"""
SigningAlg = Literal["RS256", "ES256"]
"""Algorithm:

* ``RS256``: RSA with SHA-256, as in the browser flow.
* ``ES256``: ECDSA on P-256 with SHA-256, as in the backchannel's redirect variant.
"""
SubscriptionKey = Literal["primary", "secondary"]
"""Subscription key:

* ``primary``: The first.
* ``secondary``: The second.
"""
TokenKind = Literal["standard", "specialized", "login"]
"""Kind of token:

* ``standard``: From ``/accesstoken/get``.
* ``specialized``: From ``/miami/v1/token``.
* ``login``: From Login's token endpoint, less those of the backchannel's polling, which say 300 seconds. Opens userinfo
  for ten minutes at most.
"""
Verdict = Literal["right", "tolerated", "refused", "staged", "person"]
"""Verdict:

* ``right``: As the documents want it.
* ``tolerated``: Let through, but the documents advise against it or the service might not.
* ``refused``: The reason for which the request was refused.
* ``staged``: Not the request's doing: a control of the emulator had its way.
* ``person``: Not the request's doing: the person has not decided yet, said no, or let the time pass.
"""


@dataclass(frozen=True)
class Address:
    """A postal address."""

    country: str
    """Two letters."""
    kind: AddressKind
    """What it is to the person.

    * ``home``
    * ``work``
    * ``other``
    """
    postal_code: str
    """Postal code."""
    region: str
    """Place."""
    street_address: str
    """Street and number; floor or flat after a line feed."""

    @classmethod
    def _of(cls, told: Any) -> Address:
        return cls(
            country=told["country"],
            kind=told["kind"],
            postal_code=told["postal_code"],
            region=told["region"],
            street_address=told["street_address"],
        )


@dataclass(frozen=True)
class Business:
    """The merchant behind a sales unit, by its number in a register of businesses."""

    scheme: str
    """The register, such as ``NO:ORG``."""
    id: str
    """The number in it."""

    @classmethod
    def _of(cls, told: Any) -> Business:
        return cls(
            scheme=told["scheme"],
            id=told["id"],
        )


@dataclass(frozen=True)
class Finding:
    """One thing to say about a request. Holds no secret."""

    verdict: Verdict
    """What the check came to.

    * ``right``: As the documents want it.
    * ``tolerated``: Let through, but the documents advise against it or the service might not.
    * ``refused``: The reason for which the request was refused.
    * ``staged``: Not the request's doing: a control of the emulator had its way.
    * ``person``: Not the request's doing: the person has not decided yet, said no, or let the time pass.
    """
    about: str
    """The header, field or part of the request."""
    text: str
    """What was right, or what was wrong and how to mend it."""

    @classmethod
    def _of(cls, told: Any) -> Finding:
        return cls(
            verdict=told["verdict"],
            about=told["about"],
            text=told["text"],
        )


@dataclass(frozen=True)
class Header:
    """A header of a request or a reply."""

    name: str
    """In lower case."""
    value: str = field(repr=False)
    """As it came."""

    @classmethod
    def _of(cls, told: Any) -> Header:
        return cls(
            name=told["name"],
            value=told["value"],
        )


@dataclass(frozen=True)
class Info:
    """Where an emulator is and what it imitates."""

    version: str
    """The emulator's version."""
    base_url: str
    """Where it is reached, without a slash at the end."""
    page_url: str
    """The page for a person's browser."""
    mode: Mode
    """Which environment's lifetimes a standard token gets.

    * ``production``: 86,398 seconds, ``ext_expires_in`` ``0``. The default, since partner keys exist only there.
    * ``test``: 3,599 seconds, ``ext_expires_in`` the same. What the real test environment lacks still works here, and
      is reported.
    """

    @classmethod
    def _of(cls, told: Any) -> Info:
        return cls(
            version=told["version"],
            base_url=told["base_url"],
            page_url=told["page_url"],
            mode=told["mode"],
        )


@dataclass(frozen=True)
class Keys(KeysExtras):
    """The keys of a partner or of a sales unit."""

    client_id: str
    """A GUID."""
    client_secret: str = field(repr=False)
    """Base64-looking text."""
    second_subscription_key: str = field(repr=False)
    """The secondary one, as good as the first."""
    subscription_key: str = field(repr=False)
    """The primary subscription key."""

    @classmethod
    def _of(cls, told: Any) -> Keys:
        return cls(
            client_id=told["client_id"],
            client_secret=told["client_secret"],
            second_subscription_key=told["second_subscription_key"],
            subscription_key=told["subscription_key"],
        )


@dataclass(frozen=True)
class Merchant:
    """A sales unit and how it is set up."""

    msn: str
    """Its merchant serial number."""
    name: str
    """What the person reads."""
    connected: bool
    """Whether the partner may act for it."""
    active: bool
    """Whether it is not deactivated."""
    business: Business
    """The merchant behind it."""
    login_auth_method: LoginAuthMethod
    """How its own keys authenticate at Login.

    * ``client_secret_basic``: ``client_secret_basic``, the service's default; partners can act only for sales units set
      to it.
    * ``client_secret_post``
    """
    login_scopes: list[str]
    """The scopes in its plan."""
    login_advanced_tier: bool
    """Whether it is in Login's advanced tier."""
    redirect_uris: list[str]
    """What it registered."""

    @classmethod
    def _of(cls, told: Any) -> Merchant:
        return cls(
            msn=told["msn"],
            name=told["name"],
            connected=told["connected"],
            active=told["active"],
            business=Business._of(told["business"]),
            login_auth_method=told["login_auth_method"],
            login_scopes=told["login_scopes"],
            login_advanced_tier=told["login_advanced_tier"],
            redirect_uris=told["redirect_uris"],
        )


@dataclass(frozen=True)
class Now:
    """The emulator's clock."""

    now: datetime
    """The emulator's time."""
    running: bool
    """Whether its clock runs."""
    warning: str | None
    """What the log has that shows that only this clock was moved, and not the caller's; ``None`` as long as nothing does.
    """

    @classmethod
    def _of(cls, told: Any) -> Now:
        return cls(
            now=moment(told["now"]),
            running=told["running"],
            warning=told.get("warning"),
        )


@dataclass(frozen=True)
class RecordedLogin:
    """A login as a person and the controls see it. Holds no code and no token."""

    id: str
    """What the controls name it by; the ``auth_req_id`` in both backchannel flows."""
    kind: LoginKind
    """Which flow it takes.

    * ``browser``: Through ``/oauth2/auth``.
    * ``backchannel``: By phone number, finished by polling.
    * ``backchannel_redirect``: By phone number, finished on a web page that the phone opens.
    """
    msn: str
    """The sales unit that asks."""
    merchant: str
    """The sales unit's name, as the person reads it."""
    scopes: list[str]
    """The scopes that are granted when the person approves."""
    started_at: datetime
    """When it was started, on the emulator's clock."""
    expires_at: datetime
    """From when it can no longer be decided."""
    status: LoginStatus
    """How far it has come.

    * ``pending``: No person has decided.
    * ``approved``: Approved, and not exchanged for tokens yet.
    * ``denied``: Denied, or ended with another error.
    * ``expired``: Nobody decided, or nobody asked for the tokens, in time.
    * ``completed``: Exchanged for tokens.
    """
    binding_message: str | None
    """What both screens show, in the backchannel flows."""
    msisdn: str | None
    """Who was asked (backchannel) or who approved (browser)."""

    @classmethod
    def _of(cls, told: Any) -> RecordedLogin:
        return cls(
            id=told["id"],
            kind=told["kind"],
            msn=told["msn"],
            merchant=told["merchant"],
            scopes=told["scopes"],
            started_at=moment(told["started_at"]),
            expires_at=moment(told["expires_at"]),
            status=told["status"],
            binding_message=told.get("binding_message"),
            msisdn=told.get("msisdn"),
        )


@dataclass(frozen=True)
class RecordedPing:
    """A webhook event that the emulator posted."""

    auth_req_id: str
    """The login that was decided."""
    url: str
    """Where it went."""
    at: datetime
    """When the login was decided, on the emulator's clock."""
    signed: bool
    """Whether it was signed."""
    failure: str | None
    """Why there was no reply; ``None`` as long as that may change."""
    status: int | None
    """The status of the reply; ``None`` as long as there is none."""

    @classmethod
    def _of(cls, told: Any) -> RecordedPing:
        return cls(
            auth_req_id=told["auth_req_id"],
            url=told["url"],
            at=moment(told["at"]),
            signed=told["signed"],
            failure=told.get("failure"),
            status=told.get("status"),
        )


@dataclass(frozen=True)
class RecordedRequest(RequestExtras):
    """A request as it arrived, and what became of it."""

    id: int
    """Counts up from 1 over the emulator's life."""
    at: datetime
    """When it arrived, on the emulator's clock."""
    method: str
    """``GET``, ``POST``, …"""
    path: str
    """As sent."""
    headers: list[Header]
    """In order of arrival; the same name may come twice."""
    body: str = field(repr=False)
    """As text; what is not UTF-8 is replaced."""
    reply_headers: list[Header]
    """The headers of the reply."""
    reply_body: str = field(repr=False)
    """The body of the reply, as text."""
    findings: list[Finding]
    """What was right and wrong."""
    body_base64: str | None = field(repr=False)
    """The body in base64, where it is not UTF-8."""
    query: str | None = field(repr=False)
    """What followed the question mark."""
    status: int | None
    """The reply's; ``None`` while it is outstanding and when the connection was dropped."""

    @classmethod
    def _of(cls, told: Any) -> RecordedRequest:
        return cls(
            id=told["id"],
            at=moment(told["at"]),
            method=told["method"],
            path=told["path"],
            headers=[Header._of(item) for item in told["headers"]],
            body=told["body"],
            reply_headers=[Header._of(item) for item in told["reply_headers"]],
            reply_body=told["reply_body"],
            findings=[Finding._of(item) for item in told["findings"]],
            body_base64=told.get("body_base64"),
            query=told.get("query"),
            status=told.get("status"),
        )


@dataclass(frozen=True)
class SpecializedKeys(SpecializedKeysExtras):
    """Accounting or donations keys, for ``/miami/v1/token``."""

    client_id: str
    """Free text without a colon."""
    client_secret: str = field(repr=False)
    """Base64-looking text."""
    scopes: list[str]
    """The scopes these keys may ask for."""

    @classmethod
    def _of(cls, told: Any) -> SpecializedKeys:
        return cls(
            client_id=told["client_id"],
            client_secret=told["client_secret"],
            scopes=told["scopes"],
        )


@dataclass(frozen=True)
class User:
    """A person with a phone. All of it is invented; what is left out is as Kari Fixture has it."""

    msisdn: str
    """The phone number: 8 to 15 digits with country code, no ``+``. It names the person in all controls."""
    addresses: list[Address]
    """The first one is the claim ``address``, the others are ``other_addresses``. None at all is possible."""
    agreement: Any
    """The claim ``agreement``, for logins by phone number with that scope; invented by default."""
    app: App
    """The state of the Vipps app on the phone.

    * ``current``: It can log in.
    * ``outdated``: Too old: ``old_app`` from the backchannel, ``outdated_app_version`` in the browser flow.
    * ``inactive``: The account is inactive or the person under 15: ``invalid_user`` from the backchannel, and no such
      user for user-exists.
    """
    birthdate: str
    """``YYYY-MM-DD``."""
    customer_token: str | None
    """What ``urn:customer-token:`` in a login hint may name the person by."""
    email: str
    """E-mail address."""
    email_verified: bool
    """Whether the address is verified: always in production."""
    family_name: str
    """Last name."""
    flow_result: Any
    """The claim ``flowResult``, for logins with the scope ``customFlow``; invented by default."""
    gender: str | None
    """Free text; in test mode the service has no such claim."""
    given_name: str
    """First name."""
    more_claims: dict[str, Any]
    """More claims for userinfo, whatever the scopes."""
    nin: str | None
    """National identity number; sales units need an approval for it."""
    person: str | None
    """What the person's ``sub`` at each sales unit is derived from; the phone number by default. Set it to the old number
    when the number changes, and the ``sub`` stays, as it does with the service.
    """

    @classmethod
    def _of(cls, told: Any) -> User:
        return cls(
            msisdn=told["msisdn"],
            addresses=[Address._of(item) for item in told["addresses"]],
            agreement=told["agreement"],
            app=told["app"],
            birthdate=told["birthdate"],
            customer_token=told.get("customer_token"),
            email=told["email"],
            email_verified=told["email_verified"],
            family_name=told["family_name"],
            flow_result=told["flow_result"],
            gender=told.get("gender"),
            given_name=told["given_name"],
            more_claims=told["more_claims"],
            nin=told.get("nin"),
            person=told.get("person"),
        )


@dataclass(frozen=True)
class Reply:
    """A reply, as it is to be sent."""

    status: int
    """The HTTP status."""
    body: str | None = None
    """The body; empty by default."""
    headers: Mapping[str, str] | None = None
    """Headers by name."""


class Operations(ABC):
    """Every control and every reading of a running emulator. All but ``start`` can be called from any thread."""

    @abstractmethod
    def _call(self, operation: str, /, **members: object) -> Any: ...

    @classmethod
    @abstractmethod
    def _start(cls: type[E], config: str | PathLike[str] | None, /, **options: object) -> E: ...

    @classmethod
    def start(
        cls: type[E],
        *,
        config: str | PathLike[str] | None = None,
        forgiving: bool | None = None,
        keys_file: str | None = None,
        listen: str | None = None,
        merchants: Sequence[str] | None = None,
        mode: Mode | None = None,
        partner_keys: Keys | Mapping[str, Any] | None = None,
        port: int | None = None,
        public_url: str | None = None,
        rsa_bits: RsaBits | None = None,
        specialized_keys: SpecializedKeys | Mapping[str, Any] | None = None,
    ) -> E:
        """Starts an emulator of this process's own, which ends with ``stop()``, the block, or this process.

        Args:
            config: A configuration file, in TOML or JSON: options and operations by name. What is given beside it goes
                first.
            forgiving: Whether what the documents forbid, but the service may forgive, is let through and reported
                instead of refused.
            keys_file: A file that keeps keys from one start to the next: what would be invented, and the keys that sign
                ID tokens. Made when it is not there. By default nothing is kept.
            listen: The address to listen at; 127.0.0.1 by default. With any other than a loopback address everybody who
                can reach this machine can read all keys and decide all logins: for containers and phones in a network
                of your own.
            merchants: Sales units that exist and are connected to the partner from the start.
            mode: Which of the two environments to imitate; decides how long standard tokens live.

                * ``production``: 86,398 seconds, ``ext_expires_in`` ``0``. The default, since partner keys exist only
                  there.
                * ``test``: 3,599 seconds, ``ext_expires_in`` the same. What the real test environment lacks still works
                  here, and is reported.

            partner_keys: The partner keys; invented by default.
            port: The port; 0 takes a free one.
            public_url: How it is reached from outside, such as ``https://api.vipps.no`` behind a proxy that ends TLS,
                or ``http://vipps:8585`` among containers: scheme, host and port, no path. Issuer, discovery, ``iss``,
                redirects and links name it, and its host is admitted to the page and the controls. By default where it
                listens.
            rsa_bits: The size of the RSA keys that sign ID tokens.

                * ``2048``: 2,048 bits: quick to make, the default.
                * ``3072``: 3,072 bits.
                * ``4096``: 4,096 bits, as in the documents' sample; takes seconds to make.

            specialized_keys: The keys for ``/miami/v1/token``; invented by default.
        """
        return cls._start(
            config,
            forgiving=forgiving,
            keys_file=keys_file,
            listen=listen,
            merchants=merchants,
            mode=mode,
            partner_keys=partner_keys,
            port=port,
            public_url=public_url,
            rsa_bits=rsa_bits,
            specialized_keys=specialized_keys,
        )

    def accept_form_encoded_basic(self, on: bool | None = None) -> None:
        """Whether ``/miami/v1/token`` takes form-encoded parts beside raw ones: ``basic_encoding`` with ``any``, or
        ``raw`` when off.

        Args:
            on: On by default.
        """
        self._call("accept_form_encoded_basic", on=on)

    def add_merchant(
        self,
        msn: str,
        *,
        business: Business | Mapping[str, Any] | None = None,
        keys: Keys | Mapping[str, Any] | None = None,
        login_advanced_tier: bool | None = None,
        login_auth_method: LoginAuthMethod | None = None,
        login_scopes: Sequence[str] | None = None,
        name: str | None = None,
        redirect_uris: Sequence[str] | None = None,
    ) -> Keys:
        """Adds a sales unit that is connected to the partner, or changes, connects and activates one that is there. Gives
        its keys.

        A sales unit as it is to be; what is left out stays as it is, or is invented for a new one.

        Args:
            msn: Its merchant serial number.
            business: The merchant behind it, by its number in a register of businesses; invented by default.
            keys: Its own keys; parts that are left out are invented.
            login_advanced_tier: Whether it is in Login's advanced tier; yes by default.
            login_auth_method: How its own keys authenticate at Login; Basic by default.

                * ``client_secret_basic``: ``client_secret_basic``, the service's default; partners can act only for
                  sales units set to it.
                * ``client_secret_post``

            login_scopes: The scopes in its plan; by default all there are.
            name: The name that the person reads; ``Merchant`` and the MSN by default.
            redirect_uris: Redirect URIs to register, beside those that are registered already.

        Returns:
            The keys of a partner or of a sales unit.
        """
        told = self._call(
            "add_merchant",
            msn=msn,
            business=business,
            keys=keys,
            login_advanced_tier=login_advanced_tier,
            login_auth_method=login_auth_method,
            login_scopes=login_scopes,
            name=name,
            redirect_uris=redirect_uris,
        )
        return Keys._of(told)

    def add_user(
        self,
        msisdn: str,
        *,
        addresses: Sequence[Address | Mapping[str, Any]] | None = None,
        agreement: Any | None = None,
        app: App | None = None,
        birthdate: str | None = None,
        customer_token: str | None = None,
        email: str | None = None,
        email_verified: bool | None = None,
        family_name: str | None = None,
        flow_result: Any | None = None,
        gender: str | None = None,
        given_name: str | None = None,
        more_claims: Mapping[str, Any] | None = None,
        nin: str | None = None,
        person: str | None = None,
    ) -> None:
        """Adds a person, or replaces the one with this phone number. What is left out is as Kari Fixture has it.

        A person with a phone. All of it is invented; what is left out is as Kari Fixture has it.

        Args:
            msisdn: The phone number: 8 to 15 digits with country code, no ``+``. It names the person in all controls.
            addresses: The first one is the claim ``address``, the others are ``other_addresses``. None at all is
                possible.
            agreement: The claim ``agreement``, for logins by phone number with that scope; invented by default.
            app: The state of the Vipps app on the phone.

                * ``current``: It can log in.
                * ``outdated``: Too old: ``old_app`` from the backchannel, ``outdated_app_version`` in the browser flow.
                * ``inactive``: The account is inactive or the person under 15: ``invalid_user`` from the backchannel,
                  and no such user for user-exists.

            birthdate: ``YYYY-MM-DD``.
            customer_token: What ``urn:customer-token:`` in a login hint may name the person by.
            email: E-mail address.
            email_verified: Whether the address is verified: always in production.
            family_name: Last name.
            flow_result: The claim ``flowResult``, for logins with the scope ``customFlow``; invented by default.
            gender: Free text; in test mode the service has no such claim.
            given_name: First name.
            more_claims: More claims for userinfo, whatever the scopes.
            nin: National identity number; sales units need an approval for it.
            person: What the person's ``sub`` at each sales unit is derived from; the phone number by default. Set it to
                the old number when the number changes, and the ``sub`` stays, as it does with the service.
        """
        self._call(
            "add_user",
            msisdn=msisdn,
            addresses=addresses,
            agreement=agreement,
            app=app,
            birthdate=birthdate,
            customer_token=customer_token,
            email=email,
            email_verified=email_verified,
            family_name=family_name,
            flow_result=flow_result,
            gender=gender,
            given_name=given_name,
            more_claims=more_claims,
            nin=nin,
            person=person,
        )

    def advance(self, seconds: Span) -> Now:
        """Moves the emulator's clock ahead.

        Args:
            seconds: How far.

        Returns:
            The emulator's clock.
        """
        told = self._call("advance", seconds=seconds)
        return Now._of(told)

    def approve(self, id: str, msisdn: str | None = None) -> str | None:
        """A person approves a login.

        Args:
            id: The login.
            msisdn: Who approves; by default who was asked, or in the browser flow the first person there is.

        Returns:
            What the person's browser opens next; ``None`` when the login ends by polling.
        """
        told: str | None = self._call("approve", id=id, msisdn=msisdn)["url"]
        return told

    def ask_person(self) -> None:
        """A person decides again."""
        self._call("ask_person")

    def auth_req_id_name(self, name: AuthReqIdName) -> None:
        """Under which name ID tokens of the backchannel's redirect variant carry the id of the request.

        Args:
            name: The claim's name.

                * ``auth_req_id``: ``auth_req_id``, as the documents' text has it.
                * ``authReqId``: ``authReqId``, as their sample has it.
                * ``urn:openid:params:jwt:claim:auth_req_id``: ``urn:openid:params:jwt:claim:auth_req_id``, as the
                  standard has it.
        """
        self._call("auth_req_id_name", name=name)

    def auto_approve(self, msisdn: str) -> None:
        """From now on this person approves every login in the browser at once.

        Args:
            msisdn: The person's phone number.
        """
        self._call("auto_approve", msisdn=msisdn)

    def auto_deny(self, error: str | None = None) -> None:
        """From now on every login in the browser ends at once with an error.

        Args:
            error: How logins end; ``access_denied`` by default.
        """
        self._call("auto_deny", error=error)

    def backchannel_error_code(self, on: bool | None = None) -> None:
        """Whether errors of the backchannel's start come in ``error_code`` instead of ``error``.

        Args:
            on: On by default.
        """
        self._call("backchannel_error_code", on=on)

    def backchannel_limit(self, logins: int) -> None:
        """How many logins by phone number may wait for one person at a time before the next gets a 429; 3 by default.

        Args:
            logins: How many may wait for one person at a time.
        """
        self._call("backchannel_limit", logins=logins)

    def basic_encoding(self, endpoint: Endpoint, encoding: BasicEncoding) -> None:
        """How an endpoint reads ``Authorization: Basic``: by default raw at ``specialized_token``, and either way
        elsewhere.

        Args:
            endpoint: One that takes Basic.

                * ``standard_token``: ``POST /accesstoken/get``, in any letter case.
                * ``specialized_token``: ``POST /miami/v1/token``.
                * ``discovery``: ``GET /access-management-1.0/access/.well-known/openid-configuration``.
                * ``jwks``: ``GET /access-management-1.0/access/.well-known/jwks.json``.
                * ``authorize``: ``GET /access-management-1.0/access/oauth2/auth``: the start of the browser flow.
                * ``login_token``: ``POST /access-management-1.0/access/oauth2/token``: the end of every Login flow.
                * ``userinfo``: ``GET /vipps-userinfo-api/userinfo``, with or without a slash at the end.
                * ``backchannel``: ``POST /vipps-login-ciba/api/backchannel/authentication``: the start of a login by
                  phone number.
                * ``user_exists``: ``POST /vipps-login-ciba/api/v1/user-exists``.
                * ``payments``: ``GET`` and ``POST`` at ``/epayment/v1/payments`` and below: a standard API, called for
                  one merchant.
                * ``revocation``: ``POST /access-management-1.0/access/oauth2/revoke``: ends a Login token (RFC 7009).
                * ``sales_units``: ``GET /management/v1/sales-units``, ``/management/v1/sales-units/{msn}`` and
                  ``/management/v1/merchants/{scheme}/{id}/sales-units``: a standard API, called for no merchant in
                  particular.
                * ``ledgers``: ``GET /settlement/v1/ledgers``: for specialised tokens, and for a sales unit's own.
                * ``donations``: ``GET /donations/v1/reports/payments``: for specialised tokens with the scope
                  ``donations:read``, and for partners.

            encoding: How it reads the two parts.

                * ``any``: Raw and form-encoded alike; raw is reported where it makes a difference.
                * ``raw``: Raw only, as Vipps' own examples have it.
                * ``form``: Form-encoded only (RFC 6749 section 2.3.1), as the server behind Login's token endpoint
                  reads it.
        """
        self._call("basic_encoding", endpoint=endpoint, encoding=encoding)

    def bend_next_id_token(
        self,
        *,
        access_token: str | None = None,
        acr: str | None = None,
        alg: SigningAlg | None = None,
        auth_req_id: Mapping[str, str] | None = None,
        claims: Mapping[str, Any] | None = None,
        header: Mapping[str, Any] | None = None,
        lifetime: Span | None = None,
        nonce: str | None = None,
        signed_by: SignedBy | None = None,
        subject: str | None = None,
        without_claims: Sequence[str] | None = None,
        without_header: Sequence[str] | None = None,
    ) -> None:
        """Bends the ID token of the next login that is exchanged; several calls queue up.

        What is changed about the next ID token of a login.

        Args:
            access_token: The access token that came along, from which ``at_hash`` is computed.
            acr: The authentication context.
            alg: The algorithm, and with it which of the two current keys signs.

                * ``RS256``: RSA with SHA-256, as in the browser flow.
                * ``ES256``: ECDSA on P-256 with SHA-256, as in the backchannel's redirect variant.

            auth_req_id: The id of the backchannel request, by the name of its claim; several names at once are
                possible.
            claims: Any claims with any values, also over what the other members say.
            header: Any members of the header with any values.
            lifetime: How long the token is valid from now; an hour by default.
            nonce: The ``nonce``.
            signed_by: Who signs.

                * ``current``: The key that signs now.
                * ``withdrawn``: The key that was withdrawn last, under its own ``kid``; if none was, one that never was
                  published.
                * ``unknown``: A key that never was published, under its own ``kid``.
                * ``forger``: A key that never was published, under the ``kid`` of the current one.
                * ``public_key_hmac``: An HMAC keyed with the current RSA public key in PEM, ``alg`` ``HS256``.
                * ``nobody``: Nobody: ``alg`` ``none``, the signature empty.

            subject: The person; by default the one who logged in, or Kari Fixture.
            without_claims: Claims to leave out.
            without_header: Members of the header to leave out.
        """
        self._call(
            "bend_next_id_token",
            access_token=access_token,
            acr=acr,
            alg=alg,
            auth_req_id=auth_req_id,
            claims=claims,
            header=header,
            lifetime=lifetime,
            nonce=nonce,
            signed_by=signed_by,
            subject=subject,
            without_claims=without_claims,
            without_header=without_header,
        )

    def check_msn_on_token(self, on: bool | None = None) -> None:
        """Whether ``/accesstoken/get`` refuses a ``Merchant-Serial-Number`` that the keys may not act for; else it only
        reports it.

        Args:
            on: On by default.
        """
        self._call("check_msn_on_token", on=on)

    def clear_failures(self) -> None:
        """Forgets failures and scripts that have not been played yet, and ends outages."""
        self._call("clear_failures")

    def clear_requests(self) -> None:
        """Empties the log, that of the pings included, and sets all counts to zero."""
        self._call("clear_requests")

    def consent_revoked_body(self, msn: str, msisdn: str) -> str:
        """The body of the consent-revoked callback, which nobody signed, for a person at a sales unit.

        Args:
            msn: The sales unit.
            msisdn: The person's phone number.

        Returns:
            Byte for byte.
        """
        told: str = self._call("consent_revoked_body", msn=msn, msisdn=msisdn)["body"]
        return told

    def count(self, path: str) -> int:
        """How many requests came to this path, answered or not.

        Args:
            path: As sent, without the query.

        Returns:
            How many.
        """
        told: int = self._call("count", path=path)["count"]
        return told

    def deactivate_merchant(self, msn: str) -> None:
        """A sales unit is blocked: calls for it end in the old payment APIs' error 37.

        Args:
            msn: Its merchant serial number.
        """
        self._call("deactivate_merchant", msn=msn)

    def deactivate_partner(self, on: bool | None = None) -> None:
        """The partner itself is deactivated: every call of its keys for a merchant ends in error 37.

        Args:
            on: On by default.
        """
        self._call("deactivate_partner", on=on)

    def deny(self, id: str, error: str | None = None) -> str | None:
        """A person denies a login, or it ends with another error.

        Args:
            id: The login.
            error: How it ends; ``access_denied`` by default.

        Returns:
            What the person's browser opens next; ``None`` when the login ends by polling.
        """
        told: str | None = self._call("deny", id=id, error=error)["url"]
        return told

    def disconnect_merchant(self, msn: str) -> None:
        """The partner may no longer act for a sales unit (403); its own keys go on working.

        Args:
            msn: Its merchant serial number.
        """
        self._call("disconnect_merchant", msn=msn)

    def discovery(self, *, document: DiscoveryDocument | None = None, revocation: bool | None = None) -> None:
        """Which of the known discovery documents is served.

        Args:
            document: Which document; the newest by default.

                * ``newest``: That of today's documents: short lists, ``S256`` alone.
                * ``older``: That of older snapshots: more members, more scopes, ``plain`` beside ``S256``.

            revocation: Whether it names the ``revocation_endpoint``; yes by default.
        """
        self._call("discovery", document=document, revocation=revocation)

    def environment(self, msn: str | None = None) -> dict[str, str]:
        """What a program needs that reads its settings from the environment: the emulator's address, the partner's keys or
        those of a sales unit, and an invented system.

        Args:
            msn: The sales unit whose own keys are named; without it the partner's keys are.

        Returns:
            By name.
        """
        told: dict[str, str] = self._call("environment", msn=msn)["variables"]
        return told

    def fail_next(
        self,
        endpoint: Endpoint,
        *,
        delay: Span | None = None,
        error: str | None = None,
        kind: Mishap | None = None,
        retry_after: int | str | None = None,
        shape: ErrorShape | None = None,
        status: int | None = None,
        times: int | None = None,
    ) -> None:
        """The next requests to an endpoint fail; several calls queue up.

        Exactly one of ``status``, ``kind`` and ``delay`` says what happens.

        Args:
            endpoint: Which requests.

                * ``standard_token``: ``POST /accesstoken/get``, in any letter case.
                * ``specialized_token``: ``POST /miami/v1/token``.
                * ``discovery``: ``GET /access-management-1.0/access/.well-known/openid-configuration``.
                * ``jwks``: ``GET /access-management-1.0/access/.well-known/jwks.json``.
                * ``authorize``: ``GET /access-management-1.0/access/oauth2/auth``: the start of the browser flow.
                * ``login_token``: ``POST /access-management-1.0/access/oauth2/token``: the end of every Login flow.
                * ``userinfo``: ``GET /vipps-userinfo-api/userinfo``, with or without a slash at the end.
                * ``backchannel``: ``POST /vipps-login-ciba/api/backchannel/authentication``: the start of a login by
                  phone number.
                * ``user_exists``: ``POST /vipps-login-ciba/api/v1/user-exists``.
                * ``payments``: ``GET`` and ``POST`` at ``/epayment/v1/payments`` and below: a standard API, called for
                  one merchant.
                * ``revocation``: ``POST /access-management-1.0/access/oauth2/revoke``: ends a Login token (RFC 7009).
                * ``sales_units``: ``GET /management/v1/sales-units``, ``/management/v1/sales-units/{msn}`` and
                  ``/management/v1/merchants/{scheme}/{id}/sales-units``: a standard API, called for no merchant in
                  particular.
                * ``ledgers``: ``GET /settlement/v1/ledgers``: for specialised tokens, and for a sales unit's own.
                * ``donations``: ``GET /donations/v1/reports/payments``: for specialised tokens with the scope
                  ``donations:read``, and for partners.

            delay: The request is served after this much real time.
            error: The OAuth error code, with ``status``, in the shapes that have one.
            kind: Something worse than an error reply.

                * ``drop_before_reading``: The connection is dropped with the body unread; nothing was done.
                * ``drop_after_reading``: The request is served, then the connection is dropped instead of the reply:
                  the caller can't know.
                * ``hang``: No reply until ``release_hung``; then the request is served.

            retry_after: The ``Retry-After`` header, with ``status``: seconds or an HTTP date.
            shape: The shape of the error's body, with ``status``; ``apim`` by default.

                * ``aad``: Azure AD: ``error``, ``error_description``, ``error_codes``, trace ids.
                * ``oauth``: OAuth (RFC 6749 section 5.2): ``error``, ``error_description``.
                * ``apim``: Azure API Management: ``statusCode``, ``message``.
                * ``gateway_legacy``: The gateway's older voice: ``responseInfo``, ``result``.
                * ``problem``: RFC 9457 problem details.
                * ``ecom_list``: An array of ``errorGroup``, ``errorCode``, ``errorMessage``.
                * ``strings``: An array of strings.
                * ``text``: Plain text.
                * ``html``: A web page.
                * ``firewall``: The web page of the firewall in front of all APIs, which some harmless requests meet
                  with 403.
                * ``empty``: No body at all.

            status: An error reply with this HTTP status; nothing is done.
            times: How many of them; one by default.
        """
        self._call(
            "fail_next",
            endpoint=endpoint,
            delay=delay,
            error=error,
            kind=kind,
            retry_after=retry_after,
            shape=shape,
            status=status,
            times=times,
        )

    def fields(self, fields: Fields) -> None:
        """How many fields ``/accesstoken/get`` replies with.

        Args:
            fields: How many.

                * ``seven``: All seven of the specification.
                * ``four``: The four of the newest documents: ``token_type``, ``expires_in``, ``expires_on``,
                  ``access_token``.
        """
        self._call("fields", fields=fields)

    def forgiving(self, on: bool | None = None) -> None:
        """Lets through and reports what the documents forbid but the service may forgive, instead of refusing it.

        Args:
            on: On by default.
        """
        self._call("forgiving", on=on)

    def info(self) -> Info:
        """Where the emulator is and what it imitates.

        Returns:
            Where an emulator is and what it imitates.
        """
        told = self._call("info")
        return Info._of(told)

    def jwks(self) -> dict[str, Any]:
        """The published keys.

        Returns:
            The published keys (RFC 7517).
        """
        told: dict[str, Any] = self._call("jwks")["jwks"]
        return told

    def jwks_cache_control(self, value: str | None = None) -> None:
        """The ``Cache-Control`` of the published keys; none by default.

        Args:
            value: The header's value; ``None`` or nothing: no such header.
        """
        self._call("jwks_cache_control", value=value)

    def jwks_outage(self, on: bool | None = None) -> None:
        """Whether the published keys are out of reach (503).

        Args:
            on: On by default.
        """
        self._call("jwks_outage", on=on)

    def login_advanced_tier(self, msn: str, on: bool | None = None) -> None:
        """Whether a sales unit is in Login's advanced tier, which ``acr_values`` and the scope ``customFlow`` need.

        Args:
            msn: The sales unit.
            on: Whether it is in the advanced tier; yes by default.
        """
        self._call("login_advanced_tier", msn=msn, on=on)

    def login_auth_method(self, msn: str, method: LoginAuthMethod) -> None:
        """How a sales unit's own keys authenticate at Login.

        Args:
            msn: The sales unit.
            method: How its own keys authenticate.

                * ``client_secret_basic``: ``client_secret_basic``, the service's default; partners can act only for
                  sales units set to it.
                * ``client_secret_post``
        """
        self._call("login_auth_method", msn=msn, method=method)

    def login_scopes(self, msn: str, scopes: Sequence[str]) -> None:
        """The scopes in a sales unit's plan.

        Args:
            msn: The sales unit.
            scopes: The scopes in its plan.
        """
        self._call("login_scopes", msn=msn, scopes=scopes)

    def logins(self) -> list[RecordedLogin]:
        """The latest 10,000 logins, oldest first.

        Returns:
            Oldest first.
        """
        told = self._call("logins")
        return [RecordedLogin._of(item) for item in told["logins"]]

    def merchants(self) -> list[Merchant]:
        """Every sales unit and how it is set up.

        Returns:
            Every sales unit, by MSN.
        """
        told = self._call("merchants")
        return [Merchant._of(item) for item in told["merchants"]]

    def mint_id_token(
        self,
        msn: str,
        *,
        access_token: str | None = None,
        acr: str | None = None,
        alg: SigningAlg | None = None,
        auth_req_id: Mapping[str, str] | None = None,
        claims: Mapping[str, Any] | None = None,
        header: Mapping[str, Any] | None = None,
        lifetime: Span | None = None,
        nonce: str | None = None,
        signed_by: SignedBy | None = None,
        subject: str | None = None,
        without_claims: Sequence[str] | None = None,
        without_header: Sequence[str] | None = None,
    ) -> str:
        """Makes an ID token, good or wrong, on the emulator's clock.

        An ID token for a sales unit, good except for what you change.

        Args:
            msn: The sales unit; one that is not there gets an invented ``client_id``.
            access_token: The access token that came along, from which ``at_hash`` is computed.
            acr: The authentication context.
            alg: The algorithm, and with it which of the two current keys signs.

                * ``RS256``: RSA with SHA-256, as in the browser flow.
                * ``ES256``: ECDSA on P-256 with SHA-256, as in the backchannel's redirect variant.

            auth_req_id: The id of the backchannel request, by the name of its claim; several names at once are
                possible.
            claims: Any claims with any values, also over what the other members say.
            header: Any members of the header with any values.
            lifetime: How long the token is valid from now; an hour by default.
            nonce: The ``nonce``.
            signed_by: Who signs.

                * ``current``: The key that signs now.
                * ``withdrawn``: The key that was withdrawn last, under its own ``kid``; if none was, one that never was
                  published.
                * ``unknown``: A key that never was published, under its own ``kid``.
                * ``forger``: A key that never was published, under the ``kid`` of the current one.
                * ``public_key_hmac``: An HMAC keyed with the current RSA public key in PEM, ``alg`` ``HS256``.
                * ``nobody``: Nobody: ``alg`` ``none``, the signature empty.

            subject: The person; by default the one who logged in, or Kari Fixture.
            without_claims: Claims to leave out.
            without_header: Members of the header to leave out.

        Returns:
            The token.
        """
        told: str = self._call(
            "mint_id_token",
            msn=msn,
            access_token=access_token,
            acr=acr,
            alg=alg,
            auth_req_id=auth_req_id,
            claims=claims,
            header=header,
            lifetime=lifetime,
            nonce=nonce,
            signed_by=signed_by,
            subject=subject,
            without_claims=without_claims,
            without_header=without_header,
        )["id_token"]
        return told

    def name_merchant(self, msn: str, name: str) -> None:
        """The name that the person reads.

        Args:
            msn: The sales unit.
            name: What the person reads.
        """
        self._call("name_merchant", msn=msn, name=name)

    def now(self) -> Now:
        """The emulator's time.

        Returns:
            The emulator's clock.
        """
        told = self._call("now")
        return Now._of(told)

    def numbers(self, numbers: Numbers) -> None:
        """How the token endpoints spell numbers.

        Args:
            numbers: The spelling.

                * ``as_documented``: Strings from ``/accesstoken/get``, a number from ``/miami/v1/token``: what the
                  documents show.
                * ``strings``: Strings from both.
                * ``numbers``: Numbers from both.
        """
        self._call("numbers", numbers=numbers)

    def partner_keys(self) -> Keys:
        """The partner's keys as they are now.

        Returns:
            The keys of a partner or of a sales unit.
        """
        told = self._call("partner_keys")
        return Keys._of(told)

    def partner_token_refusal(self, by: PartnerTokenRefusal) -> None:
        """Who refuses a partner's token that has ended, at Login's token endpoint and the backchannel.

        Args:
            by: Who refuses.

                * ``oauth``: The server behind: 401 ``invalid_client``.
                * ``gateway``: The gateway in front: 401 in the shape of Azure API Management.
        """
        self._call("partner_token_refusal", by=by)

    def ping_body(self, id: str) -> str:
        """The body of the ping for a login that is finished by polling.

        Args:
            id: The login.

        Returns:
            Byte for byte.
        """
        told: str = self._call("ping_body", id=id)["body"]
        return told

    def ping_url(
        self,
        *,
        secret: str | None = None,
        url: str | None = None,
        webhook_id: str | None = None,
        whole_partner: bool | None = None,
    ) -> None:
        """Has every decision about a login by phone number posted to an address: ``login.merchant-initiated.ping.v1``.

        Args:
            secret: The secret of the registration; without it pings are not signed.
            url: Where pings go; ``None`` or nothing ends them.
            webhook_id: The id of the registration; invented by default.
            whole_partner: Whether the body names the merchant, as for a registration without an MSN.
        """
        self._call("ping_url", secret=secret, url=url, webhook_id=webhook_id, whole_partner=whole_partner)

    def pings(self) -> list[RecordedPing]:
        """The latest 1,000 pings and what came of them.

        Returns:
            Oldest first.
        """
        told = self._call("pings")
        return [RecordedPing._of(item) for item in told["pings"]]

    def real_time(self) -> Now:
        """The emulator's clock shows the real time again, and runs.

        Returns:
            The emulator's clock.
        """
        told = self._call("real_time")
        return Now._of(told)

    def register_redirect_uri(self, msn: str, redirect_uri: str) -> None:
        """Registers a ``redirect_uri`` or ``app_callback_uri`` of a sales unit.

        Args:
            msn: The sales unit.
            redirect_uri: A ``redirect_uri`` or ``app_callback_uri``, compared byte for byte.
        """
        self._call("register_redirect_uri", msn=msn, redirect_uri=redirect_uri)

    def reject_subscription_key(self, which: SubscriptionKey) -> None:
        """Regenerates one subscription key of every pair: the old one is refused from now on.

        Args:
            which: The key that is regenerated.

                * ``primary``: The first.
                * ``secondary``: The second.
        """
        self._call("reject_subscription_key", which=which)

    def release_hung(self) -> None:
        """Lets every request go on that hangs now."""
        self._call("release_hung")

    def remove_user(self, msisdn: str) -> None:
        """Forgets a person; logins that were approved stay.

        Args:
            msisdn: The person's phone number.
        """
        self._call("remove_user", msisdn=msisdn)

    def requests(self, after: int | None = None) -> list[RecordedRequest]:
        """The latest 10,000 requests, oldest first, each with what was right and wrong about it.

        Args:
            after: Only requests with a greater id; 0, the default, gives all.

        Returns:
            Oldest first.
        """
        told = self._call("requests", after=after)
        return [RecordedRequest._of(item) for item in told["requests"]]

    def revoke_tokens(self) -> None:
        """All tokens issued so far, Login's included, are refused from now on (401)."""
        self._call("revoke_tokens")

    def rotate_keys(self) -> None:
        """Publishes new keys and signs with them from now on; the old ones stay published."""
        self._call("rotate_keys")

    def sales_unit_keys(self, msn: str) -> Keys:
        """A sales unit's own keys as they are now.

        Args:
            msn: Its merchant serial number.

        Returns:
            The keys of a partner or of a sales unit.
        """
        told = self._call("sales_unit_keys", msn=msn)
        return Keys._of(told)

    def scopes_outside_plan(self, outside: ScopeOutsidePlan) -> None:
        """What becomes of scopes that a sales unit's plan does not have.

        Args:
            outside: What becomes of them.

                * ``dropped``: Left out without a word, as the newest documents say; the log has it.
                * ``refused``: ``invalid_scope``, as older ones say.
        """
        self._call("scopes_outside_plan", outside=outside)

    def script(self, path: str, replies: Sequence[Reply | Mapping[str, Any]]) -> None:
        """The next requests to exactly this path get these replies, one each, before any failure.

        Args:
            path: Exactly this path, with any method.
            replies: One reply for each of the next requests.
        """
        self._call("script", path=path, replies=replies)

    def set_latency(self, endpoint: Endpoint, seconds: Span) -> None:
        """Each request to this endpoint is served only after so much real time.

        Args:
            endpoint: Which requests.

                * ``standard_token``: ``POST /accesstoken/get``, in any letter case.
                * ``specialized_token``: ``POST /miami/v1/token``.
                * ``discovery``: ``GET /access-management-1.0/access/.well-known/openid-configuration``.
                * ``jwks``: ``GET /access-management-1.0/access/.well-known/jwks.json``.
                * ``authorize``: ``GET /access-management-1.0/access/oauth2/auth``: the start of the browser flow.
                * ``login_token``: ``POST /access-management-1.0/access/oauth2/token``: the end of every Login flow.
                * ``userinfo``: ``GET /vipps-userinfo-api/userinfo``, with or without a slash at the end.
                * ``backchannel``: ``POST /vipps-login-ciba/api/backchannel/authentication``: the start of a login by
                  phone number.
                * ``user_exists``: ``POST /vipps-login-ciba/api/v1/user-exists``.
                * ``payments``: ``GET`` and ``POST`` at ``/epayment/v1/payments`` and below: a standard API, called for
                  one merchant.
                * ``revocation``: ``POST /access-management-1.0/access/oauth2/revoke``: ends a Login token (RFC 7009).
                * ``sales_units``: ``GET /management/v1/sales-units``, ``/management/v1/sales-units/{msn}`` and
                  ``/management/v1/merchants/{scheme}/{id}/sales-units``: a standard API, called for no merchant in
                  particular.
                * ``ledgers``: ``GET /settlement/v1/ledgers``: for specialised tokens, and for a sales unit's own.
                * ``donations``: ``GET /donations/v1/reports/payments``: for specialised tokens with the scope
                  ``donations:read``, and for partners.

            seconds: How much real time passes before each is served.
        """
        self._call("set_latency", endpoint=endpoint, seconds=seconds)

    def set_time(self, at: Moment) -> Now:
        """Stops the emulator's clock at a moment; from then on only ``advance`` moves it.

        Args:
            at: Where the clock is to stand.

        Returns:
            The emulator's clock.
        """
        told = self._call("set_time", at=at)
        return Now._of(told)

    def sign_webhook(self, url: str, secret: str, body: str, webhook_id: str | None = None) -> dict[str, str]:
        """The headers of a webhook, signed as the service signs them, for tests of code that checks signatures.

        Args:
            url: Where it is posted.
            secret: The secret of the registration.
            body: The body, byte for byte.
            webhook_id: The id of the registration; invented by default.

        Returns:
            By name.
        """
        told: dict[str, str] = self._call(
            "sign_webhook",
            url=url,
            secret=secret,
            body=body,
            webhook_id=webhook_id,
        )["headers"]
        return told

    def specialized_keys(self) -> SpecializedKeys:
        """The keys for ``/miami/v1/token``, and the scopes they may ask for.

        Returns:
            Accounting or donations keys, for ``/miami/v1/token``.
        """
        told = self._call("specialized_keys")
        return SpecializedKeys._of(told)

    def take_down(self, endpoint: Endpoint, down: bool | None = None) -> None:
        """Every request to an endpoint is answered with 503, until it is up again; what was staged comes first.

        Args:
            endpoint: Which requests are answered with 503.

                * ``standard_token``: ``POST /accesstoken/get``, in any letter case.
                * ``specialized_token``: ``POST /miami/v1/token``.
                * ``discovery``: ``GET /access-management-1.0/access/.well-known/openid-configuration``.
                * ``jwks``: ``GET /access-management-1.0/access/.well-known/jwks.json``.
                * ``authorize``: ``GET /access-management-1.0/access/oauth2/auth``: the start of the browser flow.
                * ``login_token``: ``POST /access-management-1.0/access/oauth2/token``: the end of every Login flow.
                * ``userinfo``: ``GET /vipps-userinfo-api/userinfo``, with or without a slash at the end.
                * ``backchannel``: ``POST /vipps-login-ciba/api/backchannel/authentication``: the start of a login by
                  phone number.
                * ``user_exists``: ``POST /vipps-login-ciba/api/v1/user-exists``.
                * ``payments``: ``GET`` and ``POST`` at ``/epayment/v1/payments`` and below: a standard API, called for
                  one merchant.
                * ``revocation``: ``POST /access-management-1.0/access/oauth2/revoke``: ends a Login token (RFC 7009).
                * ``sales_units``: ``GET /management/v1/sales-units``, ``/management/v1/sales-units/{msn}`` and
                  ``/management/v1/merchants/{scheme}/{id}/sales-units``: a standard API, called for no merchant in
                  particular.
                * ``ledgers``: ``GET /settlement/v1/ledgers``: for specialised tokens, and for a sales unit's own.
                * ``donations``: ``GET /donations/v1/reports/payments``: for specialised tokens with the scope
                  ``donations:read``, and for partners.

            down: Down or up again; down by default.
        """
        self._call("take_down", endpoint=endpoint, down=down)

    def token_lifetime(self, kind: TokenKind, seconds: Span) -> None:
        """How long tokens live that are issued from now on.

        Args:
            kind: Which tokens.

                * ``standard``: From ``/accesstoken/get``.
                * ``specialized``: From ``/miami/v1/token``.
                * ``login``: From Login's token endpoint, less those of the backchannel's polling, which say 300
                  seconds. Opens userinfo for ten minutes at most.

            seconds: How long those live that are issued from now on.
        """
        self._call("token_lifetime", kind=kind, seconds=seconds)

    def users(self) -> list[User]:
        """Everybody.

        Returns:
            By phone number.
        """
        told = self._call("users")
        return [User._of(item) for item in told["users"]]

    def withdraw_old_keys(self) -> None:
        """Publishes the current keys only."""
        self._call("withdraw_old_keys")

    def wrong_environment(self, on: bool | None = None) -> None:
        """Behaves as if all keys were for the other environment.

        Args:
            on: On by default.
        """
        self._call("wrong_environment", on=on)


class AsyncOperations(ABC):
    """Every control and every reading of a running emulator, for an event loop of ``asyncio``."""

    @abstractmethod
    async def _call_async(self, operation: str, /, **members: object) -> Any: ...

    @classmethod
    @abstractmethod
    def _start(cls: type[A], config: str | PathLike[str] | None, /, **options: object) -> Starting[A]: ...

    @classmethod
    def start(
        cls: type[A],
        *,
        config: str | PathLike[str] | None = None,
        forgiving: bool | None = None,
        keys_file: str | None = None,
        listen: str | None = None,
        merchants: Sequence[str] | None = None,
        mode: Mode | None = None,
        partner_keys: Keys | Mapping[str, Any] | None = None,
        port: int | None = None,
        public_url: str | None = None,
        rsa_bits: RsaBits | None = None,
        specialized_keys: SpecializedKeys | Mapping[str, Any] | None = None,
    ) -> Starting[A]:
        """Starts an emulator of this process's own, which ends with ``stop()``, the block, or this process.

        Args:
            config: A configuration file, in TOML or JSON: options and operations by name. What is given beside it goes
                first.
            forgiving: Whether what the documents forbid, but the service may forgive, is let through and reported
                instead of refused.
            keys_file: A file that keeps keys from one start to the next: what would be invented, and the keys that sign
                ID tokens. Made when it is not there. By default nothing is kept.
            listen: The address to listen at; 127.0.0.1 by default. With any other than a loopback address everybody who
                can reach this machine can read all keys and decide all logins: for containers and phones in a network
                of your own.
            merchants: Sales units that exist and are connected to the partner from the start.
            mode: Which of the two environments to imitate; decides how long standard tokens live.

                * ``production``: 86,398 seconds, ``ext_expires_in`` ``0``. The default, since partner keys exist only
                  there.
                * ``test``: 3,599 seconds, ``ext_expires_in`` the same. What the real test environment lacks still works
                  here, and is reported.

            partner_keys: The partner keys; invented by default.
            port: The port; 0 takes a free one.
            public_url: How it is reached from outside, such as ``https://api.vipps.no`` behind a proxy that ends TLS,
                or ``http://vipps:8585`` among containers: scheme, host and port, no path. Issuer, discovery, ``iss``,
                redirects and links name it, and its host is admitted to the page and the controls. By default where it
                listens.
            rsa_bits: The size of the RSA keys that sign ID tokens.

                * ``2048``: 2,048 bits: quick to make, the default.
                * ``3072``: 3,072 bits.
                * ``4096``: 4,096 bits, as in the documents' sample; takes seconds to make.

            specialized_keys: The keys for ``/miami/v1/token``; invented by default.
        """
        return cls._start(
            config,
            forgiving=forgiving,
            keys_file=keys_file,
            listen=listen,
            merchants=merchants,
            mode=mode,
            partner_keys=partner_keys,
            port=port,
            public_url=public_url,
            rsa_bits=rsa_bits,
            specialized_keys=specialized_keys,
        )

    async def accept_form_encoded_basic(self, on: bool | None = None) -> None:
        """Whether ``/miami/v1/token`` takes form-encoded parts beside raw ones: ``basic_encoding`` with ``any``, or
        ``raw`` when off.

        Args:
            on: On by default.
        """
        await self._call_async("accept_form_encoded_basic", on=on)

    async def add_merchant(
        self,
        msn: str,
        *,
        business: Business | Mapping[str, Any] | None = None,
        keys: Keys | Mapping[str, Any] | None = None,
        login_advanced_tier: bool | None = None,
        login_auth_method: LoginAuthMethod | None = None,
        login_scopes: Sequence[str] | None = None,
        name: str | None = None,
        redirect_uris: Sequence[str] | None = None,
    ) -> Keys:
        """Adds a sales unit that is connected to the partner, or changes, connects and activates one that is there. Gives
        its keys.

        A sales unit as it is to be; what is left out stays as it is, or is invented for a new one.

        Args:
            msn: Its merchant serial number.
            business: The merchant behind it, by its number in a register of businesses; invented by default.
            keys: Its own keys; parts that are left out are invented.
            login_advanced_tier: Whether it is in Login's advanced tier; yes by default.
            login_auth_method: How its own keys authenticate at Login; Basic by default.

                * ``client_secret_basic``: ``client_secret_basic``, the service's default; partners can act only for
                  sales units set to it.
                * ``client_secret_post``

            login_scopes: The scopes in its plan; by default all there are.
            name: The name that the person reads; ``Merchant`` and the MSN by default.
            redirect_uris: Redirect URIs to register, beside those that are registered already.

        Returns:
            The keys of a partner or of a sales unit.
        """
        told = await self._call_async(
            "add_merchant",
            msn=msn,
            business=business,
            keys=keys,
            login_advanced_tier=login_advanced_tier,
            login_auth_method=login_auth_method,
            login_scopes=login_scopes,
            name=name,
            redirect_uris=redirect_uris,
        )
        return Keys._of(told)

    async def add_user(
        self,
        msisdn: str,
        *,
        addresses: Sequence[Address | Mapping[str, Any]] | None = None,
        agreement: Any | None = None,
        app: App | None = None,
        birthdate: str | None = None,
        customer_token: str | None = None,
        email: str | None = None,
        email_verified: bool | None = None,
        family_name: str | None = None,
        flow_result: Any | None = None,
        gender: str | None = None,
        given_name: str | None = None,
        more_claims: Mapping[str, Any] | None = None,
        nin: str | None = None,
        person: str | None = None,
    ) -> None:
        """Adds a person, or replaces the one with this phone number. What is left out is as Kari Fixture has it.

        A person with a phone. All of it is invented; what is left out is as Kari Fixture has it.

        Args:
            msisdn: The phone number: 8 to 15 digits with country code, no ``+``. It names the person in all controls.
            addresses: The first one is the claim ``address``, the others are ``other_addresses``. None at all is
                possible.
            agreement: The claim ``agreement``, for logins by phone number with that scope; invented by default.
            app: The state of the Vipps app on the phone.

                * ``current``: It can log in.
                * ``outdated``: Too old: ``old_app`` from the backchannel, ``outdated_app_version`` in the browser flow.
                * ``inactive``: The account is inactive or the person under 15: ``invalid_user`` from the backchannel,
                  and no such user for user-exists.

            birthdate: ``YYYY-MM-DD``.
            customer_token: What ``urn:customer-token:`` in a login hint may name the person by.
            email: E-mail address.
            email_verified: Whether the address is verified: always in production.
            family_name: Last name.
            flow_result: The claim ``flowResult``, for logins with the scope ``customFlow``; invented by default.
            gender: Free text; in test mode the service has no such claim.
            given_name: First name.
            more_claims: More claims for userinfo, whatever the scopes.
            nin: National identity number; sales units need an approval for it.
            person: What the person's ``sub`` at each sales unit is derived from; the phone number by default. Set it to
                the old number when the number changes, and the ``sub`` stays, as it does with the service.
        """
        await self._call_async(
            "add_user",
            msisdn=msisdn,
            addresses=addresses,
            agreement=agreement,
            app=app,
            birthdate=birthdate,
            customer_token=customer_token,
            email=email,
            email_verified=email_verified,
            family_name=family_name,
            flow_result=flow_result,
            gender=gender,
            given_name=given_name,
            more_claims=more_claims,
            nin=nin,
            person=person,
        )

    async def advance(self, seconds: Span) -> Now:
        """Moves the emulator's clock ahead.

        Args:
            seconds: How far.

        Returns:
            The emulator's clock.
        """
        told = await self._call_async("advance", seconds=seconds)
        return Now._of(told)

    async def approve(self, id: str, msisdn: str | None = None) -> str | None:
        """A person approves a login.

        Args:
            id: The login.
            msisdn: Who approves; by default who was asked, or in the browser flow the first person there is.

        Returns:
            What the person's browser opens next; ``None`` when the login ends by polling.
        """
        told: str | None = (await self._call_async("approve", id=id, msisdn=msisdn))["url"]
        return told

    async def ask_person(self) -> None:
        """A person decides again."""
        await self._call_async("ask_person")

    async def auth_req_id_name(self, name: AuthReqIdName) -> None:
        """Under which name ID tokens of the backchannel's redirect variant carry the id of the request.

        Args:
            name: The claim's name.

                * ``auth_req_id``: ``auth_req_id``, as the documents' text has it.
                * ``authReqId``: ``authReqId``, as their sample has it.
                * ``urn:openid:params:jwt:claim:auth_req_id``: ``urn:openid:params:jwt:claim:auth_req_id``, as the
                  standard has it.
        """
        await self._call_async("auth_req_id_name", name=name)

    async def auto_approve(self, msisdn: str) -> None:
        """From now on this person approves every login in the browser at once.

        Args:
            msisdn: The person's phone number.
        """
        await self._call_async("auto_approve", msisdn=msisdn)

    async def auto_deny(self, error: str | None = None) -> None:
        """From now on every login in the browser ends at once with an error.

        Args:
            error: How logins end; ``access_denied`` by default.
        """
        await self._call_async("auto_deny", error=error)

    async def backchannel_error_code(self, on: bool | None = None) -> None:
        """Whether errors of the backchannel's start come in ``error_code`` instead of ``error``.

        Args:
            on: On by default.
        """
        await self._call_async("backchannel_error_code", on=on)

    async def backchannel_limit(self, logins: int) -> None:
        """How many logins by phone number may wait for one person at a time before the next gets a 429; 3 by default.

        Args:
            logins: How many may wait for one person at a time.
        """
        await self._call_async("backchannel_limit", logins=logins)

    async def basic_encoding(self, endpoint: Endpoint, encoding: BasicEncoding) -> None:
        """How an endpoint reads ``Authorization: Basic``: by default raw at ``specialized_token``, and either way
        elsewhere.

        Args:
            endpoint: One that takes Basic.

                * ``standard_token``: ``POST /accesstoken/get``, in any letter case.
                * ``specialized_token``: ``POST /miami/v1/token``.
                * ``discovery``: ``GET /access-management-1.0/access/.well-known/openid-configuration``.
                * ``jwks``: ``GET /access-management-1.0/access/.well-known/jwks.json``.
                * ``authorize``: ``GET /access-management-1.0/access/oauth2/auth``: the start of the browser flow.
                * ``login_token``: ``POST /access-management-1.0/access/oauth2/token``: the end of every Login flow.
                * ``userinfo``: ``GET /vipps-userinfo-api/userinfo``, with or without a slash at the end.
                * ``backchannel``: ``POST /vipps-login-ciba/api/backchannel/authentication``: the start of a login by
                  phone number.
                * ``user_exists``: ``POST /vipps-login-ciba/api/v1/user-exists``.
                * ``payments``: ``GET`` and ``POST`` at ``/epayment/v1/payments`` and below: a standard API, called for
                  one merchant.
                * ``revocation``: ``POST /access-management-1.0/access/oauth2/revoke``: ends a Login token (RFC 7009).
                * ``sales_units``: ``GET /management/v1/sales-units``, ``/management/v1/sales-units/{msn}`` and
                  ``/management/v1/merchants/{scheme}/{id}/sales-units``: a standard API, called for no merchant in
                  particular.
                * ``ledgers``: ``GET /settlement/v1/ledgers``: for specialised tokens, and for a sales unit's own.
                * ``donations``: ``GET /donations/v1/reports/payments``: for specialised tokens with the scope
                  ``donations:read``, and for partners.

            encoding: How it reads the two parts.

                * ``any``: Raw and form-encoded alike; raw is reported where it makes a difference.
                * ``raw``: Raw only, as Vipps' own examples have it.
                * ``form``: Form-encoded only (RFC 6749 section 2.3.1), as the server behind Login's token endpoint
                  reads it.
        """
        await self._call_async("basic_encoding", endpoint=endpoint, encoding=encoding)

    async def bend_next_id_token(
        self,
        *,
        access_token: str | None = None,
        acr: str | None = None,
        alg: SigningAlg | None = None,
        auth_req_id: Mapping[str, str] | None = None,
        claims: Mapping[str, Any] | None = None,
        header: Mapping[str, Any] | None = None,
        lifetime: Span | None = None,
        nonce: str | None = None,
        signed_by: SignedBy | None = None,
        subject: str | None = None,
        without_claims: Sequence[str] | None = None,
        without_header: Sequence[str] | None = None,
    ) -> None:
        """Bends the ID token of the next login that is exchanged; several calls queue up.

        What is changed about the next ID token of a login.

        Args:
            access_token: The access token that came along, from which ``at_hash`` is computed.
            acr: The authentication context.
            alg: The algorithm, and with it which of the two current keys signs.

                * ``RS256``: RSA with SHA-256, as in the browser flow.
                * ``ES256``: ECDSA on P-256 with SHA-256, as in the backchannel's redirect variant.

            auth_req_id: The id of the backchannel request, by the name of its claim; several names at once are
                possible.
            claims: Any claims with any values, also over what the other members say.
            header: Any members of the header with any values.
            lifetime: How long the token is valid from now; an hour by default.
            nonce: The ``nonce``.
            signed_by: Who signs.

                * ``current``: The key that signs now.
                * ``withdrawn``: The key that was withdrawn last, under its own ``kid``; if none was, one that never was
                  published.
                * ``unknown``: A key that never was published, under its own ``kid``.
                * ``forger``: A key that never was published, under the ``kid`` of the current one.
                * ``public_key_hmac``: An HMAC keyed with the current RSA public key in PEM, ``alg`` ``HS256``.
                * ``nobody``: Nobody: ``alg`` ``none``, the signature empty.

            subject: The person; by default the one who logged in, or Kari Fixture.
            without_claims: Claims to leave out.
            without_header: Members of the header to leave out.
        """
        await self._call_async(
            "bend_next_id_token",
            access_token=access_token,
            acr=acr,
            alg=alg,
            auth_req_id=auth_req_id,
            claims=claims,
            header=header,
            lifetime=lifetime,
            nonce=nonce,
            signed_by=signed_by,
            subject=subject,
            without_claims=without_claims,
            without_header=without_header,
        )

    async def check_msn_on_token(self, on: bool | None = None) -> None:
        """Whether ``/accesstoken/get`` refuses a ``Merchant-Serial-Number`` that the keys may not act for; else it only
        reports it.

        Args:
            on: On by default.
        """
        await self._call_async("check_msn_on_token", on=on)

    async def clear_failures(self) -> None:
        """Forgets failures and scripts that have not been played yet, and ends outages."""
        await self._call_async("clear_failures")

    async def clear_requests(self) -> None:
        """Empties the log, that of the pings included, and sets all counts to zero."""
        await self._call_async("clear_requests")

    async def consent_revoked_body(self, msn: str, msisdn: str) -> str:
        """The body of the consent-revoked callback, which nobody signed, for a person at a sales unit.

        Args:
            msn: The sales unit.
            msisdn: The person's phone number.

        Returns:
            Byte for byte.
        """
        told: str = (await self._call_async("consent_revoked_body", msn=msn, msisdn=msisdn))["body"]
        return told

    async def count(self, path: str) -> int:
        """How many requests came to this path, answered or not.

        Args:
            path: As sent, without the query.

        Returns:
            How many.
        """
        told: int = (await self._call_async("count", path=path))["count"]
        return told

    async def deactivate_merchant(self, msn: str) -> None:
        """A sales unit is blocked: calls for it end in the old payment APIs' error 37.

        Args:
            msn: Its merchant serial number.
        """
        await self._call_async("deactivate_merchant", msn=msn)

    async def deactivate_partner(self, on: bool | None = None) -> None:
        """The partner itself is deactivated: every call of its keys for a merchant ends in error 37.

        Args:
            on: On by default.
        """
        await self._call_async("deactivate_partner", on=on)

    async def deny(self, id: str, error: str | None = None) -> str | None:
        """A person denies a login, or it ends with another error.

        Args:
            id: The login.
            error: How it ends; ``access_denied`` by default.

        Returns:
            What the person's browser opens next; ``None`` when the login ends by polling.
        """
        told: str | None = (await self._call_async("deny", id=id, error=error))["url"]
        return told

    async def disconnect_merchant(self, msn: str) -> None:
        """The partner may no longer act for a sales unit (403); its own keys go on working.

        Args:
            msn: Its merchant serial number.
        """
        await self._call_async("disconnect_merchant", msn=msn)

    async def discovery(self, *, document: DiscoveryDocument | None = None, revocation: bool | None = None) -> None:
        """Which of the known discovery documents is served.

        Args:
            document: Which document; the newest by default.

                * ``newest``: That of today's documents: short lists, ``S256`` alone.
                * ``older``: That of older snapshots: more members, more scopes, ``plain`` beside ``S256``.

            revocation: Whether it names the ``revocation_endpoint``; yes by default.
        """
        await self._call_async("discovery", document=document, revocation=revocation)

    async def environment(self, msn: str | None = None) -> dict[str, str]:
        """What a program needs that reads its settings from the environment: the emulator's address, the partner's keys or
        those of a sales unit, and an invented system.

        Args:
            msn: The sales unit whose own keys are named; without it the partner's keys are.

        Returns:
            By name.
        """
        told: dict[str, str] = (await self._call_async("environment", msn=msn))["variables"]
        return told

    async def fail_next(
        self,
        endpoint: Endpoint,
        *,
        delay: Span | None = None,
        error: str | None = None,
        kind: Mishap | None = None,
        retry_after: int | str | None = None,
        shape: ErrorShape | None = None,
        status: int | None = None,
        times: int | None = None,
    ) -> None:
        """The next requests to an endpoint fail; several calls queue up.

        Exactly one of ``status``, ``kind`` and ``delay`` says what happens.

        Args:
            endpoint: Which requests.

                * ``standard_token``: ``POST /accesstoken/get``, in any letter case.
                * ``specialized_token``: ``POST /miami/v1/token``.
                * ``discovery``: ``GET /access-management-1.0/access/.well-known/openid-configuration``.
                * ``jwks``: ``GET /access-management-1.0/access/.well-known/jwks.json``.
                * ``authorize``: ``GET /access-management-1.0/access/oauth2/auth``: the start of the browser flow.
                * ``login_token``: ``POST /access-management-1.0/access/oauth2/token``: the end of every Login flow.
                * ``userinfo``: ``GET /vipps-userinfo-api/userinfo``, with or without a slash at the end.
                * ``backchannel``: ``POST /vipps-login-ciba/api/backchannel/authentication``: the start of a login by
                  phone number.
                * ``user_exists``: ``POST /vipps-login-ciba/api/v1/user-exists``.
                * ``payments``: ``GET`` and ``POST`` at ``/epayment/v1/payments`` and below: a standard API, called for
                  one merchant.
                * ``revocation``: ``POST /access-management-1.0/access/oauth2/revoke``: ends a Login token (RFC 7009).
                * ``sales_units``: ``GET /management/v1/sales-units``, ``/management/v1/sales-units/{msn}`` and
                  ``/management/v1/merchants/{scheme}/{id}/sales-units``: a standard API, called for no merchant in
                  particular.
                * ``ledgers``: ``GET /settlement/v1/ledgers``: for specialised tokens, and for a sales unit's own.
                * ``donations``: ``GET /donations/v1/reports/payments``: for specialised tokens with the scope
                  ``donations:read``, and for partners.

            delay: The request is served after this much real time.
            error: The OAuth error code, with ``status``, in the shapes that have one.
            kind: Something worse than an error reply.

                * ``drop_before_reading``: The connection is dropped with the body unread; nothing was done.
                * ``drop_after_reading``: The request is served, then the connection is dropped instead of the reply:
                  the caller can't know.
                * ``hang``: No reply until ``release_hung``; then the request is served.

            retry_after: The ``Retry-After`` header, with ``status``: seconds or an HTTP date.
            shape: The shape of the error's body, with ``status``; ``apim`` by default.

                * ``aad``: Azure AD: ``error``, ``error_description``, ``error_codes``, trace ids.
                * ``oauth``: OAuth (RFC 6749 section 5.2): ``error``, ``error_description``.
                * ``apim``: Azure API Management: ``statusCode``, ``message``.
                * ``gateway_legacy``: The gateway's older voice: ``responseInfo``, ``result``.
                * ``problem``: RFC 9457 problem details.
                * ``ecom_list``: An array of ``errorGroup``, ``errorCode``, ``errorMessage``.
                * ``strings``: An array of strings.
                * ``text``: Plain text.
                * ``html``: A web page.
                * ``firewall``: The web page of the firewall in front of all APIs, which some harmless requests meet
                  with 403.
                * ``empty``: No body at all.

            status: An error reply with this HTTP status; nothing is done.
            times: How many of them; one by default.
        """
        await self._call_async(
            "fail_next",
            endpoint=endpoint,
            delay=delay,
            error=error,
            kind=kind,
            retry_after=retry_after,
            shape=shape,
            status=status,
            times=times,
        )

    async def fields(self, fields: Fields) -> None:
        """How many fields ``/accesstoken/get`` replies with.

        Args:
            fields: How many.

                * ``seven``: All seven of the specification.
                * ``four``: The four of the newest documents: ``token_type``, ``expires_in``, ``expires_on``,
                  ``access_token``.
        """
        await self._call_async("fields", fields=fields)

    async def forgiving(self, on: bool | None = None) -> None:
        """Lets through and reports what the documents forbid but the service may forgive, instead of refusing it.

        Args:
            on: On by default.
        """
        await self._call_async("forgiving", on=on)

    async def info(self) -> Info:
        """Where the emulator is and what it imitates.

        Returns:
            Where an emulator is and what it imitates.
        """
        told = await self._call_async("info")
        return Info._of(told)

    async def jwks(self) -> dict[str, Any]:
        """The published keys.

        Returns:
            The published keys (RFC 7517).
        """
        told: dict[str, Any] = (await self._call_async("jwks"))["jwks"]
        return told

    async def jwks_cache_control(self, value: str | None = None) -> None:
        """The ``Cache-Control`` of the published keys; none by default.

        Args:
            value: The header's value; ``None`` or nothing: no such header.
        """
        await self._call_async("jwks_cache_control", value=value)

    async def jwks_outage(self, on: bool | None = None) -> None:
        """Whether the published keys are out of reach (503).

        Args:
            on: On by default.
        """
        await self._call_async("jwks_outage", on=on)

    async def login_advanced_tier(self, msn: str, on: bool | None = None) -> None:
        """Whether a sales unit is in Login's advanced tier, which ``acr_values`` and the scope ``customFlow`` need.

        Args:
            msn: The sales unit.
            on: Whether it is in the advanced tier; yes by default.
        """
        await self._call_async("login_advanced_tier", msn=msn, on=on)

    async def login_auth_method(self, msn: str, method: LoginAuthMethod) -> None:
        """How a sales unit's own keys authenticate at Login.

        Args:
            msn: The sales unit.
            method: How its own keys authenticate.

                * ``client_secret_basic``: ``client_secret_basic``, the service's default; partners can act only for
                  sales units set to it.
                * ``client_secret_post``
        """
        await self._call_async("login_auth_method", msn=msn, method=method)

    async def login_scopes(self, msn: str, scopes: Sequence[str]) -> None:
        """The scopes in a sales unit's plan.

        Args:
            msn: The sales unit.
            scopes: The scopes in its plan.
        """
        await self._call_async("login_scopes", msn=msn, scopes=scopes)

    async def logins(self) -> list[RecordedLogin]:
        """The latest 10,000 logins, oldest first.

        Returns:
            Oldest first.
        """
        told = await self._call_async("logins")
        return [RecordedLogin._of(item) for item in told["logins"]]

    async def merchants(self) -> list[Merchant]:
        """Every sales unit and how it is set up.

        Returns:
            Every sales unit, by MSN.
        """
        told = await self._call_async("merchants")
        return [Merchant._of(item) for item in told["merchants"]]

    async def mint_id_token(
        self,
        msn: str,
        *,
        access_token: str | None = None,
        acr: str | None = None,
        alg: SigningAlg | None = None,
        auth_req_id: Mapping[str, str] | None = None,
        claims: Mapping[str, Any] | None = None,
        header: Mapping[str, Any] | None = None,
        lifetime: Span | None = None,
        nonce: str | None = None,
        signed_by: SignedBy | None = None,
        subject: str | None = None,
        without_claims: Sequence[str] | None = None,
        without_header: Sequence[str] | None = None,
    ) -> str:
        """Makes an ID token, good or wrong, on the emulator's clock.

        An ID token for a sales unit, good except for what you change.

        Args:
            msn: The sales unit; one that is not there gets an invented ``client_id``.
            access_token: The access token that came along, from which ``at_hash`` is computed.
            acr: The authentication context.
            alg: The algorithm, and with it which of the two current keys signs.

                * ``RS256``: RSA with SHA-256, as in the browser flow.
                * ``ES256``: ECDSA on P-256 with SHA-256, as in the backchannel's redirect variant.

            auth_req_id: The id of the backchannel request, by the name of its claim; several names at once are
                possible.
            claims: Any claims with any values, also over what the other members say.
            header: Any members of the header with any values.
            lifetime: How long the token is valid from now; an hour by default.
            nonce: The ``nonce``.
            signed_by: Who signs.

                * ``current``: The key that signs now.
                * ``withdrawn``: The key that was withdrawn last, under its own ``kid``; if none was, one that never was
                  published.
                * ``unknown``: A key that never was published, under its own ``kid``.
                * ``forger``: A key that never was published, under the ``kid`` of the current one.
                * ``public_key_hmac``: An HMAC keyed with the current RSA public key in PEM, ``alg`` ``HS256``.
                * ``nobody``: Nobody: ``alg`` ``none``, the signature empty.

            subject: The person; by default the one who logged in, or Kari Fixture.
            without_claims: Claims to leave out.
            without_header: Members of the header to leave out.

        Returns:
            The token.
        """
        told: str = (await self._call_async(
            "mint_id_token",
            msn=msn,
            access_token=access_token,
            acr=acr,
            alg=alg,
            auth_req_id=auth_req_id,
            claims=claims,
            header=header,
            lifetime=lifetime,
            nonce=nonce,
            signed_by=signed_by,
            subject=subject,
            without_claims=without_claims,
            without_header=without_header,
        ))["id_token"]
        return told

    async def name_merchant(self, msn: str, name: str) -> None:
        """The name that the person reads.

        Args:
            msn: The sales unit.
            name: What the person reads.
        """
        await self._call_async("name_merchant", msn=msn, name=name)

    async def now(self) -> Now:
        """The emulator's time.

        Returns:
            The emulator's clock.
        """
        told = await self._call_async("now")
        return Now._of(told)

    async def numbers(self, numbers: Numbers) -> None:
        """How the token endpoints spell numbers.

        Args:
            numbers: The spelling.

                * ``as_documented``: Strings from ``/accesstoken/get``, a number from ``/miami/v1/token``: what the
                  documents show.
                * ``strings``: Strings from both.
                * ``numbers``: Numbers from both.
        """
        await self._call_async("numbers", numbers=numbers)

    async def partner_keys(self) -> Keys:
        """The partner's keys as they are now.

        Returns:
            The keys of a partner or of a sales unit.
        """
        told = await self._call_async("partner_keys")
        return Keys._of(told)

    async def partner_token_refusal(self, by: PartnerTokenRefusal) -> None:
        """Who refuses a partner's token that has ended, at Login's token endpoint and the backchannel.

        Args:
            by: Who refuses.

                * ``oauth``: The server behind: 401 ``invalid_client``.
                * ``gateway``: The gateway in front: 401 in the shape of Azure API Management.
        """
        await self._call_async("partner_token_refusal", by=by)

    async def ping_body(self, id: str) -> str:
        """The body of the ping for a login that is finished by polling.

        Args:
            id: The login.

        Returns:
            Byte for byte.
        """
        told: str = (await self._call_async("ping_body", id=id))["body"]
        return told

    async def ping_url(
        self,
        *,
        secret: str | None = None,
        url: str | None = None,
        webhook_id: str | None = None,
        whole_partner: bool | None = None,
    ) -> None:
        """Has every decision about a login by phone number posted to an address: ``login.merchant-initiated.ping.v1``.

        Args:
            secret: The secret of the registration; without it pings are not signed.
            url: Where pings go; ``None`` or nothing ends them.
            webhook_id: The id of the registration; invented by default.
            whole_partner: Whether the body names the merchant, as for a registration without an MSN.
        """
        await self._call_async("ping_url", secret=secret, url=url, webhook_id=webhook_id, whole_partner=whole_partner)

    async def pings(self) -> list[RecordedPing]:
        """The latest 1,000 pings and what came of them.

        Returns:
            Oldest first.
        """
        told = await self._call_async("pings")
        return [RecordedPing._of(item) for item in told["pings"]]

    async def real_time(self) -> Now:
        """The emulator's clock shows the real time again, and runs.

        Returns:
            The emulator's clock.
        """
        told = await self._call_async("real_time")
        return Now._of(told)

    async def register_redirect_uri(self, msn: str, redirect_uri: str) -> None:
        """Registers a ``redirect_uri`` or ``app_callback_uri`` of a sales unit.

        Args:
            msn: The sales unit.
            redirect_uri: A ``redirect_uri`` or ``app_callback_uri``, compared byte for byte.
        """
        await self._call_async("register_redirect_uri", msn=msn, redirect_uri=redirect_uri)

    async def reject_subscription_key(self, which: SubscriptionKey) -> None:
        """Regenerates one subscription key of every pair: the old one is refused from now on.

        Args:
            which: The key that is regenerated.

                * ``primary``: The first.
                * ``secondary``: The second.
        """
        await self._call_async("reject_subscription_key", which=which)

    async def release_hung(self) -> None:
        """Lets every request go on that hangs now."""
        await self._call_async("release_hung")

    async def remove_user(self, msisdn: str) -> None:
        """Forgets a person; logins that were approved stay.

        Args:
            msisdn: The person's phone number.
        """
        await self._call_async("remove_user", msisdn=msisdn)

    async def requests(self, after: int | None = None) -> list[RecordedRequest]:
        """The latest 10,000 requests, oldest first, each with what was right and wrong about it.

        Args:
            after: Only requests with a greater id; 0, the default, gives all.

        Returns:
            Oldest first.
        """
        told = await self._call_async("requests", after=after)
        return [RecordedRequest._of(item) for item in told["requests"]]

    async def revoke_tokens(self) -> None:
        """All tokens issued so far, Login's included, are refused from now on (401)."""
        await self._call_async("revoke_tokens")

    async def rotate_keys(self) -> None:
        """Publishes new keys and signs with them from now on; the old ones stay published."""
        await self._call_async("rotate_keys")

    async def sales_unit_keys(self, msn: str) -> Keys:
        """A sales unit's own keys as they are now.

        Args:
            msn: Its merchant serial number.

        Returns:
            The keys of a partner or of a sales unit.
        """
        told = await self._call_async("sales_unit_keys", msn=msn)
        return Keys._of(told)

    async def scopes_outside_plan(self, outside: ScopeOutsidePlan) -> None:
        """What becomes of scopes that a sales unit's plan does not have.

        Args:
            outside: What becomes of them.

                * ``dropped``: Left out without a word, as the newest documents say; the log has it.
                * ``refused``: ``invalid_scope``, as older ones say.
        """
        await self._call_async("scopes_outside_plan", outside=outside)

    async def script(self, path: str, replies: Sequence[Reply | Mapping[str, Any]]) -> None:
        """The next requests to exactly this path get these replies, one each, before any failure.

        Args:
            path: Exactly this path, with any method.
            replies: One reply for each of the next requests.
        """
        await self._call_async("script", path=path, replies=replies)

    async def set_latency(self, endpoint: Endpoint, seconds: Span) -> None:
        """Each request to this endpoint is served only after so much real time.

        Args:
            endpoint: Which requests.

                * ``standard_token``: ``POST /accesstoken/get``, in any letter case.
                * ``specialized_token``: ``POST /miami/v1/token``.
                * ``discovery``: ``GET /access-management-1.0/access/.well-known/openid-configuration``.
                * ``jwks``: ``GET /access-management-1.0/access/.well-known/jwks.json``.
                * ``authorize``: ``GET /access-management-1.0/access/oauth2/auth``: the start of the browser flow.
                * ``login_token``: ``POST /access-management-1.0/access/oauth2/token``: the end of every Login flow.
                * ``userinfo``: ``GET /vipps-userinfo-api/userinfo``, with or without a slash at the end.
                * ``backchannel``: ``POST /vipps-login-ciba/api/backchannel/authentication``: the start of a login by
                  phone number.
                * ``user_exists``: ``POST /vipps-login-ciba/api/v1/user-exists``.
                * ``payments``: ``GET`` and ``POST`` at ``/epayment/v1/payments`` and below: a standard API, called for
                  one merchant.
                * ``revocation``: ``POST /access-management-1.0/access/oauth2/revoke``: ends a Login token (RFC 7009).
                * ``sales_units``: ``GET /management/v1/sales-units``, ``/management/v1/sales-units/{msn}`` and
                  ``/management/v1/merchants/{scheme}/{id}/sales-units``: a standard API, called for no merchant in
                  particular.
                * ``ledgers``: ``GET /settlement/v1/ledgers``: for specialised tokens, and for a sales unit's own.
                * ``donations``: ``GET /donations/v1/reports/payments``: for specialised tokens with the scope
                  ``donations:read``, and for partners.

            seconds: How much real time passes before each is served.
        """
        await self._call_async("set_latency", endpoint=endpoint, seconds=seconds)

    async def set_time(self, at: Moment) -> Now:
        """Stops the emulator's clock at a moment; from then on only ``advance`` moves it.

        Args:
            at: Where the clock is to stand.

        Returns:
            The emulator's clock.
        """
        told = await self._call_async("set_time", at=at)
        return Now._of(told)

    async def sign_webhook(self, url: str, secret: str, body: str, webhook_id: str | None = None) -> dict[str, str]:
        """The headers of a webhook, signed as the service signs them, for tests of code that checks signatures.

        Args:
            url: Where it is posted.
            secret: The secret of the registration.
            body: The body, byte for byte.
            webhook_id: The id of the registration; invented by default.

        Returns:
            By name.
        """
        told: dict[str, str] = (await self._call_async(
            "sign_webhook",
            url=url,
            secret=secret,
            body=body,
            webhook_id=webhook_id,
        ))["headers"]
        return told

    async def specialized_keys(self) -> SpecializedKeys:
        """The keys for ``/miami/v1/token``, and the scopes they may ask for.

        Returns:
            Accounting or donations keys, for ``/miami/v1/token``.
        """
        told = await self._call_async("specialized_keys")
        return SpecializedKeys._of(told)

    async def take_down(self, endpoint: Endpoint, down: bool | None = None) -> None:
        """Every request to an endpoint is answered with 503, until it is up again; what was staged comes first.

        Args:
            endpoint: Which requests are answered with 503.

                * ``standard_token``: ``POST /accesstoken/get``, in any letter case.
                * ``specialized_token``: ``POST /miami/v1/token``.
                * ``discovery``: ``GET /access-management-1.0/access/.well-known/openid-configuration``.
                * ``jwks``: ``GET /access-management-1.0/access/.well-known/jwks.json``.
                * ``authorize``: ``GET /access-management-1.0/access/oauth2/auth``: the start of the browser flow.
                * ``login_token``: ``POST /access-management-1.0/access/oauth2/token``: the end of every Login flow.
                * ``userinfo``: ``GET /vipps-userinfo-api/userinfo``, with or without a slash at the end.
                * ``backchannel``: ``POST /vipps-login-ciba/api/backchannel/authentication``: the start of a login by
                  phone number.
                * ``user_exists``: ``POST /vipps-login-ciba/api/v1/user-exists``.
                * ``payments``: ``GET`` and ``POST`` at ``/epayment/v1/payments`` and below: a standard API, called for
                  one merchant.
                * ``revocation``: ``POST /access-management-1.0/access/oauth2/revoke``: ends a Login token (RFC 7009).
                * ``sales_units``: ``GET /management/v1/sales-units``, ``/management/v1/sales-units/{msn}`` and
                  ``/management/v1/merchants/{scheme}/{id}/sales-units``: a standard API, called for no merchant in
                  particular.
                * ``ledgers``: ``GET /settlement/v1/ledgers``: for specialised tokens, and for a sales unit's own.
                * ``donations``: ``GET /donations/v1/reports/payments``: for specialised tokens with the scope
                  ``donations:read``, and for partners.

            down: Down or up again; down by default.
        """
        await self._call_async("take_down", endpoint=endpoint, down=down)

    async def token_lifetime(self, kind: TokenKind, seconds: Span) -> None:
        """How long tokens live that are issued from now on.

        Args:
            kind: Which tokens.

                * ``standard``: From ``/accesstoken/get``.
                * ``specialized``: From ``/miami/v1/token``.
                * ``login``: From Login's token endpoint, less those of the backchannel's polling, which say 300
                  seconds. Opens userinfo for ten minutes at most.

            seconds: How long those live that are issued from now on.
        """
        await self._call_async("token_lifetime", kind=kind, seconds=seconds)

    async def users(self) -> list[User]:
        """Everybody.

        Returns:
            By phone number.
        """
        told = await self._call_async("users")
        return [User._of(item) for item in told["users"]]

    async def withdraw_old_keys(self) -> None:
        """Publishes the current keys only."""
        await self._call_async("withdraw_old_keys")

    async def wrong_environment(self, on: bool | None = None) -> None:
        """Behaves as if all keys were for the other environment.

        Args:
            on: On by default.
        """
        await self._call_async("wrong_environment", on=on)
