"""What happened in the background, for ``logging`` and the user's own hook. Imported with the first handle.

It must not be the library's own thread that imports it: ``threading``, which ``logging`` imports, takes the thread that
imports it first for the main one, and waits for it when the program ends.
"""

from __future__ import annotations

import logging

from . import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_logger = logging.getLogger("vipps_partner_auth")
# Without a handler of the application's own, logging would print warnings by itself.
_logger.addHandler(logging.NullHandler())


def deliver(events: list[tuple[_native.Event, Callable[[_native.Event], object] | None]]) -> None:
    """Called by the library's own thread with what has happened, oldest first."""
    for event, hook in events:
        try:
            _logger.log(logging.WARNING if event.is_warning else logging.DEBUG, "%s", event)
            if hook is not None:
                hook(event)
        except BaseException:
            # Whatever it is, even what would end a program: it must not keep the next event from anybody.
            _logger.exception("on_event failed for %s", event.name)
