"""The adapters, each with its real client, against the emulator."""

from __future__ import annotations

import asyncio
import contextlib
import io
import pickle
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
import requests_mock
import responses
import respx
import trio
import urllib3
import vipps_partner_auth as vipps
from vipps_emulator import Emulator, RecordedRequest, Reply

MSN = "123456"
PAYMENTS = "/epayment/v1/payments"
OURS = ("authorization", "ocp-apim-subscription-key", "merchant-serial-number", "vipps-system-name")


class Client(ABC):
    """One HTTP client: how to send with the adapter, and what a stream is to it."""

    @abstractmethod
    def send(self, shop: Any, method: str, url: str, body: Any = None) -> int: ...

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


def test_a_call_carries_all_headers(client: Client, shop: vipps.Merchant, vipps_emulator: Emulator) -> None:
    assert client.send(shop, "GET", vipps_emulator.base_url + PAYMENTS) == 200
    (call,) = [request for request in vipps_emulator.requests() if request.path == PAYMENTS]
    assert not [finding for finding in call.findings if finding.verdict != "right"]
    assert {header.name for header in call.headers} >= set(OURS)


def test_a_partners_own_calls_name_no_merchant(
    client: Client, vipps_partner: vipps.Partner, vipps_emulator: Emulator
) -> None:
    assert client.send(vipps_partner, "GET", f"{vipps_emulator.base_url}/management/v1/sales-units") == 200


def test_after_a_401_it_tries_once_more_with_a_new_token(
    client: Client, shop: vipps.Merchant, vipps_emulator: Emulator
) -> None:
    shop.headers()
    vipps_emulator.revoke_tokens()
    assert client.send(shop, "POST", vipps_emulator.base_url + PAYMENTS, b"{}") == 200
    assert (vipps_emulator.count(PAYMENTS), vipps_emulator.count("/accesstoken/get")) == (2, 2)
    bodies = {request.body for request in vipps_emulator.requests() if request.path == PAYMENTS}
    assert bodies == {"{}"}


def test_and_not_a_third_time(client: Client, shop: vipps.Merchant, vipps_emulator: Emulator) -> None:
    vipps_emulator.script(PAYMENTS, [Reply(401), Reply(401), Reply(200)])
    assert client.send(shop, "GET", vipps_emulator.base_url + PAYMENTS) == 401
    assert vipps_emulator.count(PAYMENTS) == 2
    assert client.send(shop, "GET", vipps_emulator.base_url + PAYMENTS) == 200, "nothing was left behind"


def test_a_stream_is_not_sent_again(client: Client, shop: vipps.Merchant, vipps_emulator: Emulator) -> None:
    vipps_emulator.script(PAYMENTS, [Reply(401), Reply(200)])
    assert client.send(shop, "POST", vipps_emulator.base_url + PAYMENTS, client.stream()) == 401
    assert vipps_emulator.count(PAYMENTS) == 1


def test_other_hosts_get_nothing(client: Client, shop: vipps.Merchant, elsewhere: Elsewhere) -> None:
    assert client.send(shop, "GET", elsewhere.url) == 200
    assert not set(elsewhere.seen[0]) & set(OURS)


def test_a_redirect_takes_nothing_along(
    client: Client, shop: vipps.Merchant, vipps_emulator: Emulator, elsewhere: Elsewhere
) -> None:
    for status in (302, 307):
        vipps_emulator.script(PAYMENTS, [Reply(status, headers={"location": elsewhere.url})])
        assert client.send(shop, "GET", vipps_emulator.base_url + PAYMENTS) == 200
    assert len(elsewhere.seen) == 2
    assert not [set(seen) & set(OURS) for seen in elsewhere.seen if set(seen) & set(OURS)]


