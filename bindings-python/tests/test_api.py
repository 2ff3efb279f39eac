"""The face of the package: tokens, headers, ID tokens, Login, errors, bad input. Needs pytest alone."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import pickle
import queue
import subprocess
import sys
import threading
import traceback
import urllib.error
import urllib.request
import weakref
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import vipps_partner_auth as vipps
from vipps_emulator import Emulator

MSN = "123456"
CALLBACK = "https://shop.example/callback"
KARI = "4791234567"
SYSTEM = vipps.SystemInfo("acme", "3.1.2")


def come_back(emulator: Emulator, url: str) -> str:
    """Follows redirects as a browser, as far as the application."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    opener = urllib.request.build_opener(Stay)
    while url.startswith(emulator.base_url):
        with pytest.raises(urllib.error.HTTPError) as answer:
            opener.open(url)
        url = urllib.parse.urljoin(url, answer.value.headers["location"])
    return url


class TestTokens:
    def test_headers_name_the_merchant_and_are_the_callers_own(self, vipps_partner: vipps.Partner) -> None:
        shop = vipps_partner.merchant(MSN)
        assert shop.cached_headers() is None
        headers = shop.headers()
        assert headers["merchant-serial-number"] == MSN
        assert headers["authorization"] == f"Bearer {vipps_partner.access_token().secret}"
        headers.clear()
        assert shop.headers() == shop.cached_headers() != {}
        assert "merchant-serial-number" not in vipps_partner.headers()

    def test_one_token_serves_all_merchants(
        self, vipps_emulator: Emulator, vipps_partner: vipps.Partner
    ) -> None:
        shops = [vipps_partner.merchant(str(msn)) for msn in range(100_000, 100_100)]
        tokens = {id(shop.headers()["authorization"]) for shop in shops}
        assert vipps_emulator.count("/accesstoken/get") == vipps_partner.stats().token_requests == 1
        assert len(tokens) == 1, "the long text of the token is kept once"

    def test_an_invalidated_token_is_not_served(self, vipps_partner: vipps.Partner) -> None:
        shop, token = vipps_partner.merchant(MSN), vipps_partner.access_token()
        before, generation = shop.headers(), vipps_partner.generation
        assert vipps_partner.invalidate(token)
        assert vipps_partner.generation != generation
        assert shop.cached_headers() is None
        assert shop.headers() != before
        assert not vipps_partner.invalidate(token), "a late refusal can't evict a newer one"

    def test_a_token_lives_by_the_clock(self, vipps_emulator: Emulator) -> None:
        clock = vipps.ManualClock(vipps_emulator.now().now)
        partner = vipps.Partner(vipps_emulator.partner_keys().for_partner(), SYSTEM, environment=vipps_emulator.base_url, clock=clock)
        shop = partner.merchant(MSN)
        first = shop.headers()
        clock.advance(timedelta(hours=1))
        assert shop.headers() == first
        clock.advance(timedelta(hours=23))
        vipps_emulator.advance(timedelta(hours=24))
        assert shop.cached_headers() is None
        assert shop.headers() != first
        assert clock.now == partner.access_token().expires_at - timedelta(seconds=86_398)

    def test_the_three_kinds_of_keys(self, vipps_emulator: Emulator) -> None:
        own = vipps_emulator.sales_unit_keys(MSN).for_sales_unit(MSN)
        assert own.msn == MSN
        unit = vipps.Partner(own, SYSTEM, environment=vipps_emulator.base_url)
        assert unit.merchant(MSN).headers()["merchant-serial-number"] == MSN
        with pytest.raises(vipps.InvalidConfigError, match="another msn"):
            unit.merchant("654321").headers()
        special = vipps.Partner(vipps_emulator.specialized_keys().for_partner(), SYSTEM, environment=vipps_emulator.base_url)
        assert "ocp-apim-subscription-key" not in special.headers()

    def test_settings_come_from_the_environment(
        self, vipps_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(vipps.InvalidConfigError) as missing:
            vipps.Partner.from_env()
        assert missing.value.field == "VIPPS_CLIENT_ID"
        given = {
            "CLIENT_ID": "11111111-2222-4333-8444-555555555555",
            "CLIENT_SECRET": "fixture-secret",
            "SUBSCRIPTION_KEY": "fixture-key",
            "SYSTEM_NAME": "acme",
            "SYSTEM_VERSION": "3.1.2",
            "ENVIRONMENT": vipps_emulator.base_url,
        }
        for name, value in given.items():
            monkeypatch.setenv(f"VIPPS_{name}", value)
        partner = vipps.Partner.from_env(deadline=5)
        assert type(partner) is vipps.Partner
        assert str(partner.environment) == vipps_emulator.base_url
        assert vipps.PartnerKeys.from_env() == vipps.PartnerKeys(*list(given.values())[:3])
        with pytest.raises(vipps.CredentialsRejectedError) as rejected:
            partner.headers()
        assert rejected.value.status == 401

    def test_a_proxy_is_asked_and_named(self) -> None:
        partner = vipps.Partner(keys(), SYSTEM, proxy="http://127.0.0.1:2", deadline=1)
        with pytest.raises(vipps.UnavailableError, match="through the proxy 127.0.0.1:2"):
            partner.headers()

    def test_covers_its_own_hosts_only(self, vipps_emulator: Emulator) -> None:
        keys, trusted = vipps_emulator.partner_keys().for_partner(), ["https://gateway.example"]
        partner = vipps.Partner(keys, SYSTEM, environment=vipps_emulator.base_url, trusted_origins=trusted)
        assert partner.covers(f"{vipps_emulator.base_url}/epayment/v1/payments")
        assert partner.covers("https://gateway.example/x")
        assert not partner.covers("https://gateway.example.org/x")
        assert not partner.covers("https://api.vipps.no/epayment/v1/payments")


class TestEvents:
    def test_the_hook_and_the_log_are_told(self, vipps_emulator: Emulator, caplog: Any) -> None:
        caplog.set_level(logging.DEBUG, "vipps_partner_auth")
        events: queue.Queue[vipps.Event] = queue.Queue()
        environment = vipps_emulator.base_url
        partner = vipps.Partner(vipps_emulator.partner_keys().for_partner(), SYSTEM, environment=environment, on_event=events.put)
        partner.headers()
        event = events.get(timeout=60)
        assert (event.name, event.details, event.is_warning) == ("token_fetched", {"lifetime": "86398"}, False)
        assert str(event) in caplog.messages

    def test_a_hook_that_fails_is_logged_and_breaks_nothing(
        self, vipps_emulator: Emulator, caplog: Any
    ) -> None:
        told = threading.Event()

        def hook(event: vipps.Event) -> None:
            told.set()
            raise RuntimeError("a bug of the application")

        keys, environment = vipps_emulator.partner_keys().for_partner(), vipps_emulator.base_url
        partner = vipps.Partner(keys, SYSTEM, environment=environment, on_event=hook)
        partner.headers()
        assert told.wait(60)
        assert partner.headers()

    def test_a_partner_in_a_cycle_with_its_hook_is_collected(self, vipps_emulator: Emulator) -> None:
        class Owner:
            def hear(self, event: vipps.Event) -> None: ...

        owner = Owner()
        keys, environment = vipps_emulator.partner_keys().for_partner(), vipps_emulator.base_url
        owner.partner = vipps.Partner(keys, SYSTEM, environment=environment, on_event=owner.hear)  # type: ignore[attr-defined]
        gone = weakref.ref(owner)
        del owner
        gc.collect()
        assert gone() is None


class TestIdTokens:
    def test_a_merchant_checks_its_own(self, vipps_emulator: Emulator, vipps_partner: vipps.Partner) -> None:
        shop, jwt = vipps_partner.merchant(MSN), vipps_emulator.mint_id_token(MSN, nonce="n-1", claims={"x": [1]})
        assert shop.verify_id_token_cached(jwt, nonce="n-1") is None
        claims = shop.verify_id_token(jwt, nonce="n-1")
        assert claims == shop.verify_id_token_cached(jwt, nonce="n-1") == asyncio.run(
            shop.verify_id_token_async(jwt, nonce="n-1")
        )
        assert (claims.msn, claims.claim("x"), claims.claim("y"), claims.claim("y", 7)) == (MSN, [1], None, 7)
        assert claims.to_dict() == json.loads(claims.to_json())
        assert claims.expires_at - claims.issued_at == timedelta(hours=1)
        assert claims.issued_at.tzinfo is timezone.utc

    @pytest.mark.parametrize(
        ("bends", "claim"),
        [
            ({"claims": {"msn": "654321"}}, "msn"),
            ({"without_claims": ["msn"]}, "msn"),
            ({"signed_by": "forger"}, "signature"),
            ({"signed_by": "nobody"}, "alg"),
            ({"header": {"crit": ["exp"]}}, "crit"),
            ({"nonce": "another"}, "nonce"),
        ],
    )
    def test_a_wrong_one_is_refused(self, vipps_emulator: Emulator, bends: Any, claim: str) -> None:
        verifier = vipps.IdTokenVerifier(vipps_emulator.base_url, jwks=vipps_emulator.jwks())
        jwt = vipps_emulator.mint_id_token(MSN, **{"nonce": "n-1", **bends})
        with pytest.raises(vipps.InvalidIdTokenError) as refused:
            verifier.verify(jwt, MSN, nonce="n-1")
        assert refused.value.claim == claim
        assert jwt not in f"{refused.value!r} {traceback.format_exception_only(vipps.VippsAuthError, refused.value)}"

    @pytest.mark.parametrize(
        "jwt",
        ["a.b.\ud83d", "\udc00", "", "x" * 16_385, "\ud800" * 100_000, "\u00e6" * 16_385],
        # Short: pytest puts them into a variable that each child gets.
        ids=["half-at-the-end", "half", "empty", "too-long", "too-long-halves", "too-long-in-bytes"],
    )
    def test_what_can_be_no_token_is_refused_by_its_form(
        self, vipps_emulator: Emulator, vipps_partner: vipps.Partner, jwt: str
    ) -> None:
        verifier = vipps.IdTokenVerifier(vipps_emulator.base_url)
        shop = vipps_partner.merchant(MSN)
        calls: list[Callable[[], object]] = [
            lambda: verifier.verify(jwt, MSN),
            lambda: verifier.verify_cached(jwt, MSN),
            lambda: asyncio.run(verifier.verify_async(jwt, MSN)),
            lambda: shop.verify_id_token(jwt),
            lambda: shop.verify_id_token_cached(jwt),
            lambda: asyncio.run(shop.verify_id_token_async(jwt)),
        ]
        for call in calls:
            with pytest.raises(vipps.InvalidIdTokenError) as refused:
                call()
            assert refused.value.claim == "form"
        with pytest.raises(vipps.InvalidConfigError):
            verifier.verify(jwt, MSN, nonce="")

    def test_no_claim_has_a_name_that_is_no_text(self, vipps_emulator: Emulator) -> None:
        verifier = vipps.IdTokenVerifier(vipps_emulator.base_url)
        claims = verifier.verify(vipps_emulator.mint_id_token(MSN, claims={"\ufffd": 1}), MSN)
        assert (claims.claim("\ufffd"), claims.claim("\ud83d"), claims.claim("\ud83d", 7)) == (1, None, 7)

    def test_a_key_set_says_what_is_wrong_with_its_keys(self, vipps_emulator: Emulator) -> None:
        key = next(key for key in vipps_emulator.jwks()["keys"] if key["kty"] == "RSA")
        odd = {**key, "x5c": "MIIB", "x5t": "\ud800", "kid": key["kid"], "use": 1}
        jwt = vipps_emulator.mint_id_token(MSN)
        assert vipps.IdTokenVerifier(vipps_emulator.base_url, jwks={"keys": [odd]}).verify(jwt, MSN).msn == MSN
        with pytest.raises(vipps.InvalidConfigError, match=f"key `{key['kid']}`: the modulus has padding") as refused:
            vipps.IdTokenVerifier(vipps_emulator.base_url, jwks={"keys": [{**key, "n": key["n"] + "=="}]})
        assert refused.value.field == "jwks"

    def test_a_verifier_needs_no_keys_of_its_own(self, vipps_emulator: Emulator) -> None:
        verifier, jwt = vipps.IdTokenVerifier(vipps_emulator.base_url), vipps_emulator.mint_id_token(MSN)
        assert verifier.verify_cached(jwt, MSN) is None
        assert asyncio.run(verifier.verify_async(jwt, MSN)).sub == verifier.verify(jwt, MSN).sub
        assert verifier.stats().keys_refreshed == 1


class TestLogin:
    def test_in_the_browser(self, vipps_emulator: Emulator, vipps_partner: vipps.Partner) -> None:
        vipps_emulator.register_redirect_uri(MSN, CALLBACK)
        vipps_emulator.auto_approve(KARI)
        login = vipps_partner.merchant(MSN).login(CALLBACK)
        request = login.start(["openid", "name", "phoneNumber"], market="DK")
        assert "market=DK" in request.url and request.state in request.url
        callback_url = come_back(vipps_emulator, request.url)
        assert request.code(callback_url).code in callback_url
        kept = pickle.loads(pickle.dumps(request))
        assert kept == vipps.LoginRequest.from_json(request.to_json()) == request
        result = login.finish(callback_url, kept)
        assert result.scopes == result.asked_scopes and result.missing_scopes == []
        person = login.userinfo(result)
        assert (person.sub, person.name, person.phone_number) == (result.claims.sub, "Kari Fixture", KARI)
        for secret in (request.code_verifier, result.access_token.secret, result.id_token, "Kari"):
            assert secret not in f"{request} {result} {result.claims} {result.access_token} {person}"

    def test_in_the_browser_on_a_loop(self, vipps_emulator: Emulator, vipps_partner: vipps.Partner) -> None:
        vipps_emulator.register_redirect_uri(MSN, CALLBACK)
        vipps_emulator.auto_approve(KARI)

        async def log_in() -> vipps.Userinfo:
            login = vipps_partner.merchant(MSN).login(CALLBACK)
            request = await login.start_async(["openid", "address"])
            callback_url = await asyncio.to_thread(come_back, vipps_emulator, request.url)
            return await login.userinfo_async(await login.finish_async(callback_url, request))

        person = asyncio.run(log_in())
        assert person.address is not None and person.address.country == "NO"
        assert person.name is None and person.claim("address")["country"] == "NO"

    def test_denied(self, vipps_emulator: Emulator, vipps_partner: vipps.Partner) -> None:
        vipps_emulator.register_redirect_uri(MSN, CALLBACK)
        vipps_emulator.auto_deny("access_denied")
        login = vipps_partner.merchant(MSN).login(CALLBACK)
        request = login.start(["openid"])
        with pytest.raises(vipps.LoginFailedError) as denied:
            login.finish(come_back(vipps_emulator, request.url), request)
        assert denied.value.reason == "denied"

    def test_by_phone_number(self, vipps_emulator: Emulator, vipps_partner: vipps.Partner) -> None:
        phone = vipps_partner.merchant(MSN).backchannel()
        assert phone.user_exists(KARI) is True
        pending = phone.start(f"urn:msisdn:{KARI}", ["openid"], binding_message="A1B2-C3", requested_expiry=300)
        assert phone.poll(pending) is None and phone.next_poll_in(pending) > timedelta(seconds=3)
        assert pickle.loads(pickle.dumps(pending)).auth_req_id == pending.auth_req_id
        assert pending.expires_at > datetime.now(timezone.utc)
        (login,) = vipps_emulator.logins()
        assert (login.kind, login.status, login.binding_message) == ("backchannel", "pending", "A1B2-C3")
        vipps_emulator.approve(login.id, KARI)
        vipps_emulator.advance(pending.interval)
        body = vipps_emulator.ping_body(login.id)
        assert vipps.BackchannelPing.parse(body).auth_req_id == pending.auth_req_id
        result = phone.finish_ping(body, pending)
        assert result is not None and phone.userinfo(result).sub == result.claims.sub

    def test_waiting_can_be_cancelled_and_goes_on(
        self, vipps_emulator: Emulator, vipps_partner: vipps.Partner
    ) -> None:
        async def wait() -> vipps.LoginResult | None:
            phone = vipps_partner.merchant(MSN).backchannel()
            pending = await phone.start_async(f"urn:msisdn:{KARI}", ["openid"])
            assert await phone.wait_async(pending, timeout=0) is None
            waiting = asyncio.create_task(phone.wait_async(pending, timeout=600))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            vipps_emulator.approve(pending.auth_req_id, KARI)
            vipps_emulator.advance(pending.interval * 2)
            return await phone.finish_ping_async(vipps_emulator.ping_body(pending.auth_req_id), pending)

        result = asyncio.run(wait())
        assert result is not None and result.scopes == ["openid"]

    def test_the_states_are_told_one_by_one(self, vipps_emulator: Emulator) -> None:
        clock = vipps.ManualClock(vipps_emulator.now().now, runs_through_sleeps=True)
        partner = vipps.Partner(vipps_emulator.partner_keys().for_partner(), SYSTEM, environment=vipps_emulator.base_url, clock=clock)
        phone = partner.merchant(MSN).backchannel()
        pending = phone.start(f"urn:msisdn:{KARI}", ["openid"])
        told: list[vipps.BackchannelState] = []
        for state in phone.states(pending):
            told.append(state)
            vipps_emulator.advance(5)
            if len(told) == 3:
                vipps_emulator.approve(pending.auth_req_id, KARI)
        assert [state.next_poll_in for state in told] == [timedelta(seconds=5)] * 3 + [None]
        assert [state.result is None for state in told] == [True, True, True, False]
        assert told[-1].result is not None and told[-1].result.claims.msn == MSN
        assert told[-1].result.access_token.secret not in f"{told}"

    def test_following_the_states_can_be_cancelled_and_the_login_goes_on(
        self, vipps_emulator: Emulator, vipps_partner: vipps.Partner
    ) -> None:
        async def follow() -> vipps.LoginResult | None:
            phone = vipps_partner.merchant(MSN).backchannel()
            pending = await phone.start_async(f"urn:msisdn:{KARI}", ["openid"])
            states = phone.states_async(pending)
            assert (await states.__anext__()).next_poll_in is not None
            following = asyncio.create_task(states.__anext__())  # type: ignore[arg-type]
            await asyncio.sleep(0)
            following.cancel()
            with pytest.raises(asyncio.CancelledError):
                await following
            vipps_emulator.approve(pending.auth_req_id, KARI)
            vipps_emulator.advance(pending.interval * 2)
            return await phone.finish_ping_async(vipps_emulator.ping_body(pending.auth_req_id), pending)

        assert asyncio.run(follow()) is not None

    def test_a_refusal_ends_the_states(self, vipps_emulator: Emulator, vipps_partner: vipps.Partner) -> None:
        phone = vipps_partner.merchant(MSN).backchannel()
        pending = phone.start(f"urn:msisdn:{KARI}", ["openid"])
        vipps_emulator.deny(pending.auth_req_id)
        with pytest.raises(vipps.LoginFailedError) as failed:
            list(phone.states(pending))
        assert failed.value.reason == "denied"

    def test_other_people(self, vipps_emulator: Emulator, vipps_partner: vipps.Partner) -> None:
        vipps_emulator.add_user("4798765432", given_name="Ola", app="outdated")
        phone = vipps_partner.merchant(MSN).backchannel()
        with pytest.raises(vipps.LoginFailedError) as failed:
            phone.start("urn:msisdn:4798765432", ["openid"])
        assert failed.value.reason == "outdated_app"
        assert {user.given_name for user in vipps_emulator.users()} == {"Kari", "Ola"}


class TestErrors:
    def test_each_code_has_its_class(self) -> None:
        from vipps_partner_auth._errors import make

        codes = {kind.code: kind for kind in vipps.VippsAuthError.__subclasses__()}
        assert len(codes) == 10
        for code, kind in codes.items():
            assert type(make(code, "text", {})) is kind
        newer = make("newer", "text", {"status": 418})
        assert (type(newer), newer.code, newer.status) == (vipps.VippsAuthError, "newer", 418)

    def test_all_that_is_known_travels_with_it(self, vipps_emulator: Emulator) -> None:
        vipps_emulator.fail_next("standard_token", times=9, status=429, retry_after="7")
        settings: Any = {"environment": vipps_emulator.base_url, "clock": vipps.ManualClock(0, runs_through_sleeps=True)}
        partner = vipps.Partner(vipps_emulator.partner_keys().for_partner(), SYSTEM, **settings)
        with pytest.raises(vipps.RateLimitedError) as limited:
            partner.headers()
        for error in (limited.value, pickle.loads(pickle.dumps(limited.value))):
            assert (error.code, error.status, error.retryable) == ("rate_limited", 429, True)
            assert error.retry_after == timedelta(seconds=7)
            assert error.detail in str(error)

    def test_those_who_waited_together_raise_errors_of_their_own(self, vipps_emulator: Emulator) -> None:
        vipps_emulator.fail_next("standard_token", times=9, status=403)
        partner = vipps.Partner(vipps_emulator.partner_keys().for_partner(), SYSTEM, environment=vipps_emulator.base_url)

        async def all_of_them() -> list[Any]:
            calls = [partner.merchant(MSN).headers_async() for _ in range(5)]
            return await asyncio.gather(*calls, return_exceptions=True)

        errors = asyncio.run(all_of_them())
        assert {type(error) for error in errors} == {vipps.ForbiddenError}
        assert len({id(error) for error in errors}) == 5


def keys() -> vipps.PartnerKeys:
    return vipps.PartnerKeys("11111111-2222-4333-8444-555555555555", "a-secret-of-ours", "a-subscription-key")


BAD: list[tuple[str, Callable[[], object]]] = [
    ("client_secret", lambda: vipps.PartnerKeys("id", 5, "key")),  # type: ignore[arg-type]
    ("client_secret", lambda: vipps.PartnerKeys("id", "a-secret-of-ours\ud800", "key")),
    ("client_secret", lambda: vipps.PartnerKeys("id", "a-secret-of-ours ", "key")),
    ("subscription_key", lambda: vipps.PartnerKeys("id", "a-secret-of-ours", "")),
    ("msn", lambda: vipps.SalesUnitKeys("id", "a-secret-of-ours", "key", 123456)),  # type: ignore[arg-type]
    ("scope", lambda: vipps.SpecializedKeys("id", "a-secret-of-ours", scope="two  spaces")),
    ("keys", lambda: vipps.Partner("a-secret-of-ours", SYSTEM)),  # type: ignore[arg-type]
    ("system", lambda: vipps.Partner(keys(), "acme")),  # type: ignore[arg-type]
    ("plugin_version", lambda: vipps.SystemInfo("acme", "1", plugin_name="x")),
    ("system_name", lambda: vipps.SystemInfo("acme\r\nx: y", "1")),
    ("environment", lambda: vipps.Partner(keys(), SYSTEM, environment="http://elsewhere.example")),
    ("environment", lambda: vipps.Partner(keys(), SYSTEM, environment="test")),
    ("environment", lambda: vipps.Partner(keys(), SYSTEM, environment=5)),  # type: ignore[arg-type]
    ("deadline", lambda: vipps.Partner(keys(), SYSTEM, deadline=-1)),
    ("deadline", lambda: vipps.Partner(keys(), SYSTEM, deadline=float("nan"))),
    ("deadline", lambda: vipps.Partner(keys(), SYSTEM, deadline=10**400)),
    ("deadline", lambda: vipps.Partner(keys(), SYSTEM, deadline=True)),
    ("deadline", lambda: vipps.Partner(keys(), SYSTEM, deadline="soon")),  # type: ignore[arg-type]
    ("connect_timeout", lambda: vipps.Partner(keys(), SYSTEM, connect_timeout=0)),
    ("leeway", lambda: vipps.Partner(keys(), SYSTEM, leeway=timedelta(hours=1))),
    ("ca_pem", lambda: vipps.Partner(keys(), SYSTEM, ca_pem="not pem")),
    ("ca_pem", lambda: vipps.Partner(keys(), SYSTEM, ca_pem=5)),  # type: ignore[arg-type]
    ("redis_url", lambda: vipps.Partner(keys(), SYSTEM, redis_url="http://:a-secret-of-ours@cache.example")),
    ("proxy", lambda: vipps.Partner(keys(), SYSTEM, proxy="ftp://:a-secret-of-ours@proxy.example")),
    ("proxy", lambda: vipps.Partner(keys(), SYSTEM, proxy=5)),  # type: ignore[arg-type]
    ("redis_url", lambda: vipps.Partner(keys(), SYSTEM, redis_url=5)),  # type: ignore[arg-type]
    ("redis_ca_pem", lambda: vipps.Partner(keys(), SYSTEM, redis_url="rediss://cache.example", redis_ca_pem="no")),
    ("redis_ca_pem", lambda: vipps.Partner(keys(), SYSTEM, redis_ca_pem=b"without redis_url")),
    ("basic_encoding", lambda: vipps.Partner(keys(), SYSTEM, basic_encoding="base64")),  # type: ignore[arg-type]
    ("on_event", lambda: vipps.Partner(keys(), SYSTEM, on_event="print")),  # type: ignore[arg-type]
    ("clock", lambda: vipps.Partner(keys(), SYSTEM, clock=5)),  # type: ignore[arg-type]
    ("trusted_origins", lambda: vipps.Partner(keys(), SYSTEM, trusted_origins="https://x.example")),
    ("dead_line", lambda: vipps.Partner(keys(), SYSTEM, dead_line=5)),  # type: ignore[call-arg]
    ("msn", lambda: vipps.Partner(keys(), SYSTEM).merchant("12 345")),
    ("msn", lambda: vipps.Partner(keys(), SYSTEM).merchant(None)),  # type: ignore[arg-type]
    ("token", lambda: vipps.Partner(keys(), SYSTEM).invalidate("a-secret-of-ours")),  # type: ignore[arg-type]
    ("redirect_uri", lambda: vipps.Partner(keys(), SYSTEM).merchant(MSN).login("nowhere")),
    ("scopes", lambda: vipps.Partner(keys(), SYSTEM).merchant(MSN).login(CALLBACK).start("openid")),
    ("scopes", lambda: vipps.Partner(keys(), SYSTEM).merchant(MSN).login(CALLBACK).start([5])),  # type: ignore[list-item]
    ("market", lambda: vipps.Partner(keys(), SYSTEM).merchant(MSN).login(CALLBACK).start(["openid"], market="no")),  # type: ignore[arg-type]
    ("request", lambda: vipps.Partner(keys(), SYSTEM).merchant(MSN).login(CALLBACK).finish("?", "{}")),  # type: ignore[arg-type]
    ("request", lambda: vipps.LoginRequest.from_json('{"code_verifier": "a-secret-of-ours"}')),
    ("pending", lambda: vipps.PendingLogin.from_json("[]")),
    ("timeout", lambda: vipps.Partner(keys(), SYSTEM).merchant(MSN).backchannel().wait(pending(), timeout=-1)),
    ("pending", lambda: vipps.Partner(keys(), SYSTEM).merchant(MSN).backchannel().poll({})),  # type: ignore[arg-type]
    ("jwks", lambda: vipps.IdTokenVerifier(jwks="{}")),
    ("jwks", lambda: vipps.IdTokenVerifier(jwks={"keys": {1, 2}})),
    ("jwt", lambda: vipps.IdTokenVerifier().verify(b"a-secret-of-ours", MSN)),  # type: ignore[arg-type]
    ("nonce", lambda: vipps.IdTokenVerifier().verify("x", MSN, nonce="")),
    ("flow", lambda: vipps.IdTokenVerifier().verify("x", MSN, flow="other")),  # type: ignore[arg-type]
    ("msn", lambda: vipps.IdTokenVerifier().verify("x", 5)),  # type: ignore[arg-type]
    ("now", lambda: vipps.ManualClock(-1)),
    ("now", lambda: vipps.ManualClock(1e19)),
    ("by", lambda: vipps.ManualClock(0).advance(1e19)),
    ("deadline", lambda: vipps.Partner(keys(), SYSTEM, deadline=float("inf"))),
    ("by", lambda: vipps.ManualClock(0).advance("a day")),  # type: ignore[arg-type]
    ("body", lambda: vipps.BackchannelPing.parse("a-secret-of-ours")),
]


def pending() -> vipps.PendingLogin:
    stored = {
        "version": 1,
        "auth_req_id": "fixture-auth-req-0001",
        "issuer": "https://api.vipps.no/access-management-1.0/access/",
        "msn": MSN,
        "scopes": ["openid"],
        "nonce": "fixture-nonce-00000000000000000000000000001",
        "expires_at": 1767226260,
        "interval": 5,
        "next_poll_at": 1767225660,
    }
    return vipps.PendingLogin.from_json(json.dumps(stored))


@pytest.mark.parametrize(("name", "call"), BAD, ids=[f"{name}-{i}" for i, (name, _) in enumerate(BAD)])
def test_a_wrong_argument_is_named_and_not_shown(name: str, call: Callable[[], object]) -> None:
    with pytest.raises((TypeError, ValueError)) as refused:
        call()
    told = "".join(traceback.format_exception_only(refused.type, refused.value)) + repr(refused.value.__dict__)
    assert name in told
    assert "a-secret-of-ours" not in told + repr(refused.value) + repr(refused.value.args)


def test_nothing_shows_a_secret(vipps_emulator: Emulator, vipps_partner: vipps.Partner) -> None:
    token = vipps_partner.access_token()
    shown = [keys(), vipps_partner, token, vipps_partner.merchant(MSN), vipps_emulator, *vipps_emulator.requests()]
    text = "".join(f"{value} {value!r}" for value in shown)
    assert token.secret not in text and "a-secret-of-ours" not in text and "a-subscription-key" not in text


def test_handles_cannot_be_pickled(vipps_partner: vipps.Partner) -> None:
    for handle in (keys(), vipps_partner, vipps_partner.merchant(MSN)):
        with pytest.raises(TypeError, match="pickle"):
            pickle.dumps(handle)


def test_importing_the_package_imports_nothing_heavy() -> None:
    script = "import sys; before = set(sys.modules); import vipps_partner_auth; print(*set(sys.modules) - before)"
    run = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    own = {name for name in run.stdout.split() if not name.startswith("vipps_partner_auth")}
    assert own <= {"__future__", "atexit"}
