"""Puts the installed package to work: fetches a token over real HTTP and makes headers of it, on a thread and in an event loop."""

from __future__ import annotations

import asyncio
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from vipps_partner_auth import Partner, PartnerKeys, SystemInfo


class TokenEndpoint(BaseHTTPRequestHandler):
    asked = 0

    def do_POST(self) -> None:
        TokenEndpoint.asked += 1
        token = {"token_type": "Bearer", "expires_in": "86400", "expires_on": "4102444800", "access_token": "try"}
        body = json.dumps(token).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), TokenEndpoint)
    Thread(target=server.serve_forever, daemon=True).start()
    keys = PartnerKeys(client_id="id", client_secret="secret", subscription_key="key")
    partner = Partner(keys, SystemInfo("acme", "3.1.2"), environment=f"http://127.0.0.1:{server.server_port}")
    shop = partner.merchant("123456")
    headers = shop.headers()
    assert headers["authorization"] == "Bearer try", "the token is not in the headers"
    assert headers["merchant-serial-number"] == "123456", "the merchant is not in the headers"
    assert asyncio.run(shop.headers_async()) == headers, "an event loop gets other headers"
    assert TokenEndpoint.asked == 1, f"{TokenEndpoint.asked} requests for one token"
    server.shutdown()
    print("the wheel: installed without a network, imported, and it works")


main()
