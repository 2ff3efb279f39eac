"""A shop where people log in with Vipps, on behalf of one merchant of a partner: start, callback, session, logout, error pages.

The partner knows no `client_id` of the merchant. The library checks the ID token by the merchant's MSN instead, so a login at
another merchant does not open this shop.

Against the emulator; then open http://localhost:3000/ in your browser:

    vipps-emulator --config ../emulator.toml
    env $(cat ../emulator.env) uvicorn shop_login:app --port 3000 --no-access-log

(Without the access log, since it would hold the codes of logins, which come in the callback's URL.)

Against Vipps set the partner keys instead (docs/settings.md has all variables), and leave VIPPS_ENVIRONMENT out:

    VIPPS_CLIENT_ID, VIPPS_CLIENT_SECRET, VIPPS_SUBSCRIPTION_KEY
    VIPPS_SYSTEM_NAME, VIPPS_SYSTEM_VERSION     your system
    SHOP_MSN                                    the merchant's sales unit
    SHOP_CALLBACK                               its redirect URI, registered in the portal to the letter

Sessions are in memory, for one process. Where several serve the shop, put a store that they share in the place of `Store`.
"""

from __future__ import annotations

import html
import logging
import os
import secrets
import time
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from vipps_partner_auth import LoginFailedError, LoginRequest, Partner, VippsAuthError

T = TypeVar("T")
log = logging.getLogger("shop")
callback = os.environ["SHOP_CALLBACK"]
login = Partner.from_env().merchant(os.environ["SHOP_MSN"]).login(callback)
app = FastAPI(openapi_url=None)


@dataclass(frozen=True)
class Customer:
    """A person at this merchant. Another merchant knows the same person by another `sub`, so both are the key."""

    msn: str
    sub: str
    name: str


class Store(Generic[T]):
    """What belongs to a browser, by an id that nobody can guess and that its cookie holds."""

    def __init__(self, lifetime: float) -> None:
        self.lifetime = lifetime
        self._kept: dict[str, tuple[float, T]] = {}

    def keep(self, value: T) -> str:
        # In the order of their ends, so the oldest come first.
        while self._kept and self._ends(oldest := next(iter(self._kept))) <= time.monotonic():
            del self._kept[oldest]
        key = secrets.token_urlsafe()
        self._kept[key] = (time.monotonic() + self.lifetime, value)
        return key

    def find(self, key: str | None) -> T | None:
        if key not in self._kept or self._ends(key) <= time.monotonic():
            return None
        return self._kept[key][1]

    def take(self, key: str | None) -> T | None:
        value = self.find(key)
        self._kept.pop(key or "", None)
        return value

    def _ends(self, key: str) -> float:
        return self._kept[key][0]


under_way: Store[str] = Store(15 * 60)
customers: Store[Customer] = Store(8 * 60 * 60)


@app.get("/")
async def home(request: Request) -> Response:
    customer = customers.find(request.cookies.get("session"))
    if customer is None:
        return page("Welcome", '<a href="/login">Log in with Vipps</a>')
    return page(f"Welcome, {customer.name}", '<a href="/me">Who am I?</a>')


@app.get("/login")
async def start() -> Response:
    request = await login.start_async(["openid", "name"])
    response = RedirectResponse(request.url, 303)
    put(response, "login", under_way.keep(request.to_json()), under_way.lifetime)
    return response


@app.get(urlsplit(callback).path)
async def finish(request: Request) -> Response:
    # Taken out first: one request answers one callback.
    kept = under_way.take(request.cookies.get("login"))
    if kept is None:
        return page("Please start again", AGAIN, 400)
    result = await login.finish_async(f"{request.url.path}?{request.url.query}", LoginRequest.from_json(kept))
    person = await login.userinfo_async(result)
    customer = Customer(result.claims.msn, result.claims.sub, person.name or "customer")
    response = RedirectResponse("/me", 303)
    # A new id for who has logged in: one that was known before could have been another's.
    put(response, "session", customers.keep(customer), customers.lifetime)
    response.delete_cookie("login")
    return response


@app.get("/me")
async def me(request: Request) -> Response:
    customer = customers.find(request.cookies.get("session"))
    if customer is None:
        return RedirectResponse("/", 303)
    told = f"You are customer {customer.sub} of sales unit {customer.msn}."
    return page(customer.name, f"<p>{html.escape(told)}</p>{LOGOUT}")


@app.post("/logout")
async def logout(request: Request) -> Response:
    customers.take(request.cookies.get("session"))
    response = RedirectResponse("/", 303)
    response.delete_cookie("session")
    return response


@app.exception_handler(VippsAuthError)
async def failed(_: Request, error: Exception) -> Response:
    # The text is for the log: it names the cause, and holds no secret.
    log.warning("login: %s", error)
    if isinstance(error, LoginFailedError) and error.reason == "denied":
        return page("You cancelled the login", AGAIN, 403)
    if isinstance(error, LoginFailedError):
        return page("The login did not work. Please start again", AGAIN, 400)
    if isinstance(error, VippsAuthError) and error.retryable:
        return page("Vipps can't be reached at the moment. Please try again", AGAIN, 503)
    return page("The login could not be verified", AGAIN, 403)


AGAIN = '<a href="/login">Log in with Vipps</a> or <a href="/">go back to the shop</a>'
LOGOUT = '<form method="post" action="/logout"><button>Log out</button></form>'


def page(title: str, body: str, status: int = 200) -> Response:
    text = f'<!doctype html><html lang="en"><title>Shop</title><h1>{html.escape(title)}</h1>{body}</html>'
    return HTMLResponse(text, status, {"cache-control": "no-store"})


def put(response: Response, name: str, value: str, lifetime: float) -> None:
    """Lax, so that the cookie comes along when Vipps sends the browser back, and with no form of another site."""
    secure = callback.startswith("https:")
    response.set_cookie(name, value, max_age=int(lifetime), httponly=True, secure=secure, samesite="lax")
