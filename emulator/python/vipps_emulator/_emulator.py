"""The emulator as an object: the program behind it, or one that runs already."""

from __future__ import annotations

import os
import warnings
import weakref
from os import PathLike
from typing import TYPE_CHECKING, Any

from ._door import Door
from ._errors import ClockWarning
from ._operations import Operations
from ._program import Process
from ._values import to_json

if TYPE_CHECKING:
    from types import TracebackType
    from typing import TypeVar

    E = TypeVar("E", bound="Emulator")


class Emulator(Operations):
    """An offline Vipps for tests, on this machine only and with invented keys.

    It is strict: what the documents of Vipps forbid is refused, and ``requests()`` says why. ::

        with Emulator.start(merchants=["123456"]) as vipps:
            partner = Partner(vipps.partner_keys().for_partner(), system, environment=vipps.base_url)

    A started one ends with the block, with ``stop()``, with the object, and with this process, whatever ends that. A
    forked child may steer its parent's emulator, but does not end it.
    """

    base_url: str
    """Where it is reached, without a slash at the end: the setting ``environment`` of a ``Partner``."""
    page_url: str
    """The page for a person's browser: whoever is asked to log in decides there, and it lists the requests."""
    version: str
    """The emulator's version."""

    def __init__(self, door: Door, process: Process | None) -> None:
        """Use ``start`` or ``connect``."""
        self._door, self._process = door, process
        if process is not None:
            weakref.finalize(self, process.stop)

    @classmethod
    def connect(cls: type[E], url: str) -> E:
        """Uses an emulator that runs already, such as one in a container; ``stop()`` then leaves it running."""
        emulator = cls(Door(url), None)
        info = emulator.info()
        return emulator._known_as(info.base_url, info.page_url, info.version)

    @classmethod
    def _start(cls: type[E], config: str | PathLike[str] | None, /, **options: object) -> E:
        files = [] if config is None else [f"--config={os.fspath(config)}"]
        process = Process(files, to_json(options))
        told = process.told
        emulator = cls(Door(told["local_url"]), process)
        return emulator._known_as(told["base_url"], told["page_url"], told["version"])

    def _known_as(self: E, base_url: str, page_url: str, version: str) -> E:
        self.base_url, self.page_url, self.version = base_url, page_url, version
        return self

    def _call(self, operation: str, /, **members: object) -> Any:
        told = self._door.call(operation, members)
        pass_on_warning(told)
        return told

    def stop(self) -> None:
        """Ends an emulator that was started here; stopping again does nothing.

        In a forked child it is a ``RuntimeError``: the emulator is the parent's.
        """
        self._door.close()
        if self._process is None:
            return
        if not self._process.is_own:
            raise RuntimeError("only the process that started the emulator can stop it: this is a forked child")
        self._process.stop()

    def __enter__(self: E) -> E:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # In a child that was forked within the block there is nothing to stop.
        if self._process is None or self._process.is_own:
            self.stop()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.base_url}>"


def pass_on_warning(told: dict[str, Any]) -> None:
    """To whoever called the operation whose method called this one's caller."""
    if told.get("warning"):
        warnings.warn(told["warning"], ClockWarning, stacklevel=4)
