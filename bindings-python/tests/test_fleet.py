"""Tokens that many processes share through a real Redis. Needs ``redis-server``."""

from __future__ import annotations

import json
import queue
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import vipps_partner_auth as vipps
from vipps_emulator import Emulator, Reply

from test_api import SYSTEM

pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not on this machine")

KEYS = ("11111111-2222-4333-8444-555555555555", "a-secret-of-ours", "a-subscription-key")
TOKEN = "/accesstoken/get"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    """The URL of a server of the test's own, on a port that was free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = ["--save", "", "--appendonly", "no", "--loglevel", "notice", "--dir", str(tmp_path)]
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), *quiet]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    lines = []
    for line in server.stdout:
        lines.append(line)
        if "ready to accept connections" in line.lower():
            break
    else:
        pytest.fail("".join(lines))
    yield f"redis://127.0.0.1:{port}/0"
    server.kill()
    server.stdout.close()
    server.wait()


@pytest.fixture
def service(vipps_emulator: Emulator) -> Emulator:
    """One that takes keys the tests know, so that a process of its own can have them too."""
    vipps_emulator.script(TOKEN, [Reply(200, headers={"content-type": "application/json"}, body=reply(n)) for n in range(9)])
    return vipps_emulator


def reply(number: int) -> str:
    return json.dumps({"token_type": "Bearer", "expires_in": "86398", "access_token": f"fixture-token-{number}"})


def partner(service: Emulator, **settings: Any) -> vipps.Partner:
    return vipps.Partner(vipps.PartnerKeys(*KEYS), SYSTEM, environment=service.base_url, **settings)


def test_two_partners_ask_vipps_once(service: Emulator, redis: str) -> None:
    first, second = (partner(service, redis_url=redis) for _ in range(2))
    assert first.headers() == second.headers()
    assert service.count(TOKEN) == 1
    assert second.stats().tokens_from_cache == 1


def test_the_address_may_stand_in_the_environment(
    service: Emulator, redis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("CLIENT_ID", "CLIENT_SECRET", "SUBSCRIPTION_KEY", "SYSTEM_NAME", "SYSTEM_VERSION", "ENVIRONMENT")
    for name, value in zip((*names, "REDIS_URL"), (*KEYS, "acme", "1", service.base_url, redis)):
        monkeypatch.setenv(f"VIPPS_{name}", value)
    first, second = vipps.Partner.from_env(), vipps.Partner.from_env()
    monkeypatch.delenv("VIPPS_REDIS_URL")
    assert first.headers() == second.headers()
    assert service.count(TOKEN) == 1


def test_processes_ask_vipps_once(service: Emulator, redis: str) -> None:
    settings = dict(zip(("client_id", "client_secret", "subscription_key"), KEYS))
    settings.update(environment=service.base_url, redis_url=redis)
    with Crew(4) as crew:
        crew.ask(do="start", settings=settings)
        tokens = {told["token"] for told in crew.ask(do="token")}
        found = [told["tokens_from_cache"] for told in crew.ask(do="stats")]
    assert (len(tokens), service.count(TOKEN), sorted(found)) == (1, 1, [0, 1, 1, 1])


def test_without_redis_each_has_its_own(service: Emulator) -> None:
    """Nobody listens there: no call fails, and an event says so."""
    events: queue.Queue[vipps.Event] = queue.Queue()
    alone = partner(service, redis_url="redis://127.0.0.1:1", on_event=events.put)
    assert alone.headers()
    names = set()
    while "cache_failed" not in names:
        names.add(events.get(timeout=60).name)
    assert alone.stats().cache_failures > 0


class Crew:
    """Worker processes, all told the same at the same time."""

    def __init__(self, count: int) -> None:
        command = [sys.executable, str(Path(__file__).parent / "fleet_worker.py")]
        pipe = subprocess.PIPE
        self.workers = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(count)]

    def ask(self, **what: Any) -> list[dict[str, Any]]:
        for worker in self.workers:
            assert worker.stdin is not None
            worker.stdin.write(json.dumps(what) + "\n")
            worker.stdin.flush()
        return [json.loads(worker.stdout.readline()) for worker in self.workers if worker.stdout is not None]

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.communicate()
        assert [worker.returncode for worker in self.workers] == [0] * len(self.workers)
