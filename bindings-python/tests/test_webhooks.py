"""Webhooks: what Python and its web frameworks hand over. What passes and what does not is in the vectors."""

from __future__ import annotations

import copy
import email.message
import json
import pickle
import urllib.request
from datetime import datetime, timedelta, timezone
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import vipps_partner_auth as vipps
from vipps_emulator import Emulator

from test_frameworks import example

ID = "3cc1dd85-0000-4000-8000-000000000001"
SECRET = "Zml4dHVyZS1TZWNyZXQtbnVtYmVyLW9uZQ=="
URL = "https://shop.example/webhooks/vipps?shop=7"
PATH = "/webhooks/vipps?shop=7"
BODY = b'{"auth_req_id":"fixture-auth-req-0001","name":"\xc3\x85se"}'


@pytest.fixture
def verifier() -> vipps.WebhookVerifier:
    return vipps.WebhookVerifier({ID: SECRET}, clock=vipps.ManualClock(1_767_225_600))


def test_a_webhook(verifier: vipps.WebhookVerifier) -> None:
    webhook = verifier.verify("POST", PATH, verifier.sign(ID, URL, BODY), BODY)
    assert (webhook.webhook_id, webhook.body, webhook.ping().auth_req_id) == (ID, BODY, "fixture-auth-req-0001")
    assert webhook.sent_at == datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert webhook.ping().msn is None
    assert repr(webhook) == f"VerifiedWebhook(webhook_id='{ID}', sent_at='2026-01-01T00:00:00+00:00', ...)"
    assert copy.deepcopy(webhook) == webhook and hash(copy.copy(webhook)) == hash(webhook)
    for value in (webhook, verifier):
        with pytest.raises(TypeError, match="cannot pickle"):
            pickle.dumps(value)
    assert SECRET not in repr(verifier)


def test_headers_as_frameworks_have_them(verifier: vipps.WebhookVerifier) -> None:
    import httpx
    import multidict
    from django.http.request import HttpHeaders
    from starlette.datastructures import Headers

    signed = verifier.sign(ID, URL, BODY)
    message = email.message.Message()
    for name, value in signed.items():
        message[name] = value
    environ = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in signed.items()}
    raw = [(name.encode(), value.encode()) for name, value in signed.items()]
    for headers in (
        signed,
        {name.title(): [value] for name, value in signed.items()},
        list(signed.items()),
        [list(pair) for pair in signed.items()],
        iter(raw),
        message,
        Headers(raw=raw),
        httpx.Headers(signed),
        multidict.CIMultiDict(signed),
        HttpHeaders(environ),
    ):
        assert verifier.verify("POST", PATH, headers, BODY).webhook_id == ID, type(headers)


def test_bodies(verifier: vipps.WebhookVerifier) -> None:
    signed = verifier.sign(ID, URL, BODY)
    for body in (BODY, bytearray(BODY), memoryview(BODY), BODY.decode()):
        assert verifier.verify("POST", PATH, signed, body).body == BODY
        assert verifier.sign(ID, URL, body) == signed
    for other in ({"auth_req_id": "x"}, None, 5, [1]):
        with pytest.raises(TypeError, match="^body must be the raw bytes of the body, not "):
            verifier.verify("POST", PATH, signed, other)  # type: ignore[arg-type]


def test_a_refusal_is_of_its_own_class_and_says_why(verifier: vipps.WebhookVerifier) -> None:
    signed = verifier.sign(ID, URL, BODY)
    with pytest.raises(vipps.InvalidWebhookError) as refused:
        verifier.verify("POST", PATH, signed, json.dumps(json.loads(BODY)).encode())
    error = refused.value
    assert (error.code, error.reason, error.retryable) == ("invalid_webhook", "hash", False)
    assert error.hint is not None and "raw bytes" in error.hint
    assert pickle.loads(pickle.dumps(error)).reason == "hash"
    odd = {**signed, "x-ms-date": "\ud800", "\udcff": "x"}
    for method, path in (("POST", PATH), ("\ud800", PATH), ("POST", "/\ud800")):
        with pytest.raises(vipps.InvalidWebhookError):
            verifier.verify(method, path, odd, BODY)


def test_what_is_no_argument_is_named(verifier: vipps.WebhookVerifier) -> None:
    signed = verifier.sign(ID, URL, BODY)
    make: Any = vipps.WebhookVerifier
    wrong: list[tuple[str, Any]] = [
        ("method", lambda: verifier.verify(b"POST", PATH, signed, BODY)),  # type: ignore[arg-type]
        ("path", lambda: verifier.verify("POST", None, signed, BODY)),  # type: ignore[arg-type]
        ("headers", lambda: verifier.verify("POST", PATH, "Host: a", BODY)),  # type: ignore[arg-type]
        ("headers", lambda: verifier.verify("POST", PATH, 5, BODY)),  # type: ignore[arg-type]
        ("headers", lambda: verifier.verify("POST", PATH, ["Host"], BODY)),  # type: ignore[list-item]
        ("headers", lambda: verifier.verify("POST", PATH, {"Host": 5}, BODY)),
        ("headers", lambda: verifier.verify("POST", PATH, {5: "Host"}, BODY)),
        ("secrets", lambda: make("secret")),
        ("secrets", lambda: make([ID])),
        ("secret", lambda: make({ID: 5})),
        ("webhook_id", lambda: make({5: SECRET})),
        ("clock", lambda: make({ID: SECRET}, clock=5)),
        ("tolerance", lambda: make({ID: SECRET}, tolerance="5")),
    ]
    for field, call in wrong:
        with pytest.raises(TypeError, match=f"^{field} must be ") as refused:
            call()
        assert SECRET not in str(refused.value)
    with pytest.raises(vipps.InvalidConfigError) as empty:
        make({})
    assert empty.value.field == "secrets"


