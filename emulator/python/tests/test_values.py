"""What goes in and comes out: plain values with a type each, refusals by member and rule, and no secret in a text."""

from __future__ import annotations

import asyncio
import http.client
import pickle
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from vipps_emulator import (
    Address,
    AsyncEmulator,
    Business,
    ControlError,
    Emulator,
    EmulatorError,
    Keys,
    Reply,
    StartError,
    UnreachableError,
)

MSN = "123456"


def get(emulator: Emulator, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(emulator.base_url).netloc)
    connection.request("GET", path, headers=headers or {})
    reply = connection.getresponse()
    told = reply.status, reply.read().decode()
    connection.close()
    return told


def test_moments_and_spans_are_pythons_own(vipps_emulator: Emulator) -> None:
    moment = datetime(2026, 1, 1, 12, 0, 0, 500_000, timezone.utc)
    assert vipps_emulator.set_time(moment).now == moment
    assert vipps_emulator.set_time(moment.timestamp()).now == moment
    other_zone = moment.astimezone(timezone(timedelta(hours=9)))
    assert vipps_emulator.set_time(other_zone).now == moment
    now = vipps_emulator.advance(timedelta(hours=1, milliseconds=250))
    assert now.now == moment + timedelta(hours=1, milliseconds=250) and now.now.tzinfo is timezone.utc
    assert vipps_emulator.advance(0.25).now == now.now + timedelta(milliseconds=250)
    assert not now.running and vipps_emulator.real_time().running
    with pytest.raises(ValueError, match="time zone"):
        vipps_emulator.set_time(datetime(2026, 1, 1))
    vipps_emulator.token_lifetime("standard", timedelta(minutes=1))
    get(vipps_emulator, "/x")
    assert abs(vipps_emulator.requests()[0].at - datetime.now(timezone.utc)) < timedelta(minutes=5)


def test_keys_are_plain_and_objects_of_the_library(vipps_emulator: Emulator) -> None:
    import vipps_partner_auth

    keys = vipps_emulator.partner_keys()
    assert isinstance(keys, Keys) and keys == vipps_emulator.partner_keys() and hash(keys) == hash(keys)
    assert keys.for_partner() == vipps_partner_auth.PartnerKeys(
        keys.client_id, keys.client_secret, keys.subscription_key,
        second_subscription_key=keys.second_subscription_key,
    )
    assert keys != vipps_emulator.sales_unit_keys(MSN)
    unit = vipps_emulator.sales_unit_keys(MSN).for_sales_unit(MSN)
    assert isinstance(unit, vipps_partner_auth.SalesUnitKeys) and unit.msn == MSN
    special = vipps_emulator.specialized_keys()
    assert isinstance(special.for_partner(), vipps_partner_auth.SpecializedKeys)
    environment = vipps_emulator.environment()
    assert environment["VIPPS_CLIENT_SECRET"] == keys.client_secret


def test_values_go_in_as_they_come_out(vipps_emulator: Emulator) -> None:
    (kari,) = vipps_emulator.users()
    vipps_emulator.add_user("4798765432", given_name="Ola", addresses=[*kari.addresses, {"kind": "work"}])
    ola = next(user for user in vipps_emulator.users() if user.msisdn == "4798765432")
    assert ola.addresses[0] == kari.addresses[0] and ola.addresses[1].kind == "work"
    assert isinstance(ola.addresses[1], Address) and "Prøvegata" in repr(ola.addresses[0])
    keys = Keys("known-id", "known-secret", second_subscription_key="known-second", subscription_key="known-first")
    business = Business(scheme="NO:ORG", id="987654321")
    assert vipps_emulator.add_merchant("654321", keys=keys, business=business, redirect_uris=()) == keys
    assert vipps_emulator.add_merchant("777777", keys={"client_secret": "known"}).client_secret == "known"
    found = {merchant.msn: merchant for merchant in vipps_emulator.merchants()}
    assert found["654321"].business == business and found["654321"].connected
    vipps_emulator.script("/x", [Reply(201, headers={"x-a": "b"}, body="c"), {"status": 202}])
    assert [get(vipps_emulator, "/x") for _ in range(2)] == [(201, "c"), (202, "")]
    (first, _) = vipps_emulator.requests()
    assert first.status == 201 and first.header("Host") in vipps_emulator.base_url and first.header("x-none") is None
    assert pickle.loads(pickle.dumps(first)) == first == vipps_emulator.requests()[0]
    assert [later.id for later in vipps_emulator.requests(after=first.id)] == [first.id + 1]


def test_nothing_shows_a_secret(vipps_emulator: Emulator) -> None:
    keys, special = vipps_emulator.partner_keys(), vipps_emulator.specialized_keys()
    get(vipps_emulator, "/x?secret=a-secret-of-ours", {"Authorization": "a-secret-of-ours", "X-Named": "y"})
    (seen,) = vipps_emulator.requests()
    shown = f"{keys} {keys!r} {special!r} {seen!r} {vipps_emulator!r} {Reply(200)!r}"
    for secret in (keys.client_secret, keys.subscription_key, special.client_secret, "a-secret-of-ours"):
        assert secret not in shown
    assert keys.client_id in shown and "x-named" in shown and vipps_emulator.base_url in shown


