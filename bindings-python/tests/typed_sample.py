"""What a typed program does with the package: checked by mypy and pyright, run by the tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import aiohttp
import httpx
import httpx2
import requests
from typing_extensions import assert_type

from vipps_emulator import Emulator
from vipps_partner_auth import (
    APP_AUTH,
    AccessToken,
    Authorization,
    Backchannel,
    Caller,
    Environment,
    Event,
    IdTokenClaims,
    IdTokenVerifier,
    InvalidConfigError,
    Login,
    LoginRequest,
    LoginResult,
    ManualClock,
    Merchant,
    Partner,
    PartnerKeys,
    PendingLogin,
    SystemInfo,
    TransportReply,
    TransportRequest,
    Userinfo,
    VerifiedWebhook,
    VippsAuthError,
    WebhookVerifier,
)

from vipps_partner_auth.types import BackchannelOptions, Expect, Keys, LoginOptions, Settings, Span, TokenCache, Transport

MSN = "123456"


def told(event: Event) -> None:
    assert_type(event.details, dict[str, str])


def tokens(vipps: Emulator) -> Merchant:
    assert_type(vipps.partner_keys().for_partner(), PartnerKeys)
    assert_type(vipps.partner_keys().client_secret, str)
    assert_type(vipps.count("/accesstoken/get"), int)
    assert_type(vipps.now().now, datetime)
    assert_type(vipps.requests()[0].at if vipps.requests() else None, "datetime | None")
    partner = Partner(
        vipps.partner_keys().for_partner(),
        SystemInfo("acme", "3.1.2", plugin_name="acme-webshop", plugin_version="4.5.6"),
        environment=Environment(vipps.base_url),
        deadline=timedelta(seconds=10),
        request_timeout=5,
        on_event=told,
        clock=ManualClock(vipps.now().now),
    )
    shop = partner.merchant(MSN)
    assert_type(shop.partner, Partner)
    assert_type(shop.headers(), dict[str, str])
    assert_type(shop.cached_headers(), "dict[str, str] | None")
    token = partner.access_token()
    assert_type(token, AccessToken)
    assert_type(token.expires_at, datetime)
    return shop


class Sender:
    """A transport of one's own."""

    def send(self, request: TransportRequest) -> TransportReply:
        assert_type(request.headers, dict[str, str])
        assert_type(request.body, "bytes | None")
        reply = requests.request(request.method, request.url, headers=request.headers, data=request.body)
        return TransportReply(reply.status_code, reply.headers, reply.content)


class Store:
    """A cache of one's own, with plain functions and coroutine functions."""

    async def get(self, name: str) -> bytes | None:
        return None

    async def set(self, name: str, value: bytes, ttl: int) -> None: ...

    async def add(self, name: str, value: bytes, ttl: int) -> bool:
        return True

    def delete(self, name: str) -> None: ...


def own_parts(vipps: Emulator) -> Partner:
    transport: Transport = Sender()
    cache: TokenCache = Store()
    keys = vipps.partner_keys().for_partner()
    return Partner(keys, SystemInfo("acme", "1"), environment=vipps.base_url, transport=transport, token_cache=cache)


def any_client(caller: Caller, url: str, limit: Span) -> dict[str, str]:
    """What an adapter of one's own does."""
    if not caller.covers(url):
        return {}
    authorization = caller.authorization(timeout=limit)
    assert_type(authorization, Authorization)
    headers, token = authorization
    assert_type(headers, dict[str, str])
    assert_type(token, AccessToken)
    assert_type(caller.may_follow(url, url), bool)
    return caller.refused(token).headers


def wrapped(keys: Keys, settings: Settings, expect: Expect) -> IdTokenVerifier:
    Partner(keys, SystemInfo("acme", "1"), **settings).merchant(MSN).verify_id_token("jwt", timeout=1, **expect)
    return IdTokenVerifier(settings.get("environment"), jwks="{}")


