"""Tokens, headers, Login and ID-token checks for Vipps MobilePay partners.

A partner runs integrations for many merchants with one set of keys. Each call needs a fresh access token and the right
headers for the right merchant, named by its merchant serial number (MSN); each login needs an ID-token check by the
``msn`` claim. This package does these things, and nothing else.

    from vipps_partner_auth import Partner, PartnerKeys, SystemInfo

    partner = Partner(PartnerKeys.from_env(), SystemInfo("acme", "3.1.2"), environment="production")
    shop = partner.merchant("123456")
    headers = shop.headers()            # or: await shop.headers_async()

Not an official Vipps MobilePay product.
"""

import atexit as _atexit

from . import _native
from ._client import Authorization, Backchannel, Caller, IdTokenVerifier, Login, Merchant, Partner
from ._errors import (
    CredentialsRejectedError,
    ForbiddenError,
    InternalError,
    InvalidConfigError,
    InvalidIdTokenError,
    InvalidWebhookError,
    LoginFailedError,
    ProtocolError,
    RateLimitedError,
    TimedOutError,
    UnavailableError,
    VippsAuthError,
)
from ._native import (
    APP_AUTH,
    AccessToken,
    Address,
    AuthorizationCode,
    BackchannelPing,
    BackchannelState,
    Environment,
    Event,
    IdTokenClaims,
    LoginRequest,
    LoginResult,
    LoginToken,
    ManualClock,
    PartnerKeys,
    PendingLogin,
    PspKeys,
    SalesUnitKeys,
    SpecializedKeys,
    Stats,
    SystemInfo,
    UnverifiedConsentRevoked,
    Userinfo,
    VerifiedWebhook,
    WebhookVerifier,
    __version__,
)
from ._own import NotSentError, TransportReply, TransportRequest
from ._told import (
    Agreement,
    CheckFinding,
    FlowElement,
    FlowLink,
    FlowResult,
    FlowScreen,
    MerchantCheck,
    SalesUnit,
    SalesUnitChanges,
    SalesUnitStatus,
)

_atexit.register(_native.end)

__all__ = [
    "APP_AUTH",
    "AccessToken",
    "Address",
    "Agreement",
    "Authorization",
    "AuthorizationCode",
    "Backchannel",
    "BackchannelPing",
    "BackchannelState",
    "Caller",
    "CheckFinding",
    "CredentialsRejectedError",
    "Environment",
    "Event",
    "FlowElement",
    "FlowLink",
    "FlowResult",
    "FlowScreen",
    "ForbiddenError",
    "IdTokenClaims",
    "IdTokenVerifier",
    "InternalError",
    "InvalidConfigError",
    "InvalidIdTokenError",
    "InvalidWebhookError",
    "Login",
    "LoginFailedError",
    "LoginRequest",
    "LoginResult",
    "LoginToken",
    "ManualClock",
    "Merchant",
    "MerchantCheck",
    "NotSentError",
    "Partner",
    "PartnerKeys",
    "PendingLogin",
    "ProtocolError",
    "PspKeys",
    "RateLimitedError",
    "SalesUnit",
    "SalesUnitChanges",
    "SalesUnitKeys",
    "SalesUnitStatus",
    "SpecializedKeys",
    "Stats",
    "SystemInfo",
    "TimedOutError",
    "TransportReply",
    "TransportRequest",
    "UnavailableError",
    "UnverifiedConsentRevoked",
    "Userinfo",
    "VerifiedWebhook",
    "VippsAuthError",
    "WebhookVerifier",
    "__version__",
]

# Shown by these names in tracebacks and documentation: where a class is written down is nobody's business.
for _name in __all__:
    _public = globals()[_name]
    if isinstance(_public, type) and _public.__module__ != __name__:
        _public.__module__ = __name__
