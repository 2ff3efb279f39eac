"""The fixtures, as a user's own tests have them: nothing but the packages and pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TEST = """
import os
import warnings
from datetime import timedelta

import pytest
from vipps_emulator import ClockWarning

PAYMENTS = "/epayment/v1/payments"


def test_my_shop(vipps_emulator, vipps_partner):
    headers = vipps_partner.merchant("123456").headers()
    assert headers["merchant-serial-number"] == "123456"
    assert vipps_emulator.count("/accesstoken/get") == 1


def test_each_test_has_its_own(vipps_emulator):
    assert vipps_emulator.requests() == []


@pytest.mark.vipps(merchants=["654321", "123456"], mode="test")
def test_options(vipps_emulator, vipps_merchant):
    assert vipps_merchant.msn == "654321"
    assert vipps_emulator.sales_unit_keys("654321").client_id
    assert vipps_emulator.info().mode == "test"


def test_one_call_moves_both_clocks(vipps_emulator, vipps_clock, vipps_merchant):
    first = vipps_merchant.headers()
    vipps_clock.advance(timedelta(hours=23))
    assert vipps_merchant.headers() == first and vipps_emulator.now().now == vipps_clock.now
    vipps_clock.advance(3600)
    second = vipps_merchant.headers()
    assert second != first and vipps_emulator.count("/accesstoken/get") == 2
    assert vipps_merchant.verify_id_token(vipps_emulator.mint_id_token("123456")).msn == "123456"


def test_nobody_waits_for_it(vipps_emulator, vipps_clock, vipps_merchant):
    before = vipps_clock.now
    vipps_emulator.fail_next("standard_token", status=429, retry_after=7)
    assert vipps_merchant.headers()
    assert vipps_clock.now >= before + timedelta(seconds=7)
    vipps_clock.sync()
    assert vipps_emulator.now().now == vipps_clock.now
    phone = vipps_merchant.backchannel()
    pending = phone.start("urn:msisdn:4791234567", ["openid"])
    assert phone.poll(pending) is None
    vipps_emulator.approve(pending.auth_req_id)
    vipps_clock.advance(pending.interval)
    assert phone.poll(pending).claims.msn == "123456"


def test_a_clock_that_is_moved_alone_is_told(vipps_emulator, vipps_merchant):
    import urllib.error
    import urllib.request

    call = urllib.request.Request(vipps_emulator.base_url + PAYMENTS, headers=vipps_merchant.headers())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        vipps_emulator.advance(timedelta(hours=25))
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(call).close()
    with pytest.warns(ClockWarning, match="the library under test"):
        vipps_emulator.advance(1)
    vipps_emulator.clear_requests()


def test_the_end_tells_it_as_well(vipps_emulator, vipps_merchant):
    import urllib.error
    import urllib.request

    call = urllib.request.Request(vipps_emulator.base_url + PAYMENTS, headers=vipps_merchant.headers())
    vipps_emulator.advance(timedelta(hours=25))
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(call).close()


def test_the_environment(vipps_environment, vipps_emulator):
    from vipps_partner_auth import Partner

    assert os.environ["VIPPS_ENVIRONMENT"] == vipps_emulator.base_url
    assert Partner.from_env().merchant("123456").headers()


def test_which_was_set_for_that_test_only():
    assert "VIPPS_ENVIRONMENT" not in os.environ


def test_stopped_by_the_test(vipps_emulator):
    vipps_emulator.stop()
"""

MODULE = """
import pytest

pytestmark = pytest.mark.vipps(mode="test")


def test_first(vipps_emulator_module, vipps_emulator_session, vipps_merchant_module, vipps_merchant_session):
    assert vipps_emulator_module.info().mode == "test"
    assert vipps_merchant_module.msn == vipps_merchant_session.msn == "123456"
    assert vipps_merchant_module.headers() != vipps_merchant_session.headers()
    vipps_emulator_module.add_user("4798765432")
    vipps_emulator_session.add_user("4798765432")


def test_second(vipps_emulator_module, vipps_emulator_session):
    assert len(vipps_emulator_module.users()) == len(vipps_emulator_session.users()) == 2
    assert vipps_emulator_session.info().mode == "production"
"""

OTHER_MODULE = """
def test_third(vipps_emulator_module, vipps_emulator_session):
    assert vipps_emulator_module.info().mode == "production"
    assert (len(vipps_emulator_module.users()), len(vipps_emulator_session.users())) == (1, 2)
"""

CONFTEST = """
import pytest


@pytest.fixture(scope="session")
def vipps_options():
    return {"merchants": ["777777", "123456"], "rsa_bits": 3072}
"""

OF_CONFTEST = """
def test_options_for_all(vipps_merchant, vipps_merchant_session):
    assert vipps_merchant.msn == vipps_merchant_session.msn == "777777"
"""


def run(folder: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        (folder / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "--strict-markers", "-p", "no:cacheprovider", str(folder)]
    told = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    return told.stdout + told.stderr


def test_a_users_test_finds_the_fixtures(tmp_path: Path) -> None:
    told = run(tmp_path, {"test_shop.py": TEST})
    assert "10 passed, 1 warning" in told, told
    assert "test_the_end_tells_it_as_well" in told and "ClockWarning" in told, told


def test_modules_and_the_session_have_their_own(tmp_path: Path) -> None:
    told = run(tmp_path, {"test_a.py": MODULE, "test_b.py": OTHER_MODULE})
    assert "3 passed" in told, told


def test_options_for_all_stand_in_a_fixture(tmp_path: Path) -> None:
    told = run(tmp_path, {"conftest.py": CONFTEST, "test_a.py": OF_CONFTEST})
    assert "1 passed" in told, told
