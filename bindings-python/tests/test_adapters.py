"""The adapters, each with its real client, against the emulator."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
import vipps_partner_auth as vipps

MSN = "123456"
PAYMENTS = "/epayment/v1/payments"
OURS = ("authorization", "ocp-apim-subscription-key", "merchant-serial-number", "vipps-system-name")


class Client:
    """One HTTP client: how to send with the adapter, and what a stream is to it."""

    def send(self, shop: Any, method: str, url: str, body: Any = None) -> int:
        raise NotImplementedError

    def stream(self) -> Any:
        return iter([b"{}"])


class Requests(Client):
    def send(self, shop: Any, method: str, url: str, body: Any = None) -> int:
        return requests.request(method, url, data=body, auth=shop.requests_auth()).status_code


class Httpx(Client):
    module: Any = httpx

    def send(self, shop: Any, method: str, url: str, body: Any = None) -> int:
        with self.module.Client(auth=shop.httpx_auth(), follow_redirects=True) as client:
            return int(client.request(method, url, content=body).status_code)


class HttpxAsync(Httpx):
    def send(self, shop: Any, method: str, url: str, body: Any = None) -> int:
        async def run() -> int:
            async with self.module.AsyncClient(auth=shop.httpx_auth(), follow_redirects=True) as client:
                return int((await client.request(method, url, content=body)).status_code)

        return asyncio.run(run())

    def stream(self) -> Any:
        return chunks()


class Httpx2(Httpx):
    module = httpx2


class Httpx2Async(HttpxAsync):
    module = httpx2


class Aiohttp(Client):
    def send(self, shop: Any, method: str, url: str, body: Any = None) -> int:
        async def run() -> int:
            async with aiohttp.ClientSession(middlewares=[shop.aiohttp_middleware()]) as session:
                async with session.request(method, url, data=body) as response:
                    return response.status

        return asyncio.run(run())

    def stream(self) -> Any:
        return chunks()


async def chunks() -> Any:
    yield b"{}"


CLIENTS = [Requests(), Httpx(), HttpxAsync(), Httpx2(), Httpx2Async(), Aiohttp()]


@pytest.fixture(params=CLIENTS, ids=lambda client: type(client).__name__)
def client(request: pytest.FixtureRequest) -> Client:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def shop(vipps_partner: vipps.Partner) -> vipps.Merchant:
    return vipps_partner.merchant(MSN)


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere() as server:
        yield server


class Elsewhere:
    """A host that has nothing to do with Vipps, and keeps what it was sent."""

    def __enter__(self) -> Elsewhere:
        seen: list[dict[str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response(200)
                self.end_headers()

            do_POST = do_GET

            def log_message(self, *_: Any) -> None: ...

        self.seen = seen
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def test_a_call_carries_all_headers(client: Client, shop: vipps.Merchant, vipps_emulator: vipps.Emulator) -> None:
    assert client.send(shop, "GET", vipps_emulator.base_url + PAYMENTS) == 200
    (call,) = [request for request in vipps_emulator.requests() if request.path == PAYMENTS]
    assert not [finding for finding in call.findings if finding.verdict != "right"]
    assert {name for name, _ in call.headers} >= set(OURS)


def test_a_partners_own_calls_name_no_merchant(
    client: Client, vipps_partner: vipps.Partner, vipps_emulator: vipps.Emulator
) -> None:
    assert client.send(vipps_partner, "GET", f"{vipps_emulator.base_url}/management/v1/sales-units") == 200


def test_after_a_401_it_tries_once_more_with_a_new_token(
    client: Client, shop: vipps.Merchant, vipps_emulator: vipps.Emulator
) -> None:
    shop.headers()
    vipps_emulator.revoke_tokens()
    assert client.send(shop, "POST", vipps_emulator.base_url + PAYMENTS, b"{}") == 200
    assert (vipps_emulator.count(PAYMENTS), vipps_emulator.count("/accesstoken/get")) == (2, 2)
    bodies = {request.body for request in vipps_emulator.requests() if request.path == PAYMENTS}
    assert bodies == {b"{}"}


def test_and_not_a_third_time(client: Client, shop: vipps.Merchant, vipps_emulator: vipps.Emulator) -> None:
    vipps_emulator.script(PAYMENTS, [(401, {}, ""), (401, {}, ""), (200, {}, "")])
    assert client.send(shop, "GET", vipps_emulator.base_url + PAYMENTS) == 401
    assert vipps_emulator.count(PAYMENTS) == 2
    assert client.send(shop, "GET", vipps_emulator.base_url + PAYMENTS) == 200, "nothing was left behind"


def test_a_stream_is_not_sent_again(client: Client, shop: vipps.Merchant, vipps_emulator: vipps.Emulator) -> None:
    vipps_emulator.script(PAYMENTS, [(401, {}, ""), (200, {}, "")])
    assert client.send(shop, "POST", vipps_emulator.base_url + PAYMENTS, client.stream()) == 401
    assert vipps_emulator.count(PAYMENTS) == 1


def test_other_hosts_get_nothing(client: Client, shop: vipps.Merchant, elsewhere: Elsewhere) -> None:
    assert client.send(shop, "GET", elsewhere.url) == 200
    assert not set(elsewhere.seen[0]) & set(OURS)


def test_a_redirect_takes_nothing_along(
    client: Client, shop: vipps.Merchant, vipps_emulator: vipps.Emulator, elsewhere: Elsewhere
) -> None:
    for status in (302, 307):
        vipps_emulator.script(PAYMENTS, [(status, {"location": elsewhere.url}, "")])
        assert client.send(shop, "GET", vipps_emulator.base_url + PAYMENTS) == 200
    assert len(elsewhere.seen) == 2
    assert not [set(seen) & set(OURS) for seen in elsewhere.seen if set(seen) & set(OURS)]


def test_nor_does_a_redirect_after_a_second_try_or_another_redirect(
    client: Client, shop: vipps.Merchant, vipps_emulator: vipps.Emulator, elsewhere: Elsewhere
) -> None:
    away = (302, {"location": elsewhere.url}, "")
    for first in ((401, {}, ""), (302, {"location": PAYMENTS}, "")):
        vipps_emulator.script(PAYMENTS, [first, away])
        assert client.send(shop, "GET", vipps_emulator.base_url + PAYMENTS) == 200
    assert len(elsewhere.seen) == 2
    assert not [set(seen) & set(OURS) for seen in elsewhere.seen if set(seen) & set(OURS)]


def test_what_vipps_refuses_is_raised(client: Client, shop: vipps.Merchant, vipps_emulator: vipps.Emulator) -> None:
    vipps_emulator.fail_next("standard_token", status=403)
    with pytest.raises(vipps.ForbiddenError):
        client.send(shop, "GET", vipps_emulator.base_url + PAYMENTS)


@pytest.mark.parametrize("module", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_a_users_mock_sees_the_headers(module: Any, shop: vipps.Merchant, vipps_emulator: vipps.Emulator) -> None:
    def answer(request: Any) -> Any:
        assert request.headers["merchant-serial-number"] == MSN and "Authorization" in request.headers
        return module.Response(200)

    with module.Client(transport=module.MockTransport(answer), auth=shop.httpx_auth()) as client:
        assert client.get(vipps_emulator.base_url + PAYMENTS, headers={"X-Own": "1"}).status_code == 200


def test_a_session_of_requests_repeats_a_call_for_each_refused_token(
    shop: vipps.Merchant, vipps_emulator: vipps.Emulator
) -> None:
    with requests.Session() as session:
        session.auth = shop.requests_auth()
        vipps_emulator.script(PAYMENTS, [(200, {}, ""), (401, {}, "")])
        answers = [session.get(vipps_emulator.base_url + PAYMENTS) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [len(answer.history) for answer in answers] == [0, 1]
