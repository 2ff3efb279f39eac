"""Sales units and the check of a merchant, over the emulator; and the first 403 of a merchant that had worked."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading

import pytest
import requests
import vipps_partner_auth as vipps
from vipps_emulator import Emulator, Reply

from test_api import MSN, SYSTEM, keys


class Events:
    """Those about merchants, as they are told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, str]]] = []
        self._came = threading.Condition()

    def __call__(self, event: vipps.Event) -> None:
        if event.name.startswith("merchant_"):
            with self._came:
                self.told.append((event.name, event.details))
                self._came.notify_all()

    def wait(self, count: int) -> list[tuple[str, dict[str, str]]]:
        with self._came:
            assert self._came.wait_for(lambda: len(self.told) >= count, 60)
            return self.told


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def partner(vipps_emulator: Emulator, events: Events) -> vipps.Partner:
    return vipps.Partner(vipps_emulator.partner_keys().for_partner(), SYSTEM, environment=vipps_emulator.base_url, on_event=events)


def test_the_list_and_what_differs(vipps_emulator: Emulator, partner: vipps.Partner, events: Events) -> None:
    vipps_emulator.add_merchant("234567")
    units = partner.sales_units()
    assert [unit.msn for unit in units] == [MSN, "234567"]
    assert units[0].name == f"Merchant {MSN}" and units[0].flags == {"active": True} and units[0].active is True
    assert units[0].members["msn"] == int(MSN)
    vipps_emulator.disconnect_merchant("234567")
    vipps_emulator.add_merchant("345678")
    assert [unit.msn for unit in asyncio.run(partner.sales_units_async())] == [MSN, "345678"]
    told = events.wait(2)
    assert told == [("merchant_connected", {"msn": "345678"}), ("merchant_gone", {"msn": "234567"})]
    changes = partner.sales_unit_changes([MSN, "999999"])
    assert ([unit.msn for unit in changes.connected], changes.gone) == (["345678"], ["999999"])
    scheme, number = (units[0].members["businessIdentifier"][name] for name in ("scheme", "id"))
    assert partner.sales_units_of(scheme, number) == units[:1]
    assert partner.sales_units_of(scheme, "1") == []


def test_one_and_its_check(vipps_emulator: Emulator, partner: vipps.Partner) -> None:
    status = partner.sales_unit(MSN)
    assert (status.state, status.unit and status.unit.msn) == ("connected", MSN)
    assert partner.sales_unit("999999").state == "not_connected"
    check = asyncio.run(partner.check_async(MSN))
    assert (check.token.outcome, check.connected.outcome, check.login.outcome) == ("good", "good", "good")
    assert list(check.findings) == ["token", "clock", "connected", "login"]
    vipps_emulator.disconnect_merchant(MSN)
    check = partner.check(MSN)
    assert not check.is_good and check.connected.outcome == check.login.outcome == "bad"
    assert check.login.code == "forbidden" and check.login.hint and check.login.error
    for value in (status, check, check.login):
        assert copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value
        assert hash(pickle.loads(pickle.dumps(value))) == hash(value)
    with pytest.raises(AttributeError):
        status.state = "connected"
    with pytest.raises(vipps.InvalidConfigError) as refused:
        partner.sales_units_of("NO:ORG", "987 654 321")
    assert refused.value.field == "id"


def test_the_first_403_is_told(vipps_emulator: Emulator, partner: vipps.Partner, events: Events) -> None:
    shop = partner.merchant(MSN)
    url = f"{vipps_emulator.base_url}/epayment/v1/payments"
    assert requests.get(url, auth=shop.requests_auth(), timeout=60).status_code == 200
    vipps_emulator.script("/epayment/v1/payments", [Reply(403, headers={"content-type": "text/html"}, body="<html></html>")])
    assert requests.get(url, auth=shop.requests_auth(), timeout=60).status_code == 403
    vipps_emulator.disconnect_merchant(MSN)
    for _ in range(2):
        assert requests.get(url, auth=shop.requests_auth(), timeout=60).status_code == 403
    assert events.wait(1) == [("merchant_forbidden", {"msn": MSN})]
    shop.answered(200)
    shop.answered(403, "application/json")
    assert len(events.wait(2)) == 2
    partner.answered(403, "application/json")


def test_psp_keys(vipps_emulator: Emulator) -> None:
    given = vipps.PspKeys("id", "a-secret-of-ours", "a-subscription-key", "psp-42")
    assert (given.client_id, given.psp_id, repr(given)) == (
        "id",
        "psp-42",
        "PspKeys(client_id='id', psp_id='psp-42', ...)",
    )
    assert given == copy.copy(given) and given != keys() and hash(given) == hash(copy.deepcopy(given))
    with pytest.raises(TypeError, match="cannot pickle PspKeys"):
        pickle.dumps(given)
    partner = vipps.Partner(given, SYSTEM, environment=vipps_emulator.base_url)
    for refused in (partner.sales_units, lambda: partner.merchant(MSN).login("https://shop.example/callback")):
        with pytest.raises(vipps.InvalidConfigError) as error:
            refused()
        assert error.value.field == "keys"
