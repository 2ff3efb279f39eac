"""Fixtures for ``pytest``, there as soon as the package is installed.

``vipps_emulator`` is an offline Vipps of the test's own, ``vipps_partner`` a ``Partner`` of ``vipps_partner_auth`` that
talks to it, and ``vipps_merchant`` its first merchant. With ``vipps_clock`` both have one clock, which stands still until
``vipps_clock.advance`` moves it. ``vipps_environment`` sets the environment variables for code that reads them. All three
are also there for a whole module and for the whole session: ``vipps_emulator_module``, ``vipps_emulator_session``, ...

``@pytest.mark.vipps(merchants=["123456", "654321"])`` names options of ``Emulator.start``, for a test or with
``pytestmark`` for a module. Override the fixture ``vipps_options`` in a ``conftest.py`` to have others everywhere.
"""

from __future__ import annotations

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from vipps_partner_auth import Merchant, Partner

    from . import Emulator, SharedClock

MARKER = "vipps(**options): options of Emulator.start for the emulator of a test or of a module"


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marker known."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture(scope="session")
def vipps_options() -> dict[str, Any]:
    """Options of ``Emulator.start`` for all emulators; those of a marker go before. The first merchant must be there."""
    from ._operations import EXAMPLE_MSN

    return {"merchants": [EXAMPLE_MSN]}


# Of a test.


@pytest.fixture
def vipps_emulator(request: pytest.FixtureRequest, vipps_options: dict[str, Any]) -> Iterator[Emulator]:
    """An offline Vipps. The sales unit 123456 is connected to its partner; ``add_merchant`` adds more."""
    yield from _running(request, vipps_options)


@pytest.fixture
def vipps_clock(vipps_emulator: Emulator) -> SharedClock:
    """One clock for ``vipps_emulator`` and ``vipps_partner``, which ``advance`` moves. It stands still otherwise."""
    from . import SharedClock

    return SharedClock(vipps_emulator)


@pytest.fixture
def vipps_environment(vipps_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment variables that ``Partner.from_env`` reads, set for the test."""
    variables = vipps_emulator.environment()
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def vipps_partner(request: pytest.FixtureRequest, vipps_emulator: Emulator) -> Partner:
    """A ``Partner`` with the keys of ``vipps_emulator``, and with ``vipps_clock`` where the test has it."""
    has_clock = "vipps_clock" in request.fixturenames
    return _partner(vipps_emulator, request.getfixturevalue("vipps_clock") if has_clock else None)


@pytest.fixture
def vipps_merchant(
    request: pytest.FixtureRequest, vipps_options: dict[str, Any], vipps_partner: Partner
) -> Merchant:
    """The first merchant of ``vipps_emulator``."""
    return _first_merchant(request, vipps_options, vipps_partner)


# Of a module.


@pytest.fixture(scope="module")
def vipps_emulator_module(request: pytest.FixtureRequest, vipps_options: dict[str, Any]) -> Iterator[Emulator]:
    """An offline Vipps for all tests of a module."""
    yield from _running(request, vipps_options)


@pytest.fixture(scope="module")
def vipps_partner_module(vipps_emulator_module: Emulator) -> Partner:
    """A ``Partner`` with the keys of ``vipps_emulator_module``."""
    return _partner(vipps_emulator_module, None)


@pytest.fixture(scope="module")
def vipps_merchant_module(
    request: pytest.FixtureRequest, vipps_options: dict[str, Any], vipps_partner_module: Partner
) -> Merchant:
    """The first merchant of ``vipps_emulator_module``."""
    return _first_merchant(request, vipps_options, vipps_partner_module)


# Of the session.


@pytest.fixture(scope="session")
def vipps_emulator_session(request: pytest.FixtureRequest, vipps_options: dict[str, Any]) -> Iterator[Emulator]:
    """An offline Vipps for all tests."""
    yield from _running(request, vipps_options)


@pytest.fixture(scope="session")
def vipps_partner_session(vipps_emulator_session: Emulator) -> Partner:
    """A ``Partner`` with the keys of ``vipps_emulator_session``."""
    return _partner(vipps_emulator_session, None)


@pytest.fixture(scope="session")
def vipps_merchant_session(
    request: pytest.FixtureRequest, vipps_options: dict[str, Any], vipps_partner_session: Partner
) -> Merchant:
    """The first merchant of ``vipps_emulator_session``."""
    return _first_merchant(request, vipps_options, vipps_partner_session)


def _running(request: pytest.FixtureRequest, options: dict[str, Any]) -> Iterator[Emulator]:
    from . import Emulator, UnreachableError

    with Emulator.start(**_options(request, options)) as emulator:
        yield emulator
        try:
            # Warns when only its clock was moved.
            emulator.now()
        except UnreachableError:
            pass  # The test stopped it.


def _partner(emulator: Emulator, clock: SharedClock | None) -> Partner:
    from vipps_partner_auth import Partner, SystemInfo

    settings: dict[str, Any] = {} if clock is None else {"clock": clock.library}
    keys, system = emulator.partner_keys().for_partner(), SystemInfo("pytest", "1")
    return Partner(keys, system, environment=emulator.base_url, **settings)


def _first_merchant(request: pytest.FixtureRequest, options: dict[str, Any], partner: Partner) -> Merchant:
    return partner.merchant(_options(request, options)["merchants"][0])


def _options(request: pytest.FixtureRequest, options: dict[str, Any]) -> dict[str, Any]:
    marker = request.node.get_closest_marker("vipps")
    return options if marker is None else {**options, **marker.kwargs}
