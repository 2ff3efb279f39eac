"""Time limits of calls, and events. Needs pytest alone."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import pickle
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import vipps_partner_auth as vipps
from vipps_emulator import Emulator

from test_api import CALLBACK, KARI, MSN, SYSTEM, pending

NEVER = 60


@pytest.fixture
def shop(vipps_emulator: Emulator) -> vipps.Merchant:
    settings: Any = {"environment": vipps_emulator.base_url, "deadline": NEVER, "request_timeout": NEVER}
    return vipps.Partner(vipps_emulator.partner_keys().for_partner(), SYSTEM, **settings).merchant(MSN)


JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6Im5vIn0.e30.AA"

BLOCKING: dict[str, Callable[[vipps.Merchant, float], object]] = {
    "headers": lambda shop, limit: shop.headers(timeout=limit),
    "headers of a partner": lambda shop, limit: shop.partner.headers(timeout=limit),
    "authorization": lambda shop, limit: shop.authorization(timeout=limit),
    "access_token": lambda shop, limit: shop.partner.access_token(timeout=limit),
    "verify_id_token": lambda shop, limit: shop.verify_id_token(JWT, timeout=limit),
    "verify": lambda shop, limit: vipps.IdTokenVerifier(shop.partner.environment).verify(JWT, MSN, timeout=limit),
    "login.start": lambda shop, limit: shop.login(CALLBACK).start(["openid"], timeout=limit),
    "user_exists": lambda shop, limit: shop.backchannel().user_exists(KARI, timeout=limit),
    "backchannel.start": lambda shop, limit: shop.backchannel().start(f"urn:msisdn:{KARI}", ["openid"], timeout=limit),
}

ASYNC: dict[str, Callable[[vipps.Merchant, float], Any]] = {
    "headers": lambda shop, limit: shop.headers_async(timeout=limit),
    "headers of a partner": lambda shop, limit: shop.partner.headers_async(timeout=limit),
    "authorization": lambda shop, limit: shop.authorization_async(timeout=limit),
    "access_token": lambda shop, limit: shop.partner.access_token_async(timeout=limit),
    "verify_id_token": lambda shop, limit: shop.verify_id_token_async(JWT, timeout=limit),
    "verify": lambda shop, limit: vipps.IdTokenVerifier(shop.partner.environment).verify_async(JWT, MSN, timeout=limit),
    "login.start": lambda shop, limit: shop.login(CALLBACK).start_async(["openid"], timeout=limit),
    "user_exists": lambda shop, limit: shop.backchannel().user_exists_async(KARI, timeout=limit),
    "backchannel.start": lambda shop, limit: shop.backchannel().start_async(
        f"urn:msisdn:{KARI}", ["openid"], timeout=limit
    ),
}


@pytest.mark.parametrize("is_async", [False, True], ids=["blocking", "async"])
@pytest.mark.parametrize("name", BLOCKING)
def test_each_call_that_may_wait_takes_a_limit(
    name: str, is_async: bool, shop: vipps.Merchant, vipps_emulator: Emulator
) -> None:
    for endpoint in ("standard_token", "discovery", "jwks"):
        vipps_emulator.fail_next(endpoint, times=9, kind="hang")  # type: ignore[arg-type]
    for limit in (0.05, 0):
        with pytest.raises(TimeoutError) as over:
            if is_async:
                asyncio.run(ASYNC[name](shop, limit))
            else:
                BLOCKING[name](shop, limit)
        error = over.value
        assert isinstance(error, vipps.TimedOutError) and isinstance(error, vipps.UnavailableError)
        assert (error.code, error.retryable) == ("unavailable", True)
        assert type(pickle.loads(pickle.dumps(error))) is vipps.TimedOutError
    vipps_emulator.clear_failures()
    vipps_emulator.release_hung()
    assert shop.headers(timeout=NEVER) == shop.headers(timeout=0), "what is at hand needs no time"


def test_a_limit_is_a_span(shop: vipps.Merchant) -> None:
    for limit in (-1, float("nan")):
        with pytest.raises(vipps.InvalidConfigError, match="timeout"):
            shop.headers(timeout=limit)
    with pytest.raises(TypeError, match="timeout"):
        shop.headers(timeout="soon")  # type: ignore[arg-type]


def test_waiting_for_a_person_keeps_its_own_limit(shop: vipps.Merchant) -> None:
    phone = shop.backchannel()
    started = phone.start(f"urn:msisdn:{KARI}", ["openid"])
    assert phone.wait(started, timeout=0) is None and phone.poll(started, timeout=NEVER) is None
    assert pending().auth_req_id


def test_without_a_limit_the_wait_is_as_long_as_the_login(shop: vipps.Merchant, vipps_emulator: Emulator) -> None:
    phone = shop.backchannel()
    approved, late = (phone.start(f"urn:msisdn:{KARI}", ["openid"]) for _ in range(2))
    vipps_emulator.approve(approved.auth_req_id, KARI)
    result = phone.wait(approved)
    assert result is not None and result.claims.msn == shop.msn
    vipps_emulator.advance(601)
    with pytest.raises(vipps.LoginFailedError) as expired:
        phone.wait(late)
    assert expired.value.reason == "expired"


def test_who_gives_up_takes_nothing_from_the_others(shop: vipps.Merchant, vipps_emulator: Emulator) -> None:
    vipps_emulator.fail_next("standard_token", kind="hang")

    async def race() -> list[Any]:
        waiting = [asyncio.create_task(shop.headers_async()) for _ in range(3)]
        with pytest.raises(vipps.TimedOutError):
            await shop.headers_async(timeout=0.1)
        while not vipps_emulator.count("/accesstoken/get"):
            await asyncio.sleep(0.001)
        vipps_emulator.release_hung()
        return await asyncio.gather(*waiting)

    assert asyncio.run(race(), debug=True)[0]["merchant-serial-number"] == MSN
    assert vipps_emulator.count("/accesstoken/get") == 1


def test_the_network_goes_on_while_another_thread_holds_the_interpreter(vipps_emulator: Emulator) -> None:
    """A result that has to wait for Python keeps no other request waiting."""
    settings: Any = {"environment": vipps_emulator.base_url}
    first, second = (vipps.Partner(vipps_emulator.partner_keys().for_partner(), SYSTEM, **settings) for _ in range(2))
    hold = ctypes.PyDLL(None).usleep

    async def both() -> int:
        vipps_emulator.set_latency("standard_token", 0.1)
        waiting = asyncio.create_task(first.headers_async())
        while not vipps_emulator.count("/accesstoken/get"):
            await asyncio.sleep(0.001)
        # This one is refused at first, so that a second request goes out after the other's result is there.
        vipps_emulator.fail_next("standard_token", status=503)
        late = asyncio.create_task(second.headers_async())
        while vipps_emulator.count("/accesstoken/get") < 2:
            await asyncio.sleep(0.001)
        hold(3_000_000)
        requests = vipps_emulator.count("/accesstoken/get")
        await asyncio.gather(waiting, late)
        return requests

    assert asyncio.run(both()) == 3


class TestEvents:
    def partner(self, emulator: Emulator, handler: Callable[[vipps.Event], object]) -> vipps.Partner:
        return vipps.Partner(emulator.partner_keys().for_partner(), SYSTEM, environment=emulator.base_url, on_event=handler)

    @pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit])
    def test_what_a_handler_raises_is_logged_and_hurts_nobody(
        self, kind: type[BaseException], vipps_emulator: Emulator, caplog: pytest.LogCaptureFixture
    ) -> None:
        seen = threading.Event()

        def fail(event: vipps.Event) -> None:
            if event.name == "token_fetched":
                raise kind("a handler's bug")

        def other(event: vipps.Event) -> None:
            if event.name == "token_fetched":
                seen.set()

        failing, careful = self.partner(vipps_emulator, fail), self.partner(vipps_emulator, other)
        assert failing.headers() and careful.headers()
        assert seen.wait(60)
        assert [record for record in caplog.records if record.exc_info and record.exc_info[0] is kind]

    def test_a_handler_may_call_the_library(self, vipps_emulator: Emulator) -> None:
        got: list[Any] = []
        done = threading.Event()

        def call_back(event: vipps.Event) -> None:
            if event.name == "token_fetched" and not got:
                got.append(holder[0].merchant(MSN).headers())
                got.append(vipps.IdTokenVerifier(vipps_emulator.base_url).verify(jwt, MSN))
                got.append(asyncio.run(holder[1].headers_async()))
                done.set()

        jwt = vipps_emulator.mint_id_token(MSN)
        holder = [self.partner(vipps_emulator, call_back), self.partner(vipps_emulator, lambda _: None)]
        holder[0].headers()
        assert done.wait(60) and len(got) == 3

    def test_a_handler_that_sleeps_delays_no_call(self, vipps_emulator: Emulator) -> None:
        release = threading.Event()
        partner = self.partner(vipps_emulator, lambda _: release.wait(60))
        try:
            assert partner.headers() and asyncio.run(partner.merchant(MSN).headers_async())
            other = vipps.Partner(vipps_emulator.partner_keys().for_partner(), SYSTEM, environment=vipps_emulator.base_url)
            assert asyncio.run(other.headers_async()) and not release.is_set()
        finally:
            release.set()

    def test_a_coroutine_function_is_refused(self, vipps_emulator: Emulator) -> None:
        async def handler(_: vipps.Event) -> None: ...

        with pytest.raises(TypeError, match="on_event"):
            self.partner(vipps_emulator, handler)

    def test_order_is_kept_and_a_handler_is_collected_with_its_partner(self, vipps_emulator: Emulator) -> None:
        class Handler:
            def __init__(self) -> None:
                self.names: list[str] = []

            def __call__(self, event: vipps.Event) -> None:
                self.names.append(event.name)

        handler = Handler()
        names, gone = handler.names, weakref.ref(handler)
        partner = self.partner(vipps_emulator, handler)
        for _ in range(3):
            partner.invalidate(partner.access_token())
        while names.count("token_fetched") < 3:
            time.sleep(0.001)
        assert [name for name in names if name.startswith("token")] == ["token_fetched"] * 3
        del handler, partner
        gc.collect()
        assert gone() is None

    def test_a_host_that_gets_no_headers_is_told_once(self, vipps_emulator: Emulator) -> None:
        names: list[dict[str, str]] = []
        partner = self.partner(vipps_emulator, lambda event: names.append(event.details))
        for url in ("https://a.example/1", "https://a.example/2", "https://b.example/", vipps_emulator.base_url):
            partner.merchant(MSN).headers_withheld(url)
        while len([details for details in names if "origin" in details]) < 2:
            time.sleep(0.001)
        partner.headers()
        told = [details["origin"] for details in names if "origin" in details]
        assert told == ["https://a.example", "https://b.example"]

    def test_warnings_reach_the_log(self, vipps_emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
        partner = vipps.Partner(vipps_emulator.partner_keys().for_partner(), SYSTEM, environment=vipps_emulator.base_url)
        partner.headers_withheld("https://a.example/")
        while "headers_withheld" not in caplog.text:
            time.sleep(0.001)
        levels = [record.levelno for record in caplog.records if "headers_withheld" in record.message]
        assert levels == [logging.WARNING]
