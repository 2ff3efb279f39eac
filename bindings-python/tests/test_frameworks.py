"""The examples and real servers: Django, FastAPI, gunicorn, celery, uvloop."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import vipps_partner_auth as vipps
from vipps_emulator import Emulator

from test_api import KARI, MSN, come_back

EXAMPLES = Path(__file__).parents[1] / "examples"
CALLBACK = "https://testserver/callback"


@pytest.fixture
def environment(vipps_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables that the examples read. The keys of the emulator are not to be seen, so the example's are known."""
    vipps_emulator.register_redirect_uri(MSN, CALLBACK)
    vipps_emulator.auto_approve(KARI)
    monkeypatch.setenv("SHOP_MSN", MSN)
    monkeypatch.setenv("SHOP_CALLBACK", CALLBACK)
    monkeypatch.setenv("SHOP_SECRET_KEY", "fixture")
    keys, base_url = vipps_emulator.partner_keys().for_partner(), vipps_emulator.base_url
    system = vipps.SystemInfo("example", "1")
    monkeypatch.setattr(vipps.Partner, "from_env", lambda: vipps.Partner(keys, system, environment=base_url))
    return {"SSL_CERT_FILE": "nowhere"}


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def log_in(emulator: Emulator, browser: Any) -> Any:
    """From the shop to Vipps and back, with the cookies of one browser."""
    leaves = browser.get("/login", follow_redirects=False)
    callback_url = come_back(emulator, leaves.headers["location"])
    return browser.get(callback_url.replace("https://testserver", ""))


def test_fastapi(vipps_emulator: Emulator, environment: dict[str, str]) -> None:
    from fastapi.testclient import TestClient

    with TestClient(example("fastapi_shop").app, base_url="https://testserver") as browser:
        answer = log_in(vipps_emulator, browser)
        assert answer.status_code == 200 and answer.json()["name"] == "Kari Fixture"
        assert browser.get("/callback?code=x&state=y").status_code == 400
        vipps_emulator.auto_deny("access_denied")
        assert log_in(vipps_emulator, browser).json() == {"error": "login_failed", "reason": "denied"}


def test_django(vipps_emulator: Emulator, environment: dict[str, str]) -> None:
    example("django_shop")
    from django.test import Client

    class Browser(Client):
        def get(self, path: str, **_: Any) -> Any:  # type: ignore[override]
            return super().get(path, secure=True)

    browser = Browser()
    answer = log_in(vipps_emulator, browser)
    assert answer.status_code == 200 and answer.json()["name"] == "Kari Fixture"
    assert browser.get("/callback?code=x&state=y").status_code == 400
    vipps_emulator.auto_deny("access_denied")
    assert log_in(vipps_emulator, browser).json() == {"error": "login_failed", "reason": "denied"}


SERVER = """
import os
from vipps_emulator import Emulator
from vipps_partner_auth import Partner, SystemInfo
vipps = Emulator.start(merchants=["123456"])
partner = Partner(vipps.partner_keys().for_partner(), SystemInfo("acme", "3.1.2"), environment=vipps.base_url)
shop = partner.merchant("123456")
master = shop.headers()["authorization"]
"""

GUNICORN = SERVER + """
def app(environ, start_response):
    own = shop.headers()["authorization"]
    text = f"{os.getpid()} {own != master} {partner.stats().token_requests}"
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode()]
"""

CELERY = SERVER + """
from celery import Celery
app = Celery("tasks", broker="memory://", backend="cache+memory://")

@app.task
def work():
    own = shop.headers()["authorization"]
    print(f"WORKED {os.getpid()} {own != master} {partner.stats().token_requests}", flush=True)

from celery.signals import worker_ready

@worker_ready.connect
def ready(**_):
    for _ in range(8):
        work.delay()
"""


def test_gunicorn_that_loads_the_application_before_it_forks(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(GUNICORN)
    command = [sys.executable, "-m", "gunicorn", "--preload", "--workers=2", "--bind=127.0.0.1:0", "shop:app"]
    server = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    try:
        url = next(found[0] for line in server.stderr if (found := re.findall(r"http://127\.0\.0\.1:\d+", line)))
        answers = {told.split()[0]: told.split()[1:] for told in (fetch(url) for _ in range(40))}
    finally:
        server.terminate()
        server.wait(60)
        server.stderr.close()
    assert answers and all(told == ["True", "1"] for told in answers.values()), answers


def fetch(url: str) -> str:
    with urllib.request.urlopen(url) as response:
        return str(response.read().decode())


def test_a_celery_worker_that_forks(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text(CELERY)
    command = [sys.executable, "-m", "celery", "-A", "tasks", "worker", "--pool=prefork", "--concurrency=2"]
    quiet = ["--loglevel=WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    output = subprocess.PIPE
    worker = subprocess.Popen(
        command + quiet, cwd=tmp_path, stdout=output, stderr=subprocess.STDOUT, text=True, env={**os.environ, "C_FORCE_ROOT": "1"}
    )
    assert worker.stdout is not None
    lines, worked = [], []
    try:
        for line in worker.stdout:
            lines.append(line)
            worked += [line.split("WORKED ")[1].split()] if "WORKED " in line else []
            if len(worked) == 8:
                break
    finally:
        worker.terminate()
        worker.wait(60)
        worker.stdout.close()
    assert len(worked) == 8 and all(told[1:] == ["True", "1"] for told in worked), "".join(lines)


def test_uvloop(vipps_emulator: Emulator, vipps_partner: vipps.Partner) -> None:
    import uvloop

    async def all_of_them() -> int:
        import asyncio

        calls = [vipps_partner.merchant(MSN).headers_async() for _ in range(1_000)]
        return len(await asyncio.gather(*calls))

    for _ in range(3):
        assert uvloop.run(all_of_them()) == 1_000
    assert vipps_emulator.count("/accesstoken/get") == 1
