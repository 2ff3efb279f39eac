"""Transports and token caches of the user's own, with the real clients. Needs ``memcached``."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import queue
import shutil
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import vipps_partner_auth as vipps
from pymemcache.client.base import Client
from vipps_emulator import Emulator

from test_api import CALLBACK, KARI, MSN, SYSTEM, come_back
from test_fleet import KEYS, Crew, partner, service  # noqa: F401
from test_process import in_child, needs_fork

TOKEN = "/accesstoken/get"
needs_memcached = pytest.mark.skipif(shutil.which("memcached") is None, reason="memcached is not on this machine")


@pytest.fixture
def memcached() -> Iterator[int]:
    """The port of a server of the test's own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    server = subprocess.Popen(["memcached", "-l", "127.0.0.1", "-p", str(port), "-U", "0", *user])
    while server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except ConnectionRefusedError:
            time.sleep(0.01)
    yield port
    server.kill()
    server.wait()


class Kept:
    """A cache within this process that remembers what it was asked."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.asked: list[str] = []

    def get(self, name: str) -> bytes | None:
        self.asked.append("get")
        return self.values.get(name)

    def set(self, name: str, value: bytes, ttl: int) -> None:
        assert isinstance(ttl, int) and ttl > 0
        self.values[name] = value
        self.asked.append("set")

    def add(self, name: str, value: bytes, ttl: int) -> bool:
        self.asked.append("add")
        return self.values.setdefault(name, value) is value

    def delete(self, name: str) -> None:
        self.values.pop(name, None)
        self.asked.append("delete")


class KeptAsync:
    """The same with coroutine functions, and the event loops that they ran in."""

    def __init__(self) -> None:
        self.kept = Kept()
        self.loops: set[int] = set()

    async def _pause(self) -> None:
        await asyncio.sleep(0)
        self.loops.add(id(asyncio.get_running_loop()))

    async def get(self, name: str) -> bytes | None:
        await self._pause()
        return self.kept.get(name)

    async def set(self, name: str, value: bytes, ttl: int) -> None:
        await self._pause()
        self.kept.set(name, value, ttl)

    async def add(self, name: str, value: bytes, ttl: int) -> bool:
        await self._pause()
        return self.kept.add(name, value, ttl)

    async def delete(self, name: str) -> None:
        await self._pause()
        self.kept.delete(name)


class Table:
    """A table of a database that has no Redis beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._open() as database:
            database.execute("create table if not exists cache (name text primary key, value blob, ends real)")

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=0.5)

    def get(self, name: str) -> bytes | None:
        with self._open() as database:
            row = database.execute("select value from cache where name = ? and ends > ?", (name, time.time())).fetchone()
        return row and row[0]

    def set(self, name: str, value: bytes, ttl: int) -> None:
        with self._open() as database:
            database.execute("insert or replace into cache values (?, ?, ?)", (name, value, time.time() + ttl))

    def add(self, name: str, value: bytes, ttl: int) -> bool:
        with self._open() as database:
            database.execute("delete from cache where name = ? and ends <= ?", (name, time.time()))
            row = (name, value, time.time() + ttl)
            return database.execute("insert or ignore into cache values (?, ?, ?)", row).rowcount == 1

    def delete(self, name: str) -> None:
        with self._open() as database:
            database.execute("delete from cache where name = ?", (name,))


