"""The vectors of the operations, which every face of the emulator runs: ``tests/vectors/emulator.json``."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import http.client
import inspect
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from vipps_emulator import AsyncEmulator, ControlError, Emulator

Json = dict[str, Any]

ROOT = Path(__file__).parents[3]
CASES: list[Json] = json.loads((ROOT / "tests/vectors/emulator.json").read_text(encoding="utf-8"))["cases"]
DESCRIPTION = json.loads((ROOT / "emulator/openapi.json").read_text(encoding="utf-8"))


@pytest.mark.filterwarnings("ignore::vipps_emulator.ClockWarning")
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_case(case: Json, is_async: bool) -> None:
    with Emulator.start() as emulator:
        face: Any = asyncio.run(connected(emulator.base_url)) if is_async else emulator
        known: Json = {}
        for step in case["steps"]:
            seen = call(face, step, known) if "call" in step else request(emulator, step, known)
            if "as" in step:
                known[step["as"]] = seen


def test_every_operation_has_a_case() -> None:
    called = {step.get("call") for case in CASES for step in case["steps"]}
    assert {path.rsplit("/", 1)[-1] for path in DESCRIPTION["paths"]} <= called


def test_the_runner_can_fail() -> None:
    with Emulator.start() as emulator:
        with pytest.raises(AssertionError):
            call(emulator, {"call": "now", "input": {}, "gives": {"running": False}}, {})
        with pytest.raises(AssertionError):
            call(emulator, {"call": "now", "input": {}, "refused": {"code": "not_found", "member": None}}, {})
        with pytest.raises(AssertionError):
            request(emulator, {"request": {"method": "GET", "path": "/", "headers": {}}, "reply": {"status": 503}}, {})


async def connected(url: str) -> AsyncEmulator:
    return await AsyncEmulator.connect(url)


def call(face: Any, step: Json, known: Json) -> Json:
    name = step["call"]
    if not hasattr(face, name):
        # No method either.
        assert step["refused"]["code"] == "unknown_operation"
        return {}
    try:
        told = getattr(face, name)(**filled(step["input"], known))
        told = asyncio.run(told) if inspect.iscoroutine(told) else told
    except (ControlError, TypeError) as error:
        return refused(error, step)
    assert "refused" not in step, told
    seen = as_json(told) if dataclasses.is_dataclass(told) else {the_only_member(name): as_json(told)}
    contains(seen, filled(step.get("gives", {}), known))
    return dict(seen)


def refused(error: Exception, step: Json) -> Json:
    expected = step.get("refused")
    assert expected is not None, error
    if isinstance(error, TypeError):
        # A member that does not exist is no argument either.
        assert re.search(rf"unexpected keyword argument '{expected['member']}'", str(error)), error
        return {}
    assert isinstance(error, ControlError)
    assert (error.code, error.member) == (expected["code"], expected["member"]), error
    return {"error": str(error)}


def the_only_member(operation: str) -> str:
    """What a method gives without its wrapping."""
    given = DESCRIPTION["paths"][f"/emulator/control/{operation}"]["post"]["responses"]["200"]
    schema = given["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
    return next(iter(DESCRIPTION["components"]["schemas"][schema].get("properties", {})), "nothing")


def as_json(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: as_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, datetime):
        assert value.tzinfo is not None
        return value.timestamp()
    return [as_json(item) for item in value] if isinstance(value, list) else value


def request(emulator: Emulator, step: Json, known: Json) -> Json:
    sent, expected = filled(step["request"], known), filled(step["reply"], known)
    connection = http.client.HTTPConnection(urlsplit(emulator.base_url).netloc)
    try:
        connection.request(sent["method"], sent["path"], sent.get("body", "").encode() or None, sent["headers"])
        reply = connection.getresponse()
        text = reply.read().decode()
    except (ConnectionError, http.client.HTTPException):
        assert expected.get("dropped"), "the connection was dropped"
        return {}
    finally:
        connection.close()
    assert not expected.get("dropped") and reply.status == expected["status"], text
    for name, value in expected.get("headers", {}).items():
        assert reply.headers[name] == value
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    contains(body, expected.get("json"))
    assert not [name for name in expected.get("absent", []) if name in body]
    return {"json": body}


def contains(seen: Any, expected: Any) -> None:
    """Each expected member is there, and each item in its place; ``[]`` stands for an empty array."""
    if isinstance(expected, dict):
        for name, member in expected.items():
            contains(seen.get(name), member)
    elif isinstance(expected, list):
        assert isinstance(seen, list) and len(seen) >= len(expected) and (expected or not seen), seen
        for item, wanted in zip(seen, expected):
            contains(item, wanted)
    elif expected is not None:
        assert seen == expected


PLACE = re.compile(r"\{\{(.*?)\}\}")


def filled(value: Any, known: Json) -> Any:
    """With what earlier steps gave in the places of ``{{name.member}}`` and ``{{b64:a:b}}``."""
    if isinstance(value, str):
        return PLACE.sub(lambda found: placed(found[1], known), value)
    if isinstance(value, list):
        return [filled(item, known) for item in value]
    return {name: filled(member, known) for name, member in value.items()} if isinstance(value, dict) else value


def placed(place: str, known: Json) -> str:
    def member(path: str) -> str:
        value: Any = known
        for name in path.split("."):
            value = value[int(name)] if isinstance(value, list) else value[name]
        return str(value)

    if not place.startswith("b64:"):
        return member(place)
    pair = ":".join(member(path) for path in place[4:].split(":"))
    return base64.b64encode(pair.encode()).decode()


