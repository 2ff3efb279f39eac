"""The emulator's clock and that of the library under test as one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vipps_partner_auth import ManualClock

    from ._emulator import Emulator


class SharedClock:
    """One clock for the emulator and for the library under test: it stands still until it is moved.

    Hand ``library`` to the ``Partner`` as its setting ``clock``. ::

        clock = SharedClock(vipps)
        partner = Partner(keys, system, environment=vipps.base_url, clock=clock.library)
        clock.advance(timedelta(hours=25))

    Nobody waits for it: a wait of the library, such as that before another try, moves the library's clock by its length,
    and the emulator's goes along at the next ``advance`` or ``sync``. So poll for a login by phone number with ``poll``
    and ``advance(pending.interval)``, not with ``wait``.
    """

    def __init__(self, emulator: Emulator) -> None:
        from vipps_partner_auth import ManualClock

        self._emulator = emulator
        self.library: ManualClock = ManualClock(emulator.now().now, runs_through_sleeps=True)
        """The clock for the setting ``clock`` of a ``Partner`` or an ``IdTokenVerifier``."""
        self.sync()

    @property
    def now(self) -> datetime:
        """Where it stands; in UTC."""
        return self.library.now

    def advance(self, seconds: float | timedelta) -> None:
        """Moves both ahead, by seconds or a ``timedelta``."""
        self.library.advance(seconds)
        self.sync()

    def sync(self) -> None:
        """Has the emulator's clock show what the library's shows, which may have waited meanwhile."""
        self._emulator.set_time(self.library.now)

    def __repr__(self) -> str:
        return f"<SharedClock {self.now.isoformat()}>"