class TestTokenCache:
    @needs_memcached
    def test_two_partners_share_a_token_through_memcached(self, service: Emulator, memcached: int) -> None:
        caches = [Client(("127.0.0.1", memcached), default_noreply=False) for _ in range(2)]
        first, second = (partner(service, token_cache=cache) for cache in caches)
        assert first.headers() == second.headers()
        assert (service.count(TOKEN), second.stats().tokens_from_cache) == (1, 1)
        assert first.stats().cache_failures == second.stats().cache_failures == 0

    @needs_memcached
    def test_the_cache_of_django_is_one(self, service: Emulator, memcached: int) -> None:
        from django.core.cache.backends.memcached import PyMemcacheCache

        caches = [PyMemcacheCache(f"127.0.0.1:{memcached}", {}) for _ in range(2)]
        first, second = (partner(service, token_cache=cache) for cache in caches)
        assert first.headers() == second.headers()
        assert (service.count(TOKEN), second.stats().tokens_from_cache) == (1, 1)

    @needs_memcached
    def test_processes_share_a_token_through_memcached(self, service: Emulator, memcached: int) -> None:
        settings = dict(zip(("client_id", "client_secret", "subscription_key"), KEYS))
        settings.update(environment=service.base_url)
        with Crew(2) as crew:
            crew.ask(do="start", settings=settings, memcached=memcached)
            tokens = {told["token"] for told in crew.ask(do="token")}
            found = [told["tokens_from_cache"] for told in crew.ask(do="stats")]
        assert (len(tokens), service.count(TOKEN), sorted(found)) == (1, 1, [0, 1])

    def test_a_table_of_a_database_does_too(self, service: Emulator, tmp_path: Path) -> None:
        first, second = (partner(service, token_cache=Table(tmp_path / "cache.db")) for _ in range(2))
        assert first.headers() == second.headers()
        assert (service.count(TOKEN), second.stats().tokens_from_cache) == (1, 1)

    def test_coroutine_functions_run_in_one_loop(self, service: Emulator) -> None:
        cache = KeptAsync()
        first, second = (partner(service, token_cache=cache) for _ in range(2))
        assert first.headers() == asyncio.run(second.headers_async())
        assert (service.count(TOKEN), len(cache.loops)) == (1, 1)

    def test_nobody_can_read_a_token_there(self, service: Emulator) -> None:
        cache = Kept()
        told = partner(service, token_cache=cache)
        secret = told.access_token().secret.encode()
        while "delete" not in cache.asked:
            time.sleep(0.001)
        (name,) = cache.values
        assert name.startswith("vipps-partner-auth:1:token:")
        assert secret not in cache.values[name]
        told.invalidate(told.access_token())
        while cache.values:
            time.sleep(0.001)

    @pytest.mark.parametrize("trouble", ["raises", "stalls", "text", "bytes", "number", "forgets", "calls back"])
    @pytest.mark.parametrize("is_async", [False, True])
    def test_trouble_costs_an_event_and_no_call(
        self, service: Emulator, caplog: pytest.LogCaptureFixture, trouble: str, is_async: bool
    ) -> None:
        end = threading.Event()
        events: queue.Queue[str] = queue.Queue()

        def get(name: str) -> Any:
            if trouble == "raises":
                raise SystemExit("the cache is down")
            if trouble == "stalls":
                end.wait()
            if trouble == "calls back":
                told.headers()
            return {"text": "garbage", "bytes": b"garbage", "number": 5}.get(trouble)

        async def get_async(name: str) -> Any:
            if trouble == "stalls":
                await asyncio.sleep(3600)
            if trouble == "calls back":
                await told.headers_async()
            return get(name)

        cache = Kept()
        cache.get = get_async if is_async else get  # type: ignore[method-assign]
        if trouble == "forgets":
            cache.set = lambda name, value, ttl: None  # type: ignore[method-assign]
        told = partner(service, token_cache=cache, on_event=lambda event: events.put(f"{event}"))
        try:
            assert told.headers()
            if trouble == "forgets":
                assert told.stats().cache_failures == 0
            else:
                while "cache_failed operation=`load`" not in events.get():
                    pass
            assert service.count(TOKEN) == 1
        finally:
            end.set()
        if trouble in ("raises", "text", "number"):
            assert "token_cache failed at get" in caplog.text

    def test_it_must_have_its_methods(self, service: Emulator) -> None:
        with pytest.raises(TypeError, match="token_cache must be an object with the methods get, set, add and delete"):
            partner(service, token_cache={})
        with pytest.raises(vipps.InvalidConfigError) as both:
            partner(service, token_cache=Kept(), redis_url="redis://127.0.0.1")
        assert both.value.field == "redis_url"

    def test_it_goes_with_its_partner(self, service: Emulator) -> None:
        def make() -> Callable[[], object]:
            cache = Kept()
            cache.partner = partner(service, token_cache=cache)  # type: ignore[attr-defined]
            cache.partner.headers()  # type: ignore[attr-defined]
            while "delete" not in cache.asked:
                time.sleep(0.001)
            return weakref.ref(cache)

        gone = make()
        gc.collect()
        assert gone() is None

    @needs_fork
    def test_a_forked_child_asks_it_too(self, service: Emulator) -> None:
        for cache in (Kept(), KeptAsync()):
            told = partner(service, token_cache=cache)
            secret = told.access_token().secret
            kept = cache if isinstance(cache, Kept) else cache.kept
            while "delete" not in kept.asked:
                time.sleep(0.001)
            in_child(lambda: told.access_token().secret == secret and told.stats().tokens_from_cache == 1)


