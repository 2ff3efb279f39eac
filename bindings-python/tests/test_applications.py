"""The applications in ``examples/python``, each as its own page tells to run it, with the emulator as Vipps."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
import vipps_partner_auth as vipps
from vipps_emulator import Emulator, Reply

from test_api import KARI, MSN
from test_fleet import pytestmark as needs_redis
from test_fleet import redis as redis

EXAMPLES = Path(__file__).parents[2] / "examples"
APPLICATIONS = EXAMPLES / "python"
TOKEN = "/accesstoken/get"
JSON = {"content-type": "application/json"}


@pytest.fixture
def service() -> Iterator[Emulator]:
    """As the examples are told to start it, on a free port."""
    with Emulator.start(config=EXAMPLES / "emulator.toml") as emulator:
        yield emulator


@pytest.fixture
def variables(service: Emulator, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Those that the examples are told to be started with, in this process as well."""
    told = dict(line.split("=", 1) for line in (EXAMPLES / "emulator.env").read_text().splitlines())
    told["VIPPS_ENVIRONMENT"] = service.base_url
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    return told


def application(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, APPLICATIONS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def start(*command: str, **settings: Any) -> subprocess.Popen[str]:
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen([sys.executable, *command], cwd=APPLICATIONS, env=dict(os.environ), **streams, **settings)


def assert_no_secret(printed: str, variables: dict[str, str]) -> None:
    for name in ("VIPPS_CLIENT_SECRET", "VIPPS_SUBSCRIPTION_KEY", "VIPPS_SECOND_SUBSCRIPTION_KEY"):
        assert variables[name] not in printed
    assert not re.search(r"eyJ|code=|Bearer", printed)


class TestCallerDesk:
    @pytest.fixture
    def desk(self, variables: dict[str, str]) -> ModuleType:
        return application("caller_desk")

    @pytest.fixture
    def phone(self, variables: dict[str, str]) -> vipps.Backchannel:
        return vipps.Partner.from_env().merchant(MSN).backchannel()

    def test_a_caller_confirms(self, service: Emulator, variables: dict[str, str]) -> None:
        with start("caller_desk.py", "+47 912 34 567") as program:
            assert program.stdout is not None
            told = program.stdout.readline()
            (login,) = service.logins()
            assert login.binding_message and login.binding_message in told
            service.approve(login.id, KARI)
            rest = program.stdout.read()
        assert rest == f"CONFIRMED: Kari Fixture, phone number {KARI}.\n"
        assert program.returncode == 0
        assert_no_secret(told + rest, variables)
        assert service.count(TOKEN) == 1

    @pytest.mark.parametrize(
        ("decide", "why"),
        [
            (lambda service, id: service.deny(id), "the caller declined"),
            (lambda service, id: service.deny(id, "wrong_challenge"), "the caller chose the wrong number in the app"),
            (lambda service, id: service.deny(id, "login_required"), "the login failed (login_required)"),
            (lambda service, _: service.advance(121), "the caller did not answer in time"),
        ],
    )
    def test_a_caller_who_does_not_confirm(
        self,
        service: Emulator,
        desk: ModuleType,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        decide: Callable[[Emulator, str], object],
        why: str,
    ) -> None:
        monkeypatch.setattr(desk, "tell", lambda _: decide(service, service.logins()[0].id))
        assert desk.main(["0047 91 23 45 67"]) == 1
        assert capsys.readouterr().out == f"NOT CONFIRMED: {why}.\n"

    def test_a_number_of_nobody_is_not_rung(
        self, service: Emulator, desk: ModuleType, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert desk.main(["+47 900 00 000"]) == 1
        assert capsys.readouterr().out == "NOT CONFIRMED: this number is not a Vipps user's.\n"
        assert service.logins() == []

    def test_where_vipps_does_not_tell_who_is_a_user_the_login_does(
        self, service: Emulator, desk: ModuleType, capsys: pytest.CaptureFixture[str]
    ) -> None:
        service.script("/vipps-login-ciba/api/v1/user-exists", [Reply(404)])
        assert desk.main(["4790000000"]) == 1
        assert capsys.readouterr().out == "NOT CONFIRMED: nobody with an active Vipps app has this number.\n"

    def test_too_many_logins_for_one_person(
        self, desk: ModuleType, phone: vipps.Backchannel, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for _ in range(3):
            phone.start(f"urn:msisdn:{KARI}", ["openid"])
        assert desk.main([KARI]) == 1
        assert "too many logins wait for this person" in capsys.readouterr().out

    def test_a_customer_token_is_the_hint_as_it_stands(
        self, service: Emulator, desk: ModuleType, capsys: pytest.CaptureFixture[str]
    ) -> None:
        desk.main(["--qr", "token-of-a-qr-code"])
        (sent,) = [request for request in service.requests() if request.path.endswith("/backchannel/authentication")]
        assert "login_hint=urn%3Acustomer-token%3Atoken-of-a-qr-code" in sent.body
        assert service.count("/vipps-login-ciba/api/v1/user-exists") == 0

    def test_what_can_not_be_told_now(
        self, service: Emulator, desk: ModuleType, variables: dict[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert desk.main(["12"]) == 2
        service.reject_subscription_key("primary")
        service.reject_subscription_key("secondary")
        assert desk.main([KARI]) == 2
        printed = capsys.readouterr()
        assert printed.out == "" and printed.err.count("Can't tell now: ") == 2
        assert_no_secret(printed.err, variables)


class TestNightlyJob:
    @pytest.fixture
    def thousand(self, service: Emulator) -> str:
        """As many merchants, and the lines of their payments."""
        msns = [str(msn) for msn in range(100_001, 101_001)]
        for msn in msns:
            service.add_merchant(msn)
        return "".join(f"{msn},order-{msn}\n" for msn in msns)

    def test_a_night_costs_one_token_request(
        self, service: Emulator, variables: dict[str, str], thousand: str
    ) -> None:
        service.disconnect_merchant("100500")
        service.deactivate_merchant("100501")
        state = Reply(200, headers=JSON, body='{"state": "AUTHORIZED"}')
        service.script("/epayment/v1/payments/order-100001", [state])
        service.script("/epayment/v1/payments/order-100002", [Reply(403, headers=JSON, body="{}")])
        service.script("/epayment/v1/payments/order-100003", [Reply(500)])
        with start("nightly_job.py", "-", stdin=subprocess.PIPE) as job:
            printed, _ = job.communicate(thousand + "100000,order-1\nx,order-2\n")
        first, *report = printed.splitlines()
        assert re.fullmatch(r"1002 payments in [\d.]+ s, token requests: 1, tokens from Redis: 0", first)
        assert report[:2] == [
            "answered: 996 (AUTHORIZED 1, state not told 995)",
            "not connected: 100000, 100500, 100501",
        ]
        assert re.fullmatch(r"failed: 100002 \(status 403\); 100003 \(status 500\); x \(msn .*\)", report[2])
        assert re.fullmatch(r"warnings: .*", report[3]) and len(report) == 4
        assert job.returncode == 1
        assert service.count(TOKEN) == 1
        assert_no_secret(printed, variables)

    def test_never_more_calls_at_a_time_than_asked_for(
        self, service: Emulator, variables: dict[str, str], thousand: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JOB_CONCURRENCY", "3")
        job = application("nightly_job")
        at_once: list[int] = [0, 0]
        ask = job.ask

        async def counted(*arguments: Any) -> None:
            at_once[0] += 1
            at_once[1] = max(at_once)
            await ask(*arguments)
            at_once[0] -= 1

        monkeypatch.setattr(job, "ask", counted)
        partner = vipps.Partner.from_env()
        report = job.Report()
        asyncio.run(job.ask_all(partner, [(MSN, f"order-{number}") for number in range(30)], report))
        assert at_once == [0, 3]
        assert sum(report.states.values()) == 30

    @needs_redis
    def test_a_fleet_shares_its_token(
        self, service: Emulator, variables: dict[str, str], redis: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("VIPPS_REDIS_URL", redis)
        payments = tmp_path / "open-payments.csv"
        payments.write_text(f"{MSN},order-1\n")
        for from_redis in (0, 1):
            with start("nightly_job.py", str(payments)) as job:
                printed, _ = job.communicate()
            assert job.returncode == 0, printed
            assert f"token requests: {1 - from_redis}, tokens from Redis: {from_redis}" in printed
        assert service.count(TOKEN) == 1

    def test_keys_that_are_refused_end_the_job_at_once(
        self, service: Emulator, variables: dict[str, str], thousand: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("VIPPS_CLIENT_SECRET", "another")
        with start("nightly_job.py", "-", stdin=subprocess.PIPE) as job:
            printed, _ = job.communicate(thousand)
        assert job.returncode == 2 and printed.startswith("no payment could be asked about: ")
        assert service.count(TOKEN) == len(service.requests())


class TestShopLogin:
    @pytest.fixture
    def shop(
        self, service: Emulator, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[str]:
        """Its address. What it prints is looked at in the end."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        own = f"http://localhost:{port}"
        service.register_redirect_uri(MSN, f"{own}/callback")
        monkeypatch.setenv("SHOP_CALLBACK", f"{own}/callback")
        with start("-m", "uvicorn", "shop_login:app", "--port", str(port), "--no-access-log") as server:
            assert server.stdout is not None
            lines = []
            for line in server.stdout:
                lines.append(line)
                if "Uvicorn running" in line:
                    break
            else:
                pytest.fail("".join(lines))
            yield own
            server.terminate()
            lines.extend(server.stdout)
        assert_no_secret("".join(lines), variables)

    def test_a_person_logs_in_and_out(self, service: Emulator, shop: str) -> None:
        service.auto_approve(KARI)
        with httpx.Client(follow_redirects=True) as browser:
            assert "Log in with Vipps" in browser.get(f"{shop}/").text
            assert str(browser.get(f"{shop}/me").url) == f"{shop}/"
            came = browser.get(f"{shop}/login")
            assert str(came.url) == f"{shop}/me" and came.status_code == 200
            assert "<h1>Kari Fixture</h1>" in came.text and f"of sales unit {MSN}" in came.text
            assert "Welcome, Kari Fixture" in browser.get(f"{shop}/").text
            session = browser.cookies["session"]
            assert "Log in with Vipps" in browser.post(f"{shop}/logout").text
            assert "session" not in browser.cookies
            old = httpx.get(f"{shop}/me", headers={"cookie": f"session={session}"})
            assert old.headers["location"] == "/", "what was logged out stays logged out"

    def test_cookies_are_the_servers_alone(self, shop: str) -> None:
        cookie = httpx.get(f"{shop}/login").headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie

    def test_a_person_who_cancels(self, service: Emulator, shop: str) -> None:
        service.auto_deny()
        with httpx.Client(follow_redirects=True) as browser:
            page = browser.get(f"{shop}/login")
        assert page.status_code == 403 and "You cancelled the login" in page.text

    def test_a_callback_that_answers_another_login(self, service: Emulator, shop: str) -> None:
        service.auto_approve(KARI)
        with httpx.Client() as browser:
            older = leave(service, browser, shop)
            newer = leave(service, browser, shop)
            page = browser.get(older)
            assert page.status_code == 400 and "Please start again" in page.text
            page = browser.get(newer)
            assert page.status_code == 400 and "Please start again" in page.text, "one request answers one callback"
            assert "session" not in browser.cookies
        page = httpx.get(newer)
        assert page.status_code == 400 and "Please start again" in page.text, "another browser"

    @pytest.mark.parametrize("claims", [{"msn": "654321"}, {"iss": "https://elsewhere.example/"}])
    def test_an_id_token_of_another_merchant(
        self, service: Emulator, shop: str, claims: dict[str, str]
    ) -> None:
        service.auto_approve(KARI)
        service.bend_next_id_token(claims=claims)
        with httpx.Client(follow_redirects=True) as browser:
            page = browser.get(f"{shop}/login")
            assert page.status_code == 403 and "could not be verified" in page.text
            assert "session" not in browser.cookies

    def test_vipps_is_away(self, service: Emulator, shop: str) -> None:
        service.auto_approve(KARI)
        with httpx.Client() as browser:
            callback = leave(service, browser, shop)
            service.stop()
            page = browser.get(callback, timeout=None)
        assert page.status_code == 503 and "can't be reached" in page.text.replace("&#x27;", "'")


def leave(service: Emulator, browser: httpx.Client, shop: str) -> str:
    """Starts a login and follows Vipps' redirects up to the shop's callback."""
    url = browser.get(f"{shop}/login").headers["location"]
    while url.startswith(service.base_url):
        url = urljoin(url, browser.get(url).headers["location"])
    return str(url)