def test_nor_does_a_redirect_after_a_second_try_or_another_redirect(
    client: Client, shop: vipps.Merchant, vipps_emulator: Emulator, elsewhere: Elsewhere
) -> None:
    away = Reply(302, headers={"location": elsewhere.url})
    for first in (Reply(401), Reply(302, headers={"location": PAYMENTS})):
        vipps_emulator.script(PAYMENTS, [first, away])
        assert client.send(shop, "GET", vipps_emulator.base_url + PAYMENTS) == 200
    assert len(elsewhere.seen) == 2
    assert not [set(seen) & set(OURS) for seen in elsewhere.seen if set(seen) & set(OURS)]


def test_a_redirect_whose_address_is_read_in_two_ways_leaks_nothing(
    client: Client, shop: vipps.Merchant, vipps_emulator: Emulator, elsewhere: Elsewhere
) -> None:
    """Whoever the library takes for the host, what counts is whom the client asks."""
    own = vipps_emulator.base_url
    other = elsewhere.url.replace("http://127.0.0.1", "localhost")
    for between in ("\\@", "@", "%2F@", "%5C@", "\t@", "\\\\@", ";@", "%00@"):
        location = f"{own}{between}{other}"
        vipps_emulator.script(PAYMENTS, [Reply(307, headers={"location": location})])
        with contextlib.suppress(Exception):
            client.send(shop, "POST", own + PAYMENTS, b"{}")
    assert elsewhere.seen
    assert not [set(seen) & set(OURS) for seen in elsewhere.seen if set(seen) & (set(OURS) - {"authorization"})]


def test_what_vipps_refuses_is_raised(client: Client, shop: vipps.Merchant, vipps_emulator: Emulator) -> None:
    vipps_emulator.fail_next("standard_token", status=403)
    with pytest.raises(vipps.ForbiddenError):
        client.send(shop, "GET", vipps_emulator.base_url + PAYMENTS)