class Requests:
    """As a backend would that has ``requests``."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.session = requests.Session()
        self.session.trust_env = False

    def send(self, request: vipps.TransportRequest) -> vipps.TransportReply:
        try:
            reply = self.session.request(
                request.method,
                request.url,
                headers=request.headers,
                data=request.body,
                timeout=request.timeout,
                allow_redirects=False,
            )
        except requests.ConnectTimeout as error:
            raise vipps.NotSentError from error
        self.sent.append(request.url)
        return vipps.TransportReply(reply.status_code, reply.headers, reply.content)


class Httpx:
    """The same for an event loop, with connections that live on."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.client = httpx.AsyncClient(trust_env=False)

    async def send(self, request: vipps.TransportRequest) -> vipps.TransportReply:
        reply = await self.client.request(
            request.method, request.url, headers=request.headers, content=request.body, timeout=request.timeout
        )
        self.sent.append(request.url)
        return vipps.TransportReply(reply.status_code, reply.headers, reply.content)


def sent_by(emulator: Emulator, transport: object, **settings: Any) -> vipps.Partner:
    keys = emulator.partner_keys().for_partner()
    return vipps.Partner(keys, SYSTEM, environment=emulator.base_url, transport=transport, **settings)


class TestTransport:
    @pytest.mark.parametrize("kind", [Requests, Httpx])
    def test_everything_goes_through_it(self, vipps_emulator: Emulator, kind: type[Requests] | type[Httpx]) -> None:
        transport = kind()
        shop = sent_by(vipps_emulator, transport).merchant(MSN)
        vipps_emulator.register_redirect_uri(MSN, CALLBACK)
        vipps_emulator.auto_approve(KARI)
        login = shop.login(CALLBACK)
        request = login.start(["openid", "name"])
        before = len(vipps_emulator.requests())
        callback = come_back(vipps_emulator, request.url)
        browser = len(vipps_emulator.requests()) - before
        result = login.finish(callback, request)
        assert login.userinfo(result).sub == result.claims.sub
        phone = shop.backchannel()
        pending = phone.start("urn:msisdn:" + KARI, ["openid"])
        vipps_emulator.approve(pending.auth_req_id, KARI)
        assert phone.wait(pending) is not None
        assert MSN in [unit.msn for unit in shop.partner.sales_units()]
        verifier = vipps.IdTokenVerifier(vipps_emulator.base_url, transport=transport)
        assert verifier.verify(result.id_token, msn=MSN, nonce=request.nonce).sub == result.claims.sub
        assert len(transport.sent) == len(vipps_emulator.requests()) - browser

    @pytest.mark.parametrize("raised", [requests.ReadTimeout("s3cret"), KeyError("s3cret"), SystemExit("s3cret")])
    def test_what_it_raises_may_have_been_sent(
        self, vipps_emulator: Emulator, caplog: pytest.LogCaptureFixture, raised: BaseException
    ) -> None:
        class Broken:
            def send(self, request: vipps.TransportRequest) -> vipps.TransportReply:
                raise raised

        with pytest.raises(vipps.UnavailableError) as failed:
            sent_by(vipps_emulator, Broken(), deadline=0.5).headers()
        assert str(failed.value).startswith("the transport failed, and the request may have been sent")
        assert f"error=`{type(raised).__name__}`" in str(failed.value)
        assert "s3cret" not in str(failed.value)
        assert "transport failed" in caplog.text

    @pytest.mark.parametrize("is_sent", [False, True])
    def test_a_code_is_sent_again_only_where_it_was_certainly_not_sent(
        self, vipps_emulator: Emulator, is_sent: bool
    ) -> None:
        tries = []

        class Once(Requests):
            def send(self, request: vipps.TransportRequest) -> vipps.TransportReply:
                if b"authorization_code" in (request.body or b""):
                    tries.append(request)
                    if len(tries) == 1:
                        raise TimeoutError if is_sent else vipps.NotSentError
                return super().send(request)

        vipps_emulator.register_redirect_uri(MSN, CALLBACK)
        vipps_emulator.auto_approve(KARI)
        login = sent_by(vipps_emulator, Once()).merchant(MSN).login(CALLBACK)
        request = login.start(["openid"])
        callback = come_back(vipps_emulator, request.url)
        if is_sent:
            with pytest.raises(vipps.LoginFailedError) as failed:
                login.finish(callback, request)
            assert (failed.value.reason, len(tries)) == ("reply_lost", 1)
        else:
            assert login.finish(callback, request).claims.sub
            assert len(tries) == 2

    @pytest.mark.parametrize("is_async", [False, True])
    def test_one_that_forgets_its_limit_hangs_nobody(self, vipps_emulator: Emulator, is_async: bool) -> None:
        end = threading.Event()

        class Stalled:
            def send(self, request: vipps.TransportRequest) -> Any:
                end.wait()

        class StalledAsync:
            async def send(self, request: vipps.TransportRequest) -> Any:
                await asyncio.sleep(3600)

        try:
            stalled = StalledAsync() if is_async else Stalled()
            with pytest.raises(vipps.UnavailableError):
                sent_by(vipps_emulator, stalled, request_timeout=0.1, deadline=0.2).headers()
        finally:
            end.set()

    @pytest.mark.parametrize(
        "brought",
        [
            None,
            vipps.TransportReply(200, {}, "text"),  # type: ignore[arg-type]
            vipps.TransportReply(200, {}, 5),  # type: ignore[arg-type]
            vipps.TransportReply(99, {}, b""),
            vipps.TransportReply(10**9, {}, b""),
            vipps.TransportReply(200, [], b""),  # type: ignore[arg-type]
            vipps.TransportReply(200, {}, b"x" * 300_000),
        ],
    )
    def test_what_is_no_reply_is_no_answer(self, vipps_emulator: Emulator, brought: Any) -> None:
        class Garbage:
            def send(self, request: vipps.TransportRequest) -> Any:
                return brought

        with pytest.raises(vipps.UnavailableError, match="transport"):
            sent_by(vipps_emulator, Garbage(), deadline=0.5).headers()

    def test_it_may_call_the_library(self, vipps_emulator: Emulator) -> None:
        class Curious(Requests):
            def send(self, request: vipps.TransportRequest) -> vipps.TransportReply:
                if request.url.endswith(TOKEN):
                    with pytest.raises(vipps.TimedOutError):
                        told.headers(timeout=0.01)
                return super().send(request)

        told = sent_by(vipps_emulator, Curious())
        assert told.headers()
        assert vipps_emulator.count(TOKEN) == 1

    def test_many_at_once_do_not_wait_for_each_other(self, vipps_emulator: Emulator) -> None:
        together = threading.Barrier(8)

        class Slow(Requests):
            def send(self, request: vipps.TransportRequest) -> vipps.TransportReply:
                if request.url.endswith("user-exists"):
                    together.wait()
                return super().send(request)

        phone = sent_by(vipps_emulator, Slow()).merchant(MSN).backchannel()

        async def ask() -> list[bool | None]:
            return await asyncio.gather(*(phone.user_exists_async(KARI) for _ in range(8)))

        assert asyncio.run(ask()) == [True] * 8

    def test_nothing_secret_is_shown(self) -> None:
        request = vipps.TransportRequest("POST", "https://a.example/?code=s3cret", {"x": "s3cret"}, b"s3cret", 1.0)
        reply = vipps.TransportReply(200, {"x": "s3cret"}, b"s3cret")
        assert f"{request} {request!r}" == "TransportRequest(method='POST', ...) TransportRequest(method='POST', ...)"
        assert f"{reply} {reply!r}" == "TransportReply(status=200, ...) TransportReply(status=200, ...)"

    def test_settings_that_go_nowhere_with_it_are_refused(self, vipps_emulator: Emulator) -> None:
        with pytest.raises(TypeError, match="transport must be an object with a method send, not function"):
            sent_by(vipps_emulator, lambda request: None)
        with pytest.raises(vipps.InvalidConfigError) as both:
            sent_by(vipps_emulator, Requests(), proxy="direct")
        assert both.value.field == "proxy"

    def test_it_goes_with_its_partner(self, vipps_emulator: Emulator) -> None:
        def make() -> Callable[[], object]:
            transport = Requests()
            transport.partner = sent_by(vipps_emulator, transport)  # type: ignore[attr-defined]
            transport.partner.headers()  # type: ignore[attr-defined]
            return weakref.ref(transport)

        gone = make()
        while gone() is not None:
            # The thread that sent may be a moment later than the caller.
            gc.collect()

    @needs_fork
    def test_a_forked_child_sends_through_it_too(self, vipps_emulator: Emulator) -> None:
        for transport in (Requests(), Httpx()):
            told = sent_by(vipps_emulator, transport)
            told.headers()
            in_child(lambda: bool(sent_by(vipps_emulator, type(transport)()).headers()))
            if isinstance(transport, Requests):
                in_child(lambda: bool(told.headers()))

    @pytest.mark.parametrize("is_async", [False, True])
    def test_a_program_ends_while_one_is_at_work(self, vipps_emulator: Emulator, is_async: bool) -> None:
        script = f"""
            import asyncio, threading, time
            from vipps_partner_auth import Partner, PartnerKeys, SystemInfo
            began = threading.Event()
            class Stalled:
                {"async " if is_async else ""}def send(self, request):
                    began.set()
                    {"await asyncio.sleep(3600)" if is_async else "time.sleep(3600)"}
            partner = Partner(PartnerKeys("id", "secret", "key"), SystemInfo("acme", "1"),
                              environment={vipps_emulator.base_url!r}, transport=Stalled())
            threading.Thread(target=partner.headers, daemon=True).start()
            began.wait()
            print("the end")
        """
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr) == (0, "the end\n", "")

    def test_it_works_where_gevent_has_replaced_threads(self, vipps_emulator: Emulator) -> None:
        keys = vipps_emulator.partner_keys()
        given = json.dumps([keys.client_id, keys.client_secret, keys.subscription_key])
        script = f"""
            from gevent import monkey
            monkey.patch_all()
            import requests
            from vipps_partner_auth import Partner, PartnerKeys, SystemInfo, TransportReply
            class Sender:
                def send(self, request):
                    reply = requests.request(request.method, request.url, headers=request.headers, data=request.body)
                    return TransportReply(reply.status_code, reply.headers, reply.content)
            partner = Partner(PartnerKeys(*{given}), SystemInfo("acme", "1"),
                              environment={vipps_emulator.base_url!r}, transport=Sender())
            print(len(partner.headers()) > 3)
        """
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True)
        assert (done.stdout, done.stderr) == ("True\n", "")
