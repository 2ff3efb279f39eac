"""The typed sample is a program too."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("typing_extensions")

import typed_sample  # noqa: E402
from vipps_emulator import Emulator  # noqa: E402


def test_the_sample_runs(vipps_emulator: Emulator) -> None:
    shop = typed_sample.tokens(vipps_emulator)
    asyncio.run(typed_sample.tokens_async(shop))
    typed_sample.id_tokens(vipps_emulator, shop)
    typed_sample.phone(vipps_emulator, shop)
    assert typed_sample.errors(shop) == "invalid_config"
