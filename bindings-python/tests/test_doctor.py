"""The doctor: as a call, and as ``python -m vipps_partner_auth doctor``. Needs pytest and the emulator."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

import pytest
import vipps_partner_auth as vipps
from vipps_emulator import Emulator

MSN = "123456"
SYSTEM = vipps.SystemInfo("acme", "3.1.2")


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "SYSTEMROOT") if name in os.environ}
    command = [sys.executable, "-m", "vipps_partner_auth", *arguments]
    return subprocess.run(command, env={**kept, **variables}, capture_output=True, text=True, check=False)


def test_a_partner_at_work_is_examined(vipps_emulator: Emulator) -> None:
    vipps_emulator.add_merchant(MSN)
    partner = vipps.Partner(vipps_emulator.partner_keys().for_partner(), SYSTEM, environment=vipps_emulator.base_url)
    report = partner.doctor(msns=[MSN], redirect_uri="https://shop.example/callback")
    assert report.outcome == "ok", str(report)
    assert "sales_unit" in [finding.check for finding in report.findings]
    assert json.loads(report.to_json())["environment"] == report.environment == vipps_emulator.base_url
    assert str(report).endswith("0 faults, 0 warnings\n")


def test_what_is_wrong_is_told_and_nothing_is_raised(vipps_emulator: Emulator) -> None:
    wrong = vipps.PartnerKeys("acme", "wrong-secret", "wrong-key")
    partner = vipps.Partner(wrong, SYSTEM, environment=vipps_emulator.base_url)
    report = asyncio.run(partner.doctor_async())
    assert report.outcome == "fault"
    assert "wrong-" not in report.to_json() + str(report) + repr(report)
    with pytest.raises(vipps.InvalidConfigError):
        partner.doctor(msns=["12"])


def test_the_program_reads_the_variables_and_ends_with_a_code() -> None:
    bare = run("doctor", "--offline", "--json")
    assert bare.returncode == 1, bare.stderr
    assert "VIPPS_CLIENT_ID" in json.loads(bare.stdout)["findings"][0]["detail"]
    assert run("doctor", "--help").returncode == 0
    assert run("doctor", "--colour").returncode == 2
    assert run().returncode == 2
