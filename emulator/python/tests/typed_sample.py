"""What a typed program does with the package: checked by mypy and pyright, run by the tests."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone

from typing_extensions import assert_type

from vipps_emulator import AsyncEmulator, ControlError, Emulator, Finding, Keys, Merchant, Reply
from vipps_emulator.types import Endpoint, Verdict

SLOW: Endpoint = "login_token"


def steer(vipps: Emulator) -> None:
    assert_type(vipps.add_merchant("654321", name="Fjord Coffee", redirect_uris=["https://shop.example/callback"]), Keys)
    assert_type(vipps.now().now, datetime)
    vipps.set_time(datetime.now(timezone.utc))
    vipps.advance(timedelta(hours=1))
    vipps.advance(0.5)
    vipps.fail_next("standard_token", times=2, status=503, shape="apim", retry_after=3)
    vipps.set_latency(SLOW, timedelta(milliseconds=5))
    vipps.script("/x", [Reply(200, headers={"x-a": "b"}, body="c")])
    assert_type(vipps.count("/x"), int)
    assert_type(vipps.merchants(), "list[Merchant]")
    for request in vipps.requests():
        assert_type(request.status, "int | None")
        assert_type(request.findings, "list[Finding]")
        assert_type(request.findings[0].verdict, Verdict)
        assert_type(request.header("x-a"), "str | None")
    for login in vipps.logins():
        assert_type(login.expires_at, datetime)
        assert_type(vipps.approve(login.id), "str | None")


async def steer_async() -> None:
    async with AsyncEmulator.start(mode="test", merchants=["123456"]) as vipps:
        assert_type(vipps, AsyncEmulator)
        assert_type((await vipps.partner_keys()).client_id, str)
        assert_type(await vipps.mint_id_token("123456", lifetime=timedelta(minutes=5)), str)


def refused(vipps: Emulator) -> str | None:
    try:
        vipps.register_redirect_uri("999999", "https://shop.example/callback")
    except ControlError as error:
        assert_type(error.code, str)
        return error.member
    return None


if __name__ == "__main__":
    with Emulator.start(port=0) as started:
        assert_type(started, Emulator)
        steer(started)
        print(refused(started))
    asyncio.run(steer_async())
