"""The fixtures, as a user's own tests have them: nothing but the package and pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TEST = """
def test_my_shop(vipps_emulator, vipps_partner):
    headers = vipps_partner.merchant("123456").headers()
    assert headers["merchant-serial-number"] == "123456"
    assert vipps_emulator.count("/accesstoken/get") == 1


def test_each_test_has_its_own(vipps_emulator):
    assert vipps_emulator.requests() == []
"""


def test_a_users_test_finds_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert "2 passed" in run.stdout, run.stdout + run.stderr
