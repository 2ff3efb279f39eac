"""Every Python block of the README and of the guide, page by page and in order, with the emulator as the service."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import prometheus_client
import pytest
import vipps_partner_auth as vipps
from vipps_emulator import Emulator

from test_api import CALLBACK, KARI, MSN, come_back

HERE = Path(__file__).parents[1]
README = HERE / "README.md"
GUIDE = [HERE.parent / "README.md", *sorted((HERE.parent / "docs").glob("*.md"))]


def blocks_of(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return [] if "<!-- fragments -->" in text else re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


PAGES = [page for page in [README, *GUIDE] if blocks_of(page)]


@pytest.fixture
def names(vipps_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the blocks find around them."""
    monkeypatch.setenv("VIPPS_CLIENT_ID", "11111111-2222-4333-8444-555555555555")
    monkeypatch.setenv("VIPPS_CLIENT_SECRET", "fixture-secret")
    monkeypatch.setenv("VIPPS_SUBSCRIPTION_KEY", "fixture-key")
    vipps_emulator.register_redirect_uri(MSN, CALLBACK)
    vipps_emulator.auto_approve(KARI)
    vipps_emulator.add_merchant("654321")
    keys, environment = vipps_emulator.partner_keys().for_partner(), vipps_emulator.base_url

    def from_env(**settings: Any) -> vipps.Partner:
        return vipps.Partner(keys, vipps.SystemInfo("acme", "3.1.2"), **{"environment": environment, **settings})

    monkeypatch.setattr(vipps.Partner, "from_env", from_env)
    monkeypatch.setattr(prometheus_client, "REGISTRY", prometheus_client.CollectorRegistry())
    seen: list[str] = []
    jwt = vipps_emulator.mint_id_token(MSN, nonce="n-0001")
    return {
        "vipps_emulator": vipps_emulator,
        "url": f"{vipps_emulator.base_url}/epayment/v1/payments",
        "environment": environment,
        "jwt": jwt,
        "session": {},
        "redirect_to": seen.append,
        "callback_url": lambda: come_back(vipps_emulator, seen[-1]),
        "the_person_approves": lambda pending: vipps_emulator.approve(pending.auth_req_id, KARI),
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_all_blocks_run(page: Path, names: dict[str, Any]) -> None:
    for block in blocks_of(page):
        # The service of the blocks is the real one, and its keys are yours.
        block = block.replace("PartnerKeys.from_env()", "vipps_emulator.partner_keys().for_partner()")
        block = block.replace('"production"', "environment").replace("https://api.vipps.no", names["environment"])
        exec(compile(block, str(page), "exec"), names)
    for test in [value for name, value in names.items() if name.startswith("test_")]:
        run_with_fixtures(test)
    if "VippsCollector" in names:
        counted = {name for name, _ in names["partner"].stats()}
        assert {metric.name for metric in names["VippsCollector"]().collect()} == {f"vipps_partner_auth_{name}" for name in counted}
        assert {observation.attributes["counter"] for observation in names["counters"](None)} == counted


def run_with_fixtures(test: Any) -> None:
    """As pytest would: with an emulator of its own."""
    with Emulator.start(merchants=[MSN, "654321"]) as emulator:
        partner = vipps.Partner(emulator.partner_keys().for_partner(), vipps.SystemInfo("pytest", "1"), environment=emulator.base_url)
        fixtures = {"vipps_emulator": emulator, "vipps_partner": partner, "vipps_merchant": partner.merchant(MSN)}
        test(**{name: fixtures[name] for name in inspect.signature(test).parameters})


def test_no_block_is_lost() -> None:
    assert len(blocks_of(README)) == 18
    assert {"README.md", "getting-started.md", "testing.md", "login-browser.md"} <= {page.name for page in PAGES}
