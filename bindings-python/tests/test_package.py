"""What the installed package holds: the library, and nothing of the emulator, which is a package of its own for tests."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import vipps_partner_auth
from vipps_emulator import _program

#: What the emulator's code can't do without: its paths, its name, its words, and the person who is there from the start.
MARKS = [b"/emulator/", b"vipps-emulator", b"drop_before_reading", b"sts.windows.net", b"kari@example.test"]


def files() -> list[Path]:
    found = metadata.files("vipps-partner-auth")
    assert found is not None
    paths = [Path(str(file.locate())) for file in found if "__pycache__" not in file.parts]
    return [path for path in paths if path.is_file()]


def test_it_holds_no_emulator() -> None:
    native = next(path for path in files() if path.name.startswith("_native") and path.suffix != ".pyi")
    code = native.read_bytes()
    assert [mark for mark in MARKS if mark in code] == []
    program = Path(_program.path()).read_bytes()
    assert [mark for mark in MARKS if mark not in program] == [], "marks that nothing has find nothing"


def test_no_file_and_no_name_of_it_is_the_emulators() -> None:
    assert [path for path in files() if "emulator" in path.name or "pytest" in path.name] == []
    assert [name for name in dir(vipps_partner_auth) if "mulator" in name] == []
    entry_points = metadata.distribution("vipps-partner-auth").entry_points
    assert [point for point in entry_points if point.group == "pytest11"] == []


def test_the_extra_brings_it() -> None:
    required = metadata.requires("vipps-partner-auth") or []
    (emulator,) = [line for line in required if re.match(r"vipps-emulator\b", line)]
    assert re.search(r"extra == ['\"]emulator['\"]", emulator)
