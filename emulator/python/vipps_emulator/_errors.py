"""What can go wrong between a test and the emulator."""

from __future__ import annotations

from typing import Any


class EmulatorError(Exception):
    """The emulator could not be started, reached or steered."""


class ControlError(EmulatorError, ValueError):
    """An operation, or an option of the start, was refused; nothing of it was applied."""

    def __init__(self, error: str, code: str, member: str | None, rule: str) -> None:
        super().__init__(error)
        self.code = code
        """Why: ``unknown_operation``, ``invalid_input`` or ``not_found``."""
        self.member = member
        """The member that it is about, such as ``replies[0].status``; ``None`` when it is about all of it."""
        self.rule = rule
        """The rule alone."""

    def __reduce__(self) -> tuple[type[ControlError], tuple[str, str, str | None, str]]:
        return type(self), (str(self), self.code, self.member, self.rule)


def refused(told: dict[str, Any]) -> ControlError:
    """What the emulator says about a refusal, as an error."""
    return ControlError(told["error"], told["code"], told["member"], told["rule"])


class StartError(EmulatorError):
    """The program is not there, or this machine would not let it start."""


class UnreachableError(EmulatorError, ConnectionError):
    """Nobody answers at the emulator's address: it was stopped, or there never was one."""


class ClockWarning(UserWarning):
    """Only the emulator's clock was moved, and not the one of the library under test."""
