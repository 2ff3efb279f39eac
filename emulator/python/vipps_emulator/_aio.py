"""The emulator for an event loop of ``asyncio``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any

from ._emulator import Emulator, pass_on_warning
from ._operations import AsyncOperations
from ._starting import Starting

if TYPE_CHECKING:
    from types import TracebackType
    from typing import TypeVar

    A = TypeVar("A", bound="AsyncEmulator")
    T = TypeVar("T")


class AsyncEmulator(AsyncOperations):
    """As ``Emulator``, for an event loop of ``asyncio``: nothing blocks it. ::

        async with AsyncEmulator.start(merchants=["123456"]) as vipps:
            keys = await vipps.partner_keys()
    """

    def __init__(self, emulator: Emulator) -> None:
        """Use ``start`` or ``connect``."""
        self._emulator = emulator

    @property
    def base_url(self) -> str:
        """Where it is reached, without a slash at the end: the setting ``environment`` of a ``Partner``."""
        return self._emulator.base_url

    @property
    def page_url(self) -> str:
        """The page for a person's browser: whoever is asked to log in decides there, and it lists the requests."""
        return self._emulator.page_url

    @property
    def version(self) -> str:
        """The emulator's version."""
        return self._emulator.version

    @classmethod
    def connect(cls: type[A], url: str) -> Starting[A]:
        """Uses an emulator that runs already, such as one in a container; ``stop()`` then leaves it running."""
        return Starting(lambda: cls._made(partial(Emulator.connect, url)))

    @classmethod
    def _start(cls: type[A], config: str | PathLike[str] | None, /, **options: object) -> Starting[A]:
        return Starting(lambda: cls._made(partial(Emulator._start, config, **options)))

    @classmethod
    async def _made(cls: type[A], make: partial[Emulator]) -> A:
        return cls(await _in_thread(make))

    async def _call_async(self, operation: str, /, **members: object) -> Any:
        told = await _in_thread(self._emulator._door.call, operation, members)
        pass_on_warning(told)
        return told

    async def stop(self) -> None:
        """Ends an emulator that was started here; stopping again does nothing."""
        await _in_thread(self._emulator.stop)

    async def __aenter__(self: A) -> A:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await _in_thread(self._emulator.__exit__, kind, error, trace)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.base_url}>"


async def _in_thread(work: Callable[..., T], *arguments: Any) -> T:
    # Not at the top: it takes longer than all else, and most tests have no loop.
    import asyncio

    return await asyncio.to_thread(work, *arguments)
