"""The operations are those of the description, and no word of it stands elsewhere."""

from __future__ import annotations

import importlib.util
import inspect
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Literal, get_origin

import pytest
import vipps_emulator
from vipps_emulator import AsyncEmulator, Emulator

HERE = Path(__file__).parents[1]
DESCRIPTION = json.loads((HERE.parent / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = {path.rsplit("/", 1)[-1]: entry["post"] for path, entry in DESCRIPTION["paths"].items()}


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", HERE / "scripts" / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_operations_are_up_to_date() -> None:
    kept = (HERE / "vipps_emulator" / "_operations.py").read_text(encoding="utf-8")
    assert kept == script().current(), "run emulator/python/scripts/generate.py"


def test_the_installed_package_is_this_one() -> None:
    for source in (HERE / "vipps_emulator").glob("*.py"):
        installed = Path(str(vipps_emulator.__file__)).parent / source.name
        assert installed.read_text(encoding="utf-8") == source.read_text(encoding="utf-8"), "install the wheel anew"


@pytest.mark.parametrize("kind", [Emulator, AsyncEmulator])
def test_every_operation_is_a_documented_method(kind: type) -> None:
    for name, operation in OPERATIONS.items():
        method = getattr(kind, name)
        schema = DESCRIPTION["components"]["schemas"][
            operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
        ]
        assert inspect.iscoroutinefunction(method) == (kind is AsyncEmulator), name
        parameters = set(inspect.signature(method).parameters) - {"self"}
        assert parameters == set(schema.get("properties", {})), name
        documentation = inspect.getdoc(method) or ""
        assert all(f"{parameter}: " in documentation for parameter in parameters), name
    options = set(inspect.signature(kind.start).parameters)  # type: ignore[attr-defined]
    assert options == {"config", *DESCRIPTION["components"]["schemas"]["Options"]["properties"]}


def test_no_default_stands_in_python() -> None:
    for name in OPERATIONS:
        for parameter in inspect.signature(getattr(Emulator, name)).parameters.values():
            assert parameter.default in (None, inspect.Parameter.empty), name


def test_all_names_are_exported() -> None:
    public = {name for name, value in vars(vipps_emulator).items() if not name.startswith("_") and not inspect.ismodule(value)}
    assert public == set(vipps_emulator.__all__) - {"__version__", "types"}
    generated = sys.modules["vipps_emulator._operations"]
    values = {name for name, value in vars(generated).items() if inspect.isclass(value) and hasattr(value, "__dataclass_fields__")}
    assert values <= set(vipps_emulator.__all__)
    literals = {name for name, value in vars(generated).items() if get_origin(value) is Literal}
    assert {*literals, "Span", "Moment"} == set(vipps_emulator.types.__all__)
