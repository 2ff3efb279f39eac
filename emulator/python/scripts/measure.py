"""Measures what a test waits for: one start with its end, and one control. Prints medians in milliseconds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from vipps_emulator import Emulator


def median(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1_000


def main() -> None:
    running: list[Emulator] = []
    start = median(lambda: running.append(Emulator.start(merchants=["123456"])), 30)
    vipps = running[0]
    advance = median(lambda: vipps.advance(1), 500)
    requests = median(vipps.requests, 500)
    stop = median(lambda: running.pop().stop(), 30)
    print(f"start {start:.1f} ms, stop {stop:.1f} ms, advance {advance:.2f} ms, requests {requests:.2f} ms")


if __name__ == "__main__":
    main()
