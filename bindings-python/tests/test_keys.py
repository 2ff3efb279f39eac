"""Keys that change while the process runs. Needs pytest and the emulator."""

from __future__ import annotations

import asyncio
import gc
import os
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import vipps_partner_auth as vipps
import vipps_partner_auth.types as vipps_types
from vipps_emulator import Emulator

MSN = "123456"
SYSTEM = vipps.SystemInfo("acme", "3.1.2")


def wrong(emulator: Emulator) -> vipps.PartnerKeys:
    return vipps.PartnerKeys(emulator.partner_keys().client_id, "wrong", "0123456789abcdef0123456789abcdef")


def partner_of(emulator: Emulator, **settings: Any) -> vipps.Partner:
    return vipps.Partner(wrong(emulator), SYSTEM, environment=emulator.base_url, **settings)


class TestReplaceKeys:
    def test_keys_and_token_change_at_one_moment(self, vipps_emulator: Emulator) -> None:
        partner = vipps.Partner(vipps_emulator.partner_keys().for_partner(), SYSTEM, environment=vipps_emulator.base_url)
        shop = partner.merchant(MSN)
        before = shop.headers()
        with pytest.raises(vipps.CredentialsRejectedError):
            partner.replace_keys(wrong(vipps_emulator))
        assert shop.headers() == before
        assert asyncio.run(partner.replace_keys_async(vipps_emulator.partner_keys().for_partner())) is None
        assert shop.headers() == before, "the same keys cost nothing"

    def test_keys_that_were_refused_are_replaced(self, vipps_emulator: Emulator) -> None:
        partner = partner_of(vipps_emulator)
        with pytest.raises(vipps.CredentialsRejectedError):
            partner.headers()
        partner.replace_keys(vipps_emulator.partner_keys().for_partner())
        assert partner.merchant(MSN).headers()["merchant-serial-number"] == MSN

    def test_keys_for_another_purpose_are_refused(self, vipps_emulator: Emulator) -> None:
        partner = partner_of(vipps_emulator)
        with pytest.raises(vipps.InvalidConfigError) as refused:
            partner.replace_keys(vipps_emulator.specialized_keys().for_partner())
        assert refused.value.field == "keys"
        with pytest.raises(TypeError):
            partner.replace_keys("secret")  # type: ignore[arg-type]

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_a_forked_child_goes_on_with_them(self, vipps_emulator: Emulator) -> None:
        partner = partner_of(vipps_emulator)
        partner.replace_keys(vipps_emulator.partner_keys().for_partner())
        child = os.fork()
        if child == 0:
            try:
                partner.headers()
            except BaseException:
                os._exit(1)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


class TestKeySource:
    @pytest.mark.parametrize("is_async", [False, True])
    def test_it_is_asked_when_vipps_refuses_the_keys(self, vipps_emulator: Emulator, is_async: bool) -> None:
        asked = []

        def source() -> vipps.PartnerKeys:
            asked.append(True)
            return vipps_emulator.partner_keys().for_partner()

        async def source_async() -> vipps.PartnerKeys:
            await asyncio.sleep(0)
            return source()

        names: list[str] = []
        partner = partner_of(
            vipps_emulator,
            key_source=source_async if is_async else source,
            on_event=lambda event: names.append(event.name),
        )
        partner.headers()
        partner.headers()
        assert asked == [True]

    @pytest.mark.parametrize("kind", ["partner", "sales_unit", "psp", "specialized"])
    def test_it_may_give_keys_of_each_kind(self, vipps_emulator: Emulator, kind: str) -> None:
        partners = vipps_emulator.partner_keys()
        unit = vipps_emulator.sales_unit_keys(MSN)
        special = vipps_emulator.specialized_keys()
        kinds: dict[str, Callable[[bool], vipps_types.Keys]] = {
            "partner": lambda good: vipps.PartnerKeys(
                partners.client_id, partners.client_secret if good else "wrong", partners.subscription_key
            ),
            "sales_unit": lambda good: vipps.SalesUnitKeys(
                unit.client_id, unit.client_secret if good else "wrong", unit.subscription_key, MSN
            ),
            "psp": lambda good: vipps.PspKeys(
                partners.client_id, partners.client_secret if good else "wrong", partners.subscription_key, "psp-42"
            ),
            "specialized": lambda good: vipps.SpecializedKeys(
                special.client_id, special.client_secret if good else "wrong"
            ),
        }
        keys = kinds[kind]
        partner = vipps.Partner(
            keys(False), SYSTEM, environment=vipps_emulator.base_url, key_source=lambda: keys(True)
        )
        assert partner.access_token().secret

    @pytest.mark.parametrize("found", [RuntimeError("no vault"), "secret", None])
    def test_one_that_fails_changes_nothing(
        self, vipps_emulator: Emulator, found: object, caplog: pytest.LogCaptureFixture
    ) -> None:
        def source() -> Any:
            if isinstance(found, Exception):
                raise found
            return found

        partner = partner_of(vipps_emulator, key_source=source)
        with pytest.raises(vipps.CredentialsRejectedError):
            partner.headers()
        assert "key_source failed" in caplog.text

    def test_it_must_be_callable(self, vipps_emulator: Emulator) -> None:
        with pytest.raises(TypeError, match="key_source"):
            partner_of(vipps_emulator, key_source="vault")

    def test_it_goes_with_its_partner(self, vipps_emulator: Emulator) -> None:
        class Source:
            partner: vipps.Partner | None = None

            def __call__(self) -> vipps.PartnerKeys:
                return vipps_emulator.partner_keys().for_partner()

        def make() -> Callable[[], object]:
            source = Source()
            source.partner = partner_of(vipps_emulator, key_source=source)
            return weakref.ref(source)

        gone = make()
        gc.collect()
        assert gone() is None
