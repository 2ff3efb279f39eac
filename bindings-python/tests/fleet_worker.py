"""One process of a fleet: does what it is told on standard input, a JSON object a line. Ends with its input.

    python fleet_worker.py
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any

from vipps_partner_auth import Partner, PartnerKeys, SystemInfo, VippsAuthError

KEYS = ("client_id", "client_secret", "subscription_key")


class Worker:
    partner: Partner

    def start(self, settings: dict[str, Any], memcached: int | None = None) -> dict[str, Any]:
        if memcached is not None:
            from pymemcache.client.base import Client

            settings["token_cache"] = Client(("127.0.0.1", memcached), default_noreply=False)
        keys = PartnerKeys(*(settings.pop(name) for name in KEYS))
        self.partner = Partner(keys, SystemInfo("fleet-worker", "1"), **settings)
        return {}

    def token(self) -> dict[str, Any]:
        secret = self.partner.access_token().secret
        return {"token": hashlib.sha256(secret.encode()).hexdigest()[:32]}

    def stats(self) -> dict[str, Any]:
        stats = self.partner.stats()
        return {name: getattr(stats, name) for name in dir(stats) if not name.startswith("_")}

    def answer(self, do: str, **named: Any) -> dict[str, Any]:
        try:
            return {"start": self.start, "token": self.token, "stats": self.stats}[do](**named)
        except VippsAuthError as error:
            return {"error": {"code": error.code, "field": error.field, "detail": error.detail}}


def main() -> None:
    worker = Worker()
    for line in sys.stdin:
        print(json.dumps(worker.answer(**json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
