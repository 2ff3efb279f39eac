"""Every Python block of the README, in order, with the emulator as the service."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import vipps_partner_auth as vipps

from test_api import CALLBACK, KARI, MSN, come_back

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_all_blocks_run(vipps_emulator: vipps.Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIPPS_CLIENT_ID", "11111111-2222-4333-8444-555555555555")
    monkeypatch.setenv("VIPPS_CLIENT_SECRET", "fixture-secret")
    monkeypatch.setenv("VIPPS_SUBSCRIPTION_KEY", "fixture-key")
    vipps_emulator.register_redirect_uri(MSN, CALLBACK)
    vipps_emulator.auto_approve(KARI)
    vipps_emulator.add_merchant("654321")
    seen: list[str] = []
    names: dict[str, Any] = {
        "url": f"{vipps_emulator.base_url}/epayment/v1/payments",
        "environment": vipps_emulator.base_url,
        "jwt": vipps_emulator.mint_id_token(MSN, nonce="n-0001"),
        "session": {},
        "redirect_to": seen.append,
        "callback_url": lambda: come_back(vipps_emulator, seen[-1]),
        "the_person_approves": lambda pending: vipps_emulator.approve(pending.auth_req_id, KARI),
    }
    assert len(BLOCKS) == 15
    for block in BLOCKS:
        # The service of the first block is the real one, and its keys are yours.
        block = block.replace("PartnerKeys.from_env()", "vipps_emulator.partner_keys")
        block = block.replace('"production"', "environment")
        names["vipps_emulator"], names["vipps_partner"] = vipps_emulator, names.get("partner")
        exec(compile(block, str(README), "exec"), names)
        tests = [value for name, value in names.items() if name.startswith("test_")]
        for test in tests:
            partner = names["partner"]
            fixtures = {"vipps_emulator": vipps_emulator, "vipps_partner": partner, "vipps_merchant": partner.merchant(MSN)}
            test(**{name: fixtures[name] for name in inspect.signature(test).parameters})
    assert len(tests) == 2
    counted = [observation.attributes for observation in names["counters"](None)]
    exported = {metric.name for metric in names["VippsCollector"]().collect()}
    assert exported == {f"vipps_partner_auth_{attributes['counter']}" for attributes in counted} and len(exported) == 12