def options(shop: Merchant, phone: BackchannelOptions) -> LoginOptions:
    shop.backchannel().start("urn:msisdn:4791234567", ["openid"], timeout=1, **phone)
    return {"acr_values": APP_AUTH, "market": "NO"}


def clients(shop: Merchant, url: str) -> None:
    """The adapters are what their clients take."""
    with httpx.Client(auth=shop.httpx_auth()) as client:
        client.get(url, auth=shop.partner.httpx_auth())
    httpx.AsyncClient(auth=shop.httpx_auth())
    httpx2.Client(auth=shop.httpx_auth())
    requests.get(url, auth=shop.requests_auth())


async def aio_client(shop: Merchant, url: str) -> None:
    async with aiohttp.ClientSession(middlewares=[shop.aiohttp_middleware()]) as session:
        await session.get(url, middlewares=(shop.aiohttp_middleware(),))


async def tokens_async(shop: Merchant) -> None:
    assert_type(await shop.headers_async(), dict[str, str])
    assert_type(await shop.partner.access_token_async(), AccessToken)


def id_tokens(vipps: Emulator, shop: Merchant) -> None:
    jwt = vipps.mint_id_token(MSN, nonce="n-0001", claims={"email": "kari@example.test"})
    assert_type(shop.verify_id_token(jwt, nonce="n-0001"), IdTokenClaims)
    verifier = IdTokenVerifier(vipps.base_url, jwks=vipps.jwks(), clock=ManualClock(vipps.now().now))
    claims = verifier.verify(jwt, MSN, nonce="n-0001", flow="browser")
    assert_type(claims.sub, str)


def errors(shop: Merchant) -> str:
    try:
        shop.partner.merchant("not an msn")
    except InvalidConfigError as error:
        assert_type(error.field, "str | None")
        return error.code
    except VippsAuthError as error:
        assert_type(error.retry_after, "timedelta | None")
        return error.detail
    return ""


def browser(shop: Merchant, callback_url: str, kept: str) -> Userinfo:
    login = shop.login("https://shop.example/callback")
    assert_type(login, Login)
    assert_type(login.start(["openid", "name"], market="NO"), LoginRequest)
    result = login.finish(callback_url, LoginRequest.from_json(kept))
    assert_type(result, LoginResult)
    return login.userinfo(result)


def phone(vipps: Emulator, shop: Merchant) -> None:
    backchannel = shop.backchannel()
    assert_type(backchannel, Backchannel)
    pending = backchannel.start("urn:msisdn:4791234567", ["openid"], requested_expiry=timedelta(minutes=5))
    assert_type(pending, PendingLogin)
    vipps.approve(pending.auth_req_id, "4791234567")
    assert_type(backchannel.wait(pending, timeout=60), "LoginResult | None")
    assert_type(backchannel.wait(pending), "LoginResult | None")
    for state in backchannel.states(pending):
        assert_type(state.next_poll_in, "timedelta | None")
        assert_type(state.result, "LoginResult | None")


def webhooks(headers: Mapping[str, str], body: bytes, backchannel: Backchannel, pending: PendingLogin) -> str | None:
    verifier = WebhookVerifier({"webhook-1": ["old", "new"]}, public_host="shop.example", tolerance=timedelta(minutes=1))
    WebhookVerifier([("webhook-1", "secret")], clock=ManualClock(0))
    webhook = verifier.verify("POST", "/webhooks", headers, body)
    assert_type(webhook, VerifiedWebhook)
    assert_type(webhook.sent_at, datetime)
    assert_type(verifier.verify("POST", "/webhooks", [(b"host", b"shop.example")], memoryview(body)).body, bytes)
    assert_type(verifier.sign("webhook-1", "https://shop.example/webhooks", body), dict[str, str])
    assert_type(backchannel.finish_webhook(webhook, pending), "LoginResult | None")
    return webhook.ping().msn