@pytest.mark.parametrize("module", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_a_users_mock_sees_the_headers(module: Any, shop: vipps.Merchant, vipps_emulator: Emulator) -> None:
    def answer(request: Any) -> Any:
        assert request.headers["merchant-serial-number"] == MSN and "Authorization" in request.headers
        return module.Response(200)

    with module.Client(transport=module.MockTransport(answer), auth=shop.httpx_auth()) as client:
        assert client.get(vipps_emulator.base_url + PAYMENTS, headers={"X-Own": "1"}).status_code == 200


def test_a_session_of_requests_repeats_a_call_for_each_refused_token(
    shop: vipps.Merchant, vipps_emulator: Emulator
) -> None:
    with requests.Session() as session:
        session.auth = shop.requests_auth()
        vipps_emulator.script(PAYMENTS, [Reply(200), Reply(401)])
        answers = [session.get(vipps_emulator.base_url + PAYMENTS) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [len(answer.history) for answer in answers] == [0, 1]


HTTPX = [httpx, httpx2]
both_httpx = pytest.mark.parametrize("module", HTTPX, ids=lambda module: module.__name__)


def payments(emulator: Emulator) -> list[RecordedRequest]:
    return [request for request in emulator.requests() if request.path == PAYMENTS]


class TestHttpx:
    @both_httpx
    def test_headers_are_plain(self, module: Any, shop: vipps.Merchant, vipps_emulator: Emulator) -> None:
        """Whatever a hook, a copy or a transport of the user's does with them, it works as on any request."""
        seen: list[Any] = []

        class Rebuilding(module.HTTPTransport):  # type: ignore[misc, name-defined]
            def handle_request(self, request: Any) -> Any:
                seen.append(module.Headers(request.headers))
                seen.append(request.headers.copy())
                seen.append(dict(request.headers.multi_items()))
                rebuilt = module.Request(request.method, request.url, headers=request.headers, stream=request.stream)
                return super().handle_request(rebuilt)

        def hook(request: Any) -> None:
            request.headers["Idempotency-Key"] = "order-1"
            request.headers["Vipps-System-Name"] = "changed"
            del request.headers["vipps-system-version"]
            request.headers = module.Headers(request.headers)

        url = vipps_emulator.base_url + PAYMENTS
        with module.Client(
            auth=shop.httpx_auth(), mounts={"http://": Rebuilding()}, event_hooks={"request": [hook]}
        ) as client:
            client.post(url, json={})
        (sent,) = payments(vipps_emulator)
        assert sent.header("idempotency-key") == "order-1" and sent.header("vipps-system-name") == "changed"
        assert sent.header("vipps-system-version") is None
        for headers in seen:
            assert "authorization" in headers and headers["merchant-serial-number"] == MSN
        request = module.Request("GET", url)
        next(shop.httpx_auth().sync_auth_flow(request))
        assert pickle.loads(pickle.dumps(request)).headers["merchant-serial-number"] == MSN

    @both_httpx
    def test_what_follows_by_hand_takes_nothing_along(
        self, module: Any, shop: vipps.Merchant, vipps_emulator: Emulator, elsewhere: Elsewhere
    ) -> None:
        vipps_emulator.script(PAYMENTS, [Reply(307, headers={"location": elsewhere.url})])
        with module.Client(auth=shop.httpx_auth()) as client:
            response = client.post(vipps_emulator.base_url + PAYMENTS, content=b"{}")
            client.send(response.next_request, auth=None)
        assert not set(elsewhere.seen[0]) & set(OURS)

    @both_httpx
    def test_a_stream_of_the_reply(self, module: Any, shop: vipps.Merchant, vipps_emulator: Emulator) -> None:
        vipps_emulator.script(PAYMENTS, [Reply(401), Reply(200, body="a long reply"), Reply(302, headers={"location": PAYMENTS})])
        url = vipps_emulator.base_url + PAYMENTS
        with module.Client(auth=shop.httpx_auth(), follow_redirects=True) as client:
            with client.stream("GET", url) as response:
                assert b"".join(response.iter_bytes()) == b"a long reply"
            with client.stream("GET", url) as response:
                assert response.status_code == 200 and len(response.history) == 1

    def test_an_auth_of_the_users_around_ours(self, shop: vipps.Merchant, vipps_emulator: Emulator) -> None:
        ours = shop.httpx_auth()

        class Theirs(httpx.Auth):
            def sync_auth_flow(self, request: httpx.Request) -> Any:
                request.headers["x-before"] = "1"
                yield from ours.sync_auth_flow(request)

        vipps_emulator.script(PAYMENTS, [Reply(401)])
        assert httpx.get(vipps_emulator.base_url + PAYMENTS, auth=Theirs()).status_code == 200
        assert [request.header("x-before") for request in payments(vipps_emulator)] == ["1", "1"]

    def test_after_a_redirect_only_the_last_request_is_repeated(
        self, shop: vipps.Merchant, vipps_emulator: Emulator
    ) -> None:
        """A POST that was taken, and answered by a redirect, must not be made twice."""
        vipps_emulator.script("/orders", [Reply(303, headers={"location": PAYMENTS})])
        vipps_emulator.script(PAYMENTS, [Reply(401)])
        with httpx.Client(auth=shop.httpx_auth(), follow_redirects=True) as client:
            assert client.post(vipps_emulator.base_url + "/orders", json={}).status_code == 200
        assert (vipps_emulator.count("/orders"), vipps_emulator.count(PAYMENTS)) == (1, 2)

    @both_httpx
    def test_open_telemetry(self, module: Any, shop: vipps.Merchant, vipps_emulator: Emulator) -> None:
        from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
        from opentelemetry.sdk.trace import TracerProvider

        instrumentor = HTTPXClientInstrumentor()
        instrumentor.instrument(tracer_provider=TracerProvider())
        try:
            with module.Client(auth=shop.httpx_auth()) as client:
                answers = [client.get(vipps_emulator.base_url + PAYMENTS).status_code for _ in range(3)]
        finally:
            instrumentor.uninstrument()
        assert answers == [200, 200, 200] and vipps_emulator.count("/accesstoken/get") == 1
        if module is httpx:
            assert payments(vipps_emulator)[0].header("traceparent")

    def test_a_version_that_would_leak_is_refused(self, monkeypatch: pytest.MonkeyPatch, shop: vipps.Merchant) -> None:
        from vipps_partner_auth import _httpx

        for module in HTTPX:
            monkeypatch.delattr(module._client.BaseClient, "_build_redirect_request")
            for client in (module.Client, module.AsyncClient):
                monkeypatch.delattr(client, "_build_redirect_request", raising=False)
        with pytest.raises(ImportError, match="leak"):
            shop.httpx_auth()
        monkeypatch.undo()
        for client in (httpx.Client, httpx.AsyncClient):
            monkeypatch.setattr(client, "_build_redirect_request", lambda *_: None)
        monkeypatch.setattr(_httpx, "_holds_tight", lambda _: False)
        assert not isinstance(shop.httpx_auth(), httpx.Auth) and isinstance(shop.httpx_auth(), httpx2.Auth)

    def test_respx(self, shop: vipps.Merchant, vipps_emulator: Emulator) -> None:
        shop.headers()
        with respx.mock() as mock:
            replies = [httpx.Response(401), httpx.Response(200)]
            route = mock.get(vipps_emulator.base_url + PAYMENTS).mock(side_effect=replies)
            assert httpx.get(vipps_emulator.base_url + PAYMENTS, auth=shop.httpx_auth()).status_code == 200
        tokens = [call.request.headers["authorization"] for call in route.calls]
        assert len(set(tokens)) == 2


class TestRequests:
    def test_a_netrc_does_not_take_our_place(
        self, shop: vipps.Merchant, vipps_emulator: Emulator, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("default login anna password secret\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        vipps_emulator.script("/moved", [Reply(302, headers={"location": PAYMENTS})] * 2)
        answers = [requests.get(vipps_emulator.base_url + "/moved", auth=shop.requests_auth()) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert vipps_emulator.count("/accesstoken/get") == 1
        sent = [request.header("authorization") or "" for request in payments(vipps_emulator)]
        assert all(authorization.startswith("Bearer ") for authorization in sent)

    def test_a_refusal_of_basic_costs_no_token(self, shop: vipps.Merchant, vipps_emulator: Emulator) -> None:
        with requests.Session() as session:
            session.auth = shop.requests_auth()
            url = vipps_emulator.base_url + PAYMENTS
            assert session.get(url).status_code == 200
            assert session.get(url, auth=("anna", "secret")).status_code == 401
            assert session.get(url).status_code == 200
        assert vipps_emulator.count("/accesstoken/get") == 1

    def test_a_request_that_was_prepared_once_is_sent_many_times(
        self, shop: vipps.Merchant, vipps_emulator: Emulator, elsewhere: Elsewhere
    ) -> None:
        vipps_emulator.script(PAYMENTS, [Reply(302, headers={"location": elsewhere.url})])
        url = vipps_emulator.base_url + PAYMENTS
        with requests.Session() as session:
            prepared = session.prepare_request(requests.Request("POST", url, data=b"{}", auth=shop.requests_auth()))
            assert session.send(prepared).status_code == 200
            vipps_emulator.revoke_tokens()
            assert [session.send(prepared).status_code for _ in range(2)] == [200, 200]
        assert not set(elsewhere.seen[0]) & set(OURS)
        assert [request.status for request in payments(vipps_emulator)] == [302, 401, 200, 401, 200]
        assert all(request.header("merchant-serial-number") == MSN for request in payments(vipps_emulator))
        assert vipps_emulator.count("/accesstoken/get") == 2

    def test_a_redirect_that_is_not_followed(
        self, shop: vipps.Merchant, vipps_emulator: Emulator, elsewhere: Elsewhere
    ) -> None:
        vipps_emulator.script(PAYMENTS, [Reply(302, headers={"location": elsewhere.url})])
        url = vipps_emulator.base_url + PAYMENTS
        answer = requests.get(url, auth=shop.requests_auth(), allow_redirects=False)
        assert answer.next is not None and not {name.lower() for name in answer.next.headers} & set(OURS)
        assert "merchant-serial-number" in answer.request.headers

    def test_a_file_is_not_sent_again_but_the_token_is_reported(
        self, shop: vipps.Merchant, vipps_emulator: Emulator
    ) -> None:
        shop.headers()
        vipps_emulator.revoke_tokens()
        url = vipps_emulator.base_url + PAYMENTS
        answers = [requests.post(url, data=io.BytesIO(b"{}"), auth=shop.requests_auth()).status_code for _ in range(3)]
        assert answers == [401, 200, 200]
        assert vipps_emulator.count("/accesstoken/get") == 2

    def test_requests_mock(self, shop: vipps.Merchant, vipps_emulator: Emulator) -> None:
        shop.headers()
        url = vipps_emulator.base_url + PAYMENTS
        with requests_mock.Mocker() as mock:
            mock.get(url, [{"status_code": 401}, {"status_code": 200}])
            assert requests.get(url, auth=shop.requests_auth()).status_code == 200
        tokens = [request.headers["authorization"] for request in mock.request_history]
        assert len(set(tokens)) == 2

    def test_responses(self, shop: vipps.Merchant, vipps_emulator: Emulator) -> None:
        shop.headers()
        url = vipps_emulator.base_url + PAYMENTS
        with responses.RequestsMock() as mock:
            mock.get(url, status=401)
            mock.get(url, status=200)
            assert requests.get(url, auth=shop.requests_auth()).status_code == 200
            assert len({call.request.headers["authorization"] for call in mock.calls}) == 2

    @pytest.mark.parametrize("limit", [0.2, (9, 0.2), urllib3.Timeout(read=0.2), urllib3.Timeout(total=0.2)], ids=str)
    def test_its_time_limit_holds_for_the_token(
        self, limit: Any, shop: vipps.Merchant, vipps_emulator: Emulator
    ) -> None:
        vipps_emulator.fail_next("standard_token", kind="hang")
        with pytest.raises(requests.Timeout):
            requests.get(vipps_emulator.base_url + PAYMENTS, auth=shop.requests_auth(), timeout=limit)
        vipps_emulator.release_hung()
        assert not payments(vipps_emulator)


class TestErrors:
    @pytest.mark.parametrize(
        ("client", "family"),
        [
            (Requests(), requests.RequestException),
            (Httpx(), httpx.TransportError),
            (HttpxAsync(), httpx.TransportError),
            (Httpx2(), httpx2.TransportError),
            (Aiohttp(), aiohttp.ClientError),
        ],
    )
    def test_are_the_clients_and_ours(
        self, client: Client, family: type[Exception], shop: vipps.Merchant, vipps_emulator: Emulator
    ) -> None:
        vipps_emulator.fail_next("standard_token", status=403)
        with pytest.raises(family) as raised:
            client.send(shop, "GET", vipps_emulator.base_url + PAYMENTS)
        error = raised.value
        assert isinstance(error, vipps.ForbiddenError) and error.status == 403
        assert type(error.__cause__) is vipps.ForbiddenError and str(error.__cause__) == str(error)
        again = pickle.loads(pickle.dumps(error))
        assert isinstance(again, family) and isinstance(again, vipps.ForbiddenError)
        assert (str(again), again.code, again.status) == (str(error), "forbidden", 403)


class TestTrio:
    """Also through anyio, which runs on it."""

    def test_cold_and_warm(self, shop: vipps.Merchant, vipps_emulator: Emulator) -> None:
        async def call() -> int:
            async with httpx.AsyncClient(auth=shop.httpx_auth()) as client:
                return (await client.get(vipps_emulator.base_url + PAYMENTS)).status_code

        assert [trio.run(call), trio.run(call)] == [200, 200]
        assert vipps_emulator.count("/accesstoken/get") == 1

    def test_many_callers_fetch_once_and_one_may_give_up(
        self, shop: vipps.Merchant, vipps_emulator: Emulator
    ) -> None:
        got: list[dict[str, str]] = []

        async def ask() -> None:
            got.append(await shop.headers_async())

        async def all_of_them() -> None:
            vipps_emulator.fail_next("standard_token", kind="hang")
            async with trio.open_nursery() as nursery:
                for _ in range(100):
                    nursery.start_soon(ask)
                with trio.CancelScope() as scope:
                    while not vipps_emulator.count("/accesstoken/get"):
                        await trio.sleep(0.001)
                    scope.cancel()
                    await shop.headers_async()
                vipps_emulator.release_hung()

        trio.run(all_of_them)
        assert len(got) == 100 and vipps_emulator.count("/accesstoken/get") == 1

    def test_a_run_that_ends_in_mid_fetch_leaves_nothing_behind(
        self, shop: vipps.Merchant, vipps_emulator: Emulator
    ) -> None:
        async def leave() -> None:
            with trio.move_on_after(0.05):
                await shop.headers_async()

        vipps_emulator.fail_next("standard_token", kind="hang")
        trio.run(leave)
        vipps_emulator.clear_failures()
        vipps_emulator.release_hung()
        assert trio.run(shop.headers_async)

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_anyio(self, backend: str, shop: vipps.Merchant) -> None:
        import anyio

        async def limited() -> dict[str, str]:
            with anyio.fail_after(60):
                return await shop.headers_async()

        assert anyio.run(limited, backend=backend)["merchant-serial-number"] == MSN

    def test_login(self, shop: vipps.Merchant, vipps_emulator: Emulator) -> None:
        async def start() -> vipps.PendingLogin:
            return await shop.backchannel().start_async("urn:msisdn:4791234567", ["openid"], timeout=60)

        assert trio.run(start).msn == MSN

    def test_within_an_asyncio_loop_that_hosts_it(self, shop: vipps.Merchant) -> None:
        """The running task decides, not the thread."""

        async def host() -> Any:
            loop = asyncio.get_running_loop()
            over: asyncio.Future[Any] = loop.create_future()
            trio.lowlevel.start_guest_run(
                shop.headers_async,
                run_sync_soon_threadsafe=loop.call_soon_threadsafe,
                done_callback=over.set_result,
            )
            return (await over).unwrap()

        assert asyncio.run(host())["merchant-serial-number"] == MSN


GEVENT = """
from gevent import monkey; monkey.patch_all()
import gevent, sys
from vipps_emulator import Emulator
from vipps_partner_auth import IdTokenVerifier, Partner, SystemInfo, TimedOutError
with Emulator.start(merchants=["123456"]) as vipps:
    def shop():
        return Partner(vipps.partner_keys().for_partner(), SystemInfo("acme", "1"), environment=vipps.base_url).merchant("123456")
    vipps.fail_next("standard_token", times=3, kind="hang")
    ticks = []
    def tick():
        while True:
            ticks.append(1); gevent.sleep(0.01)
    ticker = gevent.spawn(tick); gevent.sleep(0.02); before = len(ticks)
    try:
        with gevent.Timeout(0.3): shop().headers()
    except gevent.Timeout: print("gevent timed out")
    try: shop().partner.access_token(timeout=0.3)
    except TimedOutError as error: print("ours timed out", error.code)
    print("others ran", len(ticks) - before > 5)
    vipps.clear_failures(); vipps.release_hung()
    done = [gevent.spawn(shop().headers) for _ in range(20)]
    gevent.joinall(done, raise_error=True)
    verifier = IdTokenVerifier(vipps.base_url)
    print("verified", verifier.verify(vipps.mint_id_token("123456"), "123456").msn)
    ticker.kill()
"""


def test_gevent() -> None:
    import subprocess
    import sys

    run = subprocess.run([sys.executable, "-c", GEVENT], capture_output=True, text=True, timeout=120)
    told = ["gevent timed out", "ours timed out unavailable", "others ran True", "verified 123456"]
    assert run.stdout.splitlines() == told, run.stdout + run.stderr
    assert run.stderr == ""
