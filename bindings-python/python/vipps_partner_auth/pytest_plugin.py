"""Fixtures for ``pytest``, there as soon as the package is installed.

``vipps_emulator`` is an offline Vipps of the test's own; ``vipps_partner`` a ``Partner`` that talks to it, and
``vipps_merchant`` its first merchant. ``@pytest.mark.vipps(merchants=["123456", "654321"])`` names options of the
``Emulator``.
"""

from __future__ import annotations

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from . import Emulator, Merchant, Partner

MARKER = "vipps(**options): options of the Emulator behind the fixture vipps_emulator"


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marker known."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def vipps_emulator(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """An offline Vipps. The sales unit 123456 is connected to its partner; ``add_merchant`` adds more."""
    from . import Emulator

    with Emulator(**{"merchants": ["123456"], **_options(request)}) as emulator:
        yield emulator


@pytest.fixture
def vipps_partner(vipps_emulator: Emulator) -> Partner:
    """A ``Partner`` with the keys of ``vipps_emulator``."""
    from . import Partner, SystemInfo

    system = SystemInfo("pytest", "1")
    return Partner(vipps_emulator.partner_keys, system, environment=vipps_emulator.base_url)


@pytest.fixture
def vipps_merchant(request: pytest.FixtureRequest, vipps_partner: Partner) -> Merchant:
    """The first merchant of ``vipps_emulator``."""
    merchants = _options(request).get("merchants", ["123456"])
    return vipps_partner.merchant(merchants[0])


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    marker = request.node.get_closest_marker("vipps")
    return {} if marker is None else marker.kwargs
