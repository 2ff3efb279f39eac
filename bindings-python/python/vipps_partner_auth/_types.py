"""Named arguments, for type checkers. Not imported when the package runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Literal, TypedDict, Union

from ._native import Environment, Event, ManualClock

Span = Union[float, timedelta]


class Expect(TypedDict, total=False):
    """What an ID token must say besides the MSN."""

    flow: Literal["browser", "backchannel", "backchannel_redirect"] | None
    nonce: str | None
    client_id: str | None
    access_token: str | None
    acr: str | None
    auth_req_id: str | None


class LoginOptions(TypedDict, total=False):
    """What may differ from one login in the browser to the next."""

    market: Literal["NO", "DK", "FI", "SE"] | None
    acr_values: str | None
    requested_flow: Literal["app_to_app_v2", "app_to_app", "automatic_return_from_vipps_app"] | None
    app_callback_uri: str | None
    final_redirect_is_app: bool | None


class BackchannelOptions(TypedDict, total=False):
    """What may differ from one login by phone number to the next."""

    binding_message: str | None
    requested_expiry: Span | None
    redirect_uri: str | None


class OtherSettings(TypedDict, total=False):
    """Everything that can be set but the environment."""

    connect_timeout: Span | None
    request_timeout: Span | None
    deadline: Span | None
    leeway: Span | None
    stale_keys_for: Span | None
    ca_pem: str | bytes | None
    redis_url: str | None
    redis_ca_pem: str | bytes | None
    basic_encoding: Literal["raw", "form"] | None
    login_basic_encoding: Literal["raw", "form"] | None
    login_auth_method: Literal["client_secret_basic", "client_secret_post"] | None
    allow_partner_keys_in_test: bool | None
    trusted_origins: Iterable[str] | None
    on_event: Callable[[Event], object] | None
    clock: ManualClock | None


class Settings(OtherSettings, total=False):
    """Everything that can be set."""

    environment: str | Environment | None