def test_secrets_of_one_id_and_a_span(verifier: vipps.WebhookVerifier) -> None:
    signed = verifier.sign(ID, URL, BODY)
    clock = vipps.ManualClock(1_767_225_600)
    for secrets in ({ID: ["new-secret", SECRET]}, [(ID, SECRET), (ID, "new-secret")]):
        both = vipps.WebhookVerifier(secrets, tolerance=timedelta(seconds=10), clock=clock)
        assert both.verify("POST", PATH, signed, BODY)
    clock.advance(11)
    with pytest.raises(vipps.InvalidWebhookError, match="reason=`date`"):
        both.verify("POST", PATH, signed, BODY)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_ping_ends_a_login(
    vipps_emulator: Emulator, vipps_partner: vipps.Partner, verifier: vipps.WebhookVerifier, is_async: bool
) -> None:
    import asyncio

    phone = vipps_partner.merchant("123456").backchannel()
    pending = phone.start("urn:msisdn:4791234567", ["openid"])
    vipps_emulator.approve(pending.auth_req_id, "4791234567")
    body = vipps_emulator.ping_body(pending.auth_req_id)
    webhook = verifier.verify("POST", PATH, verifier.sign(ID, URL, body), body)
    assert webhook.ping().auth_req_id == pending.auth_req_id
    if is_async:
        result = asyncio.run(phone.finish_webhook_async(webhook, pending))
    else:
        result = phone.finish_webhook(webhook, pending)
    assert result is not None and result.claims.msn == "123456"
    with pytest.raises(TypeError, match="webhook must be VerifiedWebhook"):
        phone.finish_webhook(body, pending)  # type: ignore[arg-type]


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> vipps.WebhookVerifier:
    """What the examples read, and one who signs with it."""
    monkeypatch.setenv("VIPPS_WEBHOOK_ID", ID)
    monkeypatch.setenv("VIPPS_WEBHOOK_SECRET", SECRET)
    return vipps.WebhookVerifier({ID: SECRET})


def check_receiver(post: Any, events: Any, signer: vipps.WebhookVerifier, origin: str) -> None:
    """What each example must do: take what is signed, with bytes that a parser would change, and nothing else."""
    body = b'{ "name" : "\\u00c5se",\r\n "amount":1.0 }'
    for path in ("/webhooks/vipps", "/webhooks/vipps?shop=7&a=%2F+"):
        signed = signer.sign(ID, origin + path, body)
        assert post(path, body, signed) == 200
        assert events.get_nowait() == {"name": "Åse", "amount": 1.0}
        assert post(path, b"{}", signed) == 401
        assert post(path + "x", body, signed) in (401, 404)
        assert post(path, body, {}) == 401
    assert events.empty()


def test_fastapi(variables: vipps.WebhookVerifier) -> None:
    from fastapi.testclient import TestClient

    module = example("fastapi_webhooks")
    with TestClient(module.app, base_url="https://shop.example") as client:

        def post(path: str, body: bytes, headers: dict[str, str]) -> int:
            return client.post(path, content=body, headers={"Content-Type": "application/json", **headers}).status_code

        check_receiver(post, module.events, variables, "https://shop.example")


def test_django(variables: vipps.WebhookVerifier) -> None:
    module = example("django_webhooks")
    from django.test import Client, override_settings

    def post(path: str, body: bytes, headers: dict[str, str]) -> int:
        answer = Client().post(path, data=body, content_type="application/json", headers=headers)
        return int(answer.status_code)

    with override_settings(ROOT_URLCONF="django_webhooks"):
        check_receiver(post, module.events, variables, "https://shop.example")


def test_plain_wsgi(variables: vipps.WebhookVerifier) -> None:
    """Without a framework, over a real socket: the host that was called has a port."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        names = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
        path = environ["PATH_INFO"] + "?" + environ["QUERY_STRING"]
        try:
            variables.verify(environ["REQUEST_METHOD"], path, names, body)
            start_response("200 OK", [])
        except vipps.InvalidWebhookError:
            start_response("401 Unauthorized", [])
        return []

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: object) -> None: ...

    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        Thread(target=server.handle_request, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/webhooks?shop=7"
        call = urllib.request.Request(url, BODY, variables.sign(ID, url, BODY), method="POST")
        with urllib.request.urlopen(call) as answer:
            assert answer.status == 200
