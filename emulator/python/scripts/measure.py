"""Measures what a test waits for: a start, an end, and one control. Prints medians in milliseconds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from vipps_emulator import Emulator


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1_000


def main() -> None:
    running: list[Emulator] = []
    starts, ends = [], []
    for _ in range(30):
        # One at a time: each goes on making its keys after it has started.
        starts.append(timed(lambda: running.append(Emulator.start(merchants=["123456"]))))
        ends.append(timed(lambda: running.pop().stop()))
    with Emulator.start(merchants=["123456"]) as vipps:
        controls = [timed(lambda: vipps.advance(1)) for _ in range(500)]
        readings = [timed(vipps.requests) for _ in range(500)]
    kinds = {"start": starts, "end": ends, "control": controls, "reading": readings}
    print(", ".join(f"{kind} {statistics.median(taken):.1f} ms" for kind, taken in kinds.items()))


if __name__ == "__main__":
    main()
