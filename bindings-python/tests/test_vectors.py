"""The vectors that all languages share, each case by the method and by its twin for event loops."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import vipps_partner_auth as vipps
from vipps_emulator import Emulator

from vector_runner import FOLDER, run

INDEX: dict[str, int] = {
    entry["file"]: entry["cases"] for entry in json.loads((FOLDER / "index.json").read_text())["files"]
}
FILES: dict[str, Any] = {name: json.loads((FOLDER / name).read_text()) for name in INDEX}
CASES = [(name, case) for name, file in FILES.items() for case in file["cases"]]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator.start() as emulator:
        yield emulator


@pytest.fixture(autouse=True)
def _no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case without an exchange sends nothing; one that fails must not reach the real service."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    # Each case builds a client of its own: without a file of certificates to read it takes the bundled ones, at once.
    monkeypatch.setenv("SSL_CERT_FILE", "nowhere")
    monkeypatch.setenv("SSL_CERT_DIR", "nowhere")


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_every_case_of_the_index(emulator: Emulator, is_async: bool) -> None:
    failures, executed = [], Counter[str]()
    for name, case in CASES:
        executed[name] += 1
        try:
            run(case, FILES[name].get("shared", {}), emulator, is_async)
        except Exception as error:
            failures.append(f"{name}: {case['id']}: {error!r}")
    assert not failures, "\n".join(failures)
    assert executed == INDEX
    assert {path.name for path in FOLDER.glob("*.json")} == {*INDEX, "index.json", "adapter.json", "emulator.json"}


def test_the_runner_can_fail(emulator: Emulator) -> None:
    """The first good and the first bad case of each op, each with another result than the right one."""
    seen = set()
    for name, case in CASES:
        kind = (case["op"], "ok" in case["result"])
        if kind in seen:
            continue
        seen.add(kind)
        with pytest.raises((AssertionError, KeyError)):
            run(bent(case), FILES[name].get("shared", {}), emulator, is_async=False)
    assert len(seen) >= 30


def bent(case: dict[str, Any]) -> dict[str, Any]:
    other = copy.deepcopy(case)
    result = other["result"]
    if "error" in result:
        result["error"]["code"] = "another"
    elif result["ok"]:
        name = next(iter(result["ok"]))
        result["ok"][name] = {"another": 1}
    else:
        result["ok"]["another"] = 1
    return other
