"""Asks the user's own source for keys. Called by a thread of the library that has nothing else to do."""

from __future__ import annotations

import inspect

from . import _native
from ._events import _logger

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable

    from .types import Keys, KeySource


def ask(source: KeySource) -> Keys | None:
    """The keys, or ``None`` where the source failed, which is logged."""
    try:
        found = source()
        keys = _awaited(found) if inspect.isawaitable(found) else found
        _native.check_keys(keys)
        return keys
    except BaseException:
        # Whatever it is, even what would end a program: this thread must be there for the next question.
        _logger.exception("key_source failed")
        return None


def _awaited(found: Awaitable[Keys]) -> Keys:
    import asyncio

    async def wait() -> Keys:
        return await found

    return asyncio.run(wait())
