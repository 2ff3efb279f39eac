"""What ``Partner.doctor()`` found, as data and as text."""

from __future__ import annotations

import json
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Outcome = Literal["ok", "warning", "fault"]


class DoctorFinding(NamedTuple):
    """One thing that was looked at. Holds no secret."""

    check: str
    """The stable name of what was looked at, such as ``token``; the same in every language."""
    outcome: Outcome
    """``ok``, ``warning`` (it works, and somebody should look into it) or ``fault``."""
    detail: str
    """What was found, in plain words."""
    cure: str | None
    """What to do about it, where that is known."""


class DoctorReport:
    """All findings, in the order in which they were made. ``str(report)`` is the text for people."""

    __slots__ = ("_json", "_text", "environment", "findings", "keys", "outcome", "version")

    def __init__(self, told: tuple[str, str]) -> None:
        self._json, self._text = told
        read = json.loads(self._json)
        self.version: str = read["version"]
        """The version of the library that looked."""
        self.environment: str | None = read["environment"]
        """Which Vipps was asked: the base URL, where the variables name one."""
        self.keys: str | None = read["keys"]
        """The kind of the keys, such as ``partner``, where they could be read."""
        self.outcome: Outcome = read["outcome"]
        """The worst of all findings."""
        self.findings: tuple[DoctorFinding, ...] = tuple(DoctorFinding(**finding) for finding in read["findings"])
        """One for each thing that was looked at."""

    def to_json(self) -> str:
        """The whole report as JSON, as ``vipps-doctor --json`` prints it."""
        return self._json

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<DoctorReport {self.outcome}>"
