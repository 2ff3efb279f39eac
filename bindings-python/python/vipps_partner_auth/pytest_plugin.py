"""Fixtures for ``pytest``, there as soon as the package is installed.

``vipps_emulator`` is an offline Vipps of the test's own; ``vipps_partner`` a ``Partner`` that talks to it.
"""

from __future__ import annotations

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from . import Emulator, Partner


@pytest.fixture
def vipps_emulator() -> Iterator[Emulator]:
    """An offline Vipps. The sales unit 123456 is connected to its partner; ``add_merchant`` adds more."""
    from . import Emulator

    with Emulator(merchants=["123456"]) as emulator:
        yield emulator


@pytest.fixture
def vipps_partner(vipps_emulator: Emulator) -> Partner:
    """A ``Partner`` with the keys of ``vipps_emulator``."""
    from . import Partner, SystemInfo

    system = SystemInfo("pytest", "1")
    return Partner(vipps_emulator.partner_keys, system, environment=vipps_emulator.base_url)
