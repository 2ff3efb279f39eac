"""An offline Vipps for tests: the token and Login endpoints of Vipps MobilePay, on this machine and with invented keys.

    from vipps_emulator import Emulator

    with Emulator.start(merchants=["123456"]) as vipps:
        vipps.fail_next("standard_token", status=503)
        ...                             # the code under test, at vipps.base_url with vipps.partner_keys()
        assert vipps.count("/accesstoken/get") == 2

Its program is on the command line as ``vipps-emulator`` and ``python -m vipps_emulator``; the fixtures for ``pytest`` are
described in ``vipps_emulator.pytest_plugin``. Not an official Vipps MobilePay product.
"""

import typing as _typing

from . import types
from ._aio import AsyncEmulator
from ._clock import SharedClock
from ._emulator import Emulator
from ._errors import ClockWarning, ControlError, EmulatorError, StartError, UnreachableError
from ._operations import (
    Address,
    Business,
    Finding,
    Header,
    Info,
    Keys,
    Merchant,
    Now,
    RecordedLogin,
    RecordedPing,
    RecordedRequest,
    Reply,
    SpecializedKeys,
    User,
)

__all__ = [
    "Address",
    "AsyncEmulator",
    "Business",
    "ClockWarning",
    "ControlError",
    "Emulator",
    "EmulatorError",
    "Finding",
    "Header",
    "Info",
    "Keys",
    "Merchant",
    "Now",
    "RecordedLogin",
    "RecordedPing",
    "RecordedRequest",
    "Reply",
    "SharedClock",
    "SpecializedKeys",
    "StartError",
    "UnreachableError",
    "User",
    "__version__",
    "types",
]

# Shown by these names in tracebacks and documentation: where a class is written down is nobody's business.
for _name in __all__:
    _public = globals().get(_name)
    if isinstance(_public, type):
        _public.__module__ = __name__

if _typing.TYPE_CHECKING:
    __version__: str
else:

    def __getattr__(name: str) -> str:
        if name != "__version__":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        # Only when it is asked for: reading it costs more than the rest of the package.
        from importlib.metadata import version

        return version("vipps-emulator")
