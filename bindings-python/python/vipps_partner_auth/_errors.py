"""What can go wrong, told by what the reader should do about it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta
    from typing import Any


class VippsAuthError(Exception):
    """The base of all errors of this package. Its text holds no secret and no response body."""

    code: str = "internal"
    """The stable code, the same string in every language."""
    detail: str
    """What happened, in words, without the variables."""
    retryable: bool = False
    """Whether the same call may succeed later without anybody changing anything."""
    field: str | None = None
    """The setting or argument that was wrong."""
    claim: str | None = None
    """The check of the ID token that failed."""
    reason: str | None = None
    """Why a login failed, or what of a webhook differs."""
    status: int | None = None
    """The HTTP status of the reply."""
    oauth_error: str | None = None
    """The ``error`` of an OAuth reply."""
    trace_id: str | None = None
    """The id under which Vipps can find the request in its logs."""
    retry_after: timedelta | None = None
    """How long to wait before the next try."""
    hint: str | None = None
    """The likely cause and its cure."""

    def __init__(self, text: str = "", **fields: Any) -> None:
        super().__init__(text)
        self.detail = text
        for name, value in fields.items():
            if name not in VippsAuthError.__annotations__:
                raise TypeError(f"an error has no {name}")
            setattr(self, name, value)

    def __reduce__(self) -> tuple[Callable[..., VippsAuthError], tuple[object, ...]]:
        return restored, (type(self), str(self), fields_of(self))


class InvalidConfigError(VippsAuthError, ValueError):
    """A setting or an argument is wrong: fix it. ``field`` names it."""

    code = "invalid_config"


class CredentialsRejectedError(VippsAuthError):
    """Vipps does not know these keys: check keys and environment. ``hint`` names the likely cause."""

    code = "credentials_rejected"


class ForbiddenError(VippsAuthError):
    """The keys are fine, but not for this MSN, scope or product."""

    code = "forbidden"


class RateLimitedError(VippsAuthError):
    """Too many requests: wait for ``retry_after``."""

    code = "rate_limited"
    retryable = True


class UnavailableError(VippsAuthError):
    """Network, timeout or 5xx: try again later."""

    code = "unavailable"
    retryable = True


class LoginFailedError(VippsAuthError):
    """The login ended without a user: start it again. ``reason`` says why."""

    code = "login_failed"


class InvalidIdTokenError(VippsAuthError):
    """The ID token is not good: reject the user. ``claim`` names the check that failed."""

    code = "invalid_id_token"


class InvalidWebhookError(VippsAuthError):
    """The call is not one that Vipps sent, or not as it was sent: answer 401. ``reason`` names what differs."""

    code = "invalid_webhook"


class ProtocolError(VippsAuthError):
    """The service's reply was not understood: report it."""

    code = "protocol"


class InternalError(VippsAuthError):
    """A bug in this library."""

    code = "internal"


_BY_CODE: dict[str, type[VippsAuthError]] = {kind.code: kind for kind in VippsAuthError.__subclasses__()}


class TimedOutError(UnavailableError, TimeoutError):
    """The ``timeout`` of the call was over. What it was about may go on in the background: call again."""


def make(code: str, text: str, fields: Mapping[str, Any]) -> VippsAuthError:
    """The error with this code; one that is newer than this file is told by its base."""
    error = _BY_CODE.get(code, VippsAuthError)(text, **fields)
    error.code = code
    return error


def timed_out() -> TimedOutError:
    """For a call whose time is over."""
    return TimedOutError("the time limit of the call was over", retryable=True)


def fields_of(error: VippsAuthError) -> dict[str, Any]:
    """What is known of this error besides its text."""
    return {name: value for name, value in error.__dict__.items() if name in VippsAuthError.__annotations__}


def restored(kind: type[VippsAuthError], text: str, fields: Mapping[str, Any]) -> VippsAuthError:
    """An error of this class, as it was: out of a pickle, or once more for another who waited for the same."""
    return kind(text, **fields)
