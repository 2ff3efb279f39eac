"""The shared scenarios of adapters, with each real client."""

from __future__ import annotations

import copy
import json
import traceback
from typing import Any

import pytest

from adapter_clients import CLIENTS, Requests
from adapter_runner import FOLDER, Client, run

SCENARIOS: list[dict[str, Any]] = json.loads((FOLDER / "adapter.json").read_text())["cases"]
(INDEX,) = json.loads((FOLDER / "index.json").read_text())["scenarios"]


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)
def test_every_scenario_of_the_index(client: type[Client]) -> None:
    failures = []
    executed = 0
    for scenario in SCENARIOS:
        executed += 1
        try:
            run(scenario, client)
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            failures.append(f"{scenario['id']}: {error!r} at {where.name}:{where.lineno}")
    assert not failures, "\n".join(failures)
    assert executed == INDEX["cases"]
    names = {scenario["id"] for scenario in SCENARIOS if len(scenario["outcomes"]) > 1}
    assert set(client.outcomes) == names, "an outcome for each scenario that has several, and for no other"


def test_the_runner_can_fail() -> None:
    for name in ("adapter-plain", "adapter-body-as-it-was", "adapter-token-refused", "adapter-401-once"):
        scenario = copy.deepcopy(next(scenario for scenario in SCENARIOS if scenario["id"] == name))
        (outcome,) = scenario["outcomes"]
        for member in outcome:
            bent = copy.deepcopy(scenario)
            bent["outcomes"][0][member] = outcome[member] + 1 if isinstance(outcome[member], int) else []
            if bent["outcomes"][0][member] != outcome[member]:
                with pytest.raises(AssertionError):
                    run(bent, Requests)
