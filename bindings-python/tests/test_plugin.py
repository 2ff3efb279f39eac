"""The fixtures, as a user's own tests have them: nothing but the package and pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TEST = """
import pytest


def test_my_shop(vipps_emulator, vipps_partner):
    headers = vipps_partner.merchant("123456").headers()
    assert headers["merchant-serial-number"] == "123456"
    assert vipps_emulator.count("/accesstoken/get") == 1


def test_each_test_has_its_own(vipps_emulator):
    assert vipps_emulator.requests() == []


@pytest.mark.vipps(merchants=["654321", "123456"], mode="test")
def test_options(vipps_emulator, vipps_merchant):
    assert vipps_merchant.msn == "654321"
    assert vipps_emulator.sales_unit_keys("654321") is not None
"""


def test_a_users_test_finds_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-q", "--strict-markers", "-p", "no:cacheprovider", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert "3 passed" in run.stdout, run.stdout + run.stderr
