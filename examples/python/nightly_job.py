"""The nightly job of an ERP: what has become of each merchant's open payment, for 1,000 merchants with one set of keys.

One `Partner` serves them all, so the night costs one token request. A merchant who is no longer connected is named, and the job
goes on with the next.

    python nightly_job.py open-payments.csv     lines of MSN and payment reference; `-` reads standard input

It ends with 0 if every payment was answered for or its merchant is not connected, 1 if some failed, 2 if none could be asked about.

Against the emulator, with 1,000 merchants and one more that is not connected:

    vipps-emulator --config ../emulator.toml $(seq -f '--merchant=%.0f' 100001 101000)
    seq -f '%.0f,acme-order-1' 100000 101000 | env $(cat ../emulator.env) python nightly_job.py -

(The emulator keeps no payments and tells no state of them.) Against Vipps set the partner keys instead (docs/settings.md has all
variables), and leave VIPPS_ENVIRONMENT out:

    VIPPS_CLIENT_ID, VIPPS_CLIENT_SECRET, VIPPS_SUBSCRIPTION_KEY
    VIPPS_SYSTEM_NAME, VIPPS_SYSTEM_VERSION     your system
    VIPPS_REDIS_URL                             optional: where the processes of a fleet share their token
    JOB_CONCURRENCY                             optional: calls at a time, 20 when not set
"""

from __future__ import annotations

import asyncio
import csv
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx
from vipps_partner_auth import Event, Partner, VippsAuthError


@dataclass
class Report:
    """What the night brought."""

    states: Counter[str] = field(default_factory=Counter)
    not_connected: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    warnings: Counter[str] = field(default_factory=Counter)

    def note(self, event: Event) -> None:
        """Warnings of the library, such as that Redis is away: no call fails by them, but somebody should look."""
        if event.is_warning:
            self.warnings[event.name] += 1

    def lines(self) -> Iterator[str]:
        answered = ", ".join(f"{state} {count}" for state, count in sorted(self.states.items()))
        yield f"answered: {sum(self.states.values())} ({answered or 'none'})"
        yield f"not connected: {', '.join(sorted(self.not_connected)) or 'none'}"
        yield f"failed: {'; '.join(sorted(self.failed)) or 'none'}"
        yield f"warnings: {', '.join(f'{name} {count}' for name, count in sorted(self.warnings.items())) or 'none'}"


def main(arguments: list[str] = sys.argv[1:]) -> int:
    if len(arguments) != 1:
        print("usage: python nightly_job.py open-payments.csv | -", file=sys.stderr)
        return 2
    payments = read(arguments[0])
    report = Report()
    started = time.monotonic()
    try:
        partner = Partner.from_env(on_event=report.note)
        asyncio.run(ask_all(partner, payments, report))
    except VippsAuthError as error:
        print(f"no payment could be asked about: {error}", file=sys.stderr)
        return 2
    print(f"{len(payments)} payments in {time.monotonic() - started:.1f} s, {told(partner)}")
    print("\n".join(report.lines()))
    return 1 if report.failed else 0


def read(name: str) -> list[tuple[str, str]]:
    with sys.stdin if name == "-" else open(name, newline="", encoding="utf-8") as lines:
        return [(msn.strip(), reference.strip()) for msn, reference in filter(None, csv.reader(lines))]


def told(partner: Partner) -> str:
    stats = partner.stats()
    return f"token requests: {stats.token_requests}, tokens from Redis: {stats.tokens_from_cache}"


async def ask_all(partner: Partner, payments: list[tuple[str, str]], report: Report) -> None:
    # Keys that are refused end the job here, once, and not at each merchant.
    await partner.headers_async()
    queue = iter(payments)

    async def work(http: httpx.AsyncClient) -> None:
        # All workers take from one queue, so there are never more calls at a time than workers.
        for msn, reference in queue:
            await ask(partner, http, msn, reference, report)

    async with httpx.AsyncClient(base_url=partner.environment.base_url, timeout=30) as http:
        await asyncio.gather(*(work(http) for _ in range(int(os.environ.get("JOB_CONCURRENCY", "20")))))


async def ask(partner: Partner, http: httpx.AsyncClient, msn: str, reference: str, report: Report) -> None:
    """Asks about one payment. What goes wrong is this merchant's, and never ends the job."""
    try:
        path = f"/epayment/v1/payments/{quote(reference, safe='')}"
        answer = await http.get(path, auth=partner.merchant(msn).httpx_auth())
        if answer.status_code == 403 and await is_gone(partner, msn):
            report.not_connected.append(msn)
        elif answer.is_success:
            report.states[answer.json().get("state", "state not told")] += 1
        else:
            report.failed.append(f"{msn} (status {answer.status_code})")
    except (httpx.HTTPError, VippsAuthError, ValueError) as error:
        report.failed.append(f"{msn} ({error})")


async def is_gone(partner: Partner, msn: str) -> bool:
    """A 403 may also come of a product that the merchant has not ordered, or from a firewall."""
    return (await partner.sales_unit_async(msn)).state != "connected"


if __name__ == "__main__":
    sys.exit(main())