def test_what_is_refused_says_member_and_rule(vipps_emulator: Emulator) -> None:
    calls: list[tuple[str, str, Any]] = [
        ("seconds", "invalid_input", lambda: vipps_emulator.advance(-1)),
        ("endpoint", "invalid_input", lambda: vipps_emulator.fail_next("nowhere", status=503)),  # type: ignore[arg-type]
        ("", "invalid_input", lambda: vipps_emulator.fail_next("jwks")),
        ("msn", "not_found", lambda: vipps_emulator.sales_unit_keys("999999")),
        ("redirect_uri", "invalid_input", lambda: vipps_emulator.register_redirect_uri(MSN, "nowhere")),
        ("scopes", "invalid_input", lambda: vipps_emulator.login_scopes(MSN, "openid")),
        ("replies[1].status", "invalid_input", lambda: vipps_emulator.script("/x", [Reply(200), Reply(99)])),
        ("addresses[0].city", "invalid_input", lambda: vipps_emulator.add_user("4798765432", addresses=[{"city": "x"}])),
        ("app", "invalid_input", lambda: vipps_emulator.add_user("4798765432", app="a-secret-of-ours")),  # type: ignore[arg-type]
    ]
    for member, code, wrong in calls:
        with pytest.raises(ControlError) as refused:
            wrong()
        error = refused.value
        assert ((error.member or ""), error.code) == (member, code), error
        assert error.rule in str(error) and str(error).startswith(member)
        assert "a-secret-of-ours" not in str(error) and isinstance(error, (ValueError, EmulatorError))
        assert str(pickle.loads(pickle.dumps(error))) == str(error)
    with pytest.raises(TypeError):
        vipps_emulator.advance(object())  # type: ignore[arg-type]
    assert [user.msisdn for user in vipps_emulator.users()] == ["4791234567"], "nothing was applied"


def test_a_start_that_is_refused_says_member_and_rule(tmp_path: Any) -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("port", {"port": 70_000}),
        ("mode", {"mode": "staging"}),
        ("merchants[0]", {"merchants": ["12 3"]}),
        ("partner_keys.client_secret", {"partner_keys": {"client_secret": "a b"}}),
        ("public_url", {"public_url": "nowhere"}),
    ]
    for member, options in wrong:
        with pytest.raises(ControlError) as refused:
            Emulator.start(**options)
        assert refused.value.member == member, refused.value
    (tmp_path / "wrong.json").write_text('{"jwks_outage": {"off": true}}')
    with pytest.raises(ControlError) as refused:
        Emulator.start(config=tmp_path / "wrong.json")
    assert refused.value.member == "jwks_outage.off"
    with pytest.raises(StartError, match="nowhere.toml"):
        Emulator.start(config=tmp_path / "nowhere.toml")


def test_a_configuration_file_and_options_beside_it(tmp_path: Any) -> None:
    config = tmp_path / "house.toml"
    config.write_text('mode = "test"\nmerchants = ["654321"]\n[name_merchant]\nmsn = "654321"\nname = "Fjord Coffee"\n')
    with Emulator.start(config=config, keys_file=str(tmp_path / "keys.json")) as first:
        assert first.info().mode == "test" and first.merchants()[0].name == "Fjord Coffee"
        keys = first.partner_keys()
    with Emulator.start(config=str(config), mode="production", keys_file=str(tmp_path / "keys.json")) as second:
        assert second.info().mode == "production" and second.partner_keys() == keys
        assert second.version == first.version == second.info().version


def test_behind_a_proxy_the_controls_are_reached_all_the_same() -> None:
    with Emulator.start(public_url="https://api.vipps.no") as vipps:
        assert vipps.base_url == "https://api.vipps.no" and vipps.users()


def test_a_taken_port_is_an_error(vipps_emulator: Emulator) -> None:
    port = urlsplit(vipps_emulator.base_url).port
    with pytest.raises(StartError, match=str(port)):
        Emulator.start(port=port)


def test_one_that_runs_already_is_left_running(vipps_emulator: Emulator) -> None:
    with Emulator.connect(vipps_emulator.base_url) as other:
        other.set_time(1_767_225_600)
        assert (other.base_url, other.page_url) == (vipps_emulator.base_url, vipps_emulator.page_url)
    assert vipps_emulator.now().now == datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert other.users(), "a connection is made anew"
    with pytest.raises(ValueError, match="http"):
        Emulator.connect("api.vipps.no")
    with pytest.raises(UnreachableError) as nobody:
        Emulator.connect("http://me:a-secret-of-ours@127.0.0.1:9")
    assert "a-secret-of-ours" not in str(nobody.value) and "127.0.0.1:9" in str(nobody.value)


def test_nobody_there_is_said_with_the_address(vipps_emulator: Emulator) -> None:
    url = vipps_emulator.base_url
    vipps_emulator.users()
    vipps_emulator.stop()
    vipps_emulator.stop()
    for call in (vipps_emulator.users, lambda: Emulator.connect(url)):
        with pytest.raises(UnreachableError, match=url) as gone:
            call()
        assert isinstance(gone.value, ConnectionError)


def test_whoever_else_answers_is_no_emulator() -> None:
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    with pytest.raises(UnreachableError, match="no vipps-emulator"):
        Emulator.connect(f"http://127.0.0.1:{server.server_port}")
    thread.join()
    server.server_close()


def test_on_a_loop() -> None:
    async def steer() -> None:
        async with AsyncEmulator.start(merchants=[MSN]) as vipps:
            many = await asyncio.gather(*(vipps.now() for _ in range(50)))
            assert all(now.running for now in many) and vipps.base_url in repr(vipps)
            with pytest.raises(ControlError):
                await vipps.advance(-1)
            other = await AsyncEmulator.connect(vipps.base_url)
            assert [merchant.msn for merchant in await other.merchants()] == [MSN]
            await other.stop()
            assert await vipps.users() and vipps.page_url.startswith(vipps.base_url) and vipps.version
        with pytest.raises(UnreachableError):
            await vipps.users()
        again = await AsyncEmulator.start(forgiving=True)
        async with again:
            assert (await again.info()).mode == "production"
        with pytest.raises(ControlError):
            await AsyncEmulator.start(merchants=["12 3"])

    asyncio.run(steer())
