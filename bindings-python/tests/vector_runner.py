"""Runs one of the shared vectors through the public API, with the emulator as the service."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import inspect
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import vipps_partner_auth as vipps
from vipps_emulator import Emulator, RecordedRequest

FOLDER = Path(__file__).parents[2] / "tests" / "vectors"
RANDOM = ("state", "nonce", "code_challenge")
USUAL_CLAIMS = ["iss", "aud", "sub", "iat", "exp", "auth_time", "rat", "jti", "sid", "nonce", "msn"]
LOGIN_OPTIONS = ("market", "acr_values", "requested_flow", "app_callback_uri", "final_redirect_is_app")
BACKCHANNEL_OPTIONS = ("binding_message", "requested_expiry", "redirect_uri")
SETTINGS = ("basic_encoding", "login_basic_encoding", "backchannel_basic_encoding", "login_auth_method")

Json = dict[str, Any]


def run(case: Json, shared: Json, emulator: Emulator, is_async: bool) -> None:
    """Raises an AssertionError where the library did not do what the case says, and KeyError for what is unknown."""
    call = Call(case, shared, emulator, is_async)
    secrets = call.stage()
    try:
        made: Any = getattr(call, f"op_{case['op']}")()
        outcome = {"ok": made}
    except vipps.VippsAuthError as error:
        outcome = {"error": {name: property_of(error, name) for name in case["result"].get("error", {"code": 0})}}
        told = f"{error} {error!r}"
        assert not [secret for secret in secrets if secret in told], "the error tells a secret"
    compare_requests(call.expected, emulator.requests())
    expected = case["result"]
    if "claims" in expected.get("ok", {}):
        outcome["ok"]["claims"] = {name: outcome["ok"]["claims"].get(name) for name in expected["ok"]["claims"]}
    assert outcome == expected


class Call:
    def __init__(self, case: Json, shared: Json, emulator: Emulator, is_async: bool) -> None:
        self.case, self.shared, self.emulator, self.is_async = case, shared, emulator, is_async
        self.given: Json = self.resolve(case["given"])
        steps = [self.resolve(step) for step in case.get("exchange", [])]
        self.expected = [self.resolve(step["request"]) for step in steps]
        self.replies = [self.resolve(step["reply"]) for step in steps]
        self.environment = emulator.base_url if steps else self.given.get("environment", "production")
        self.clock = vipps.ManualClock(self.given.get("now", 0), runs_through_sleeps=True)

    def resolve(self, value: Any) -> Any:
        return self.shared[value] if isinstance(value, str) else value

    def stage(self) -> list[str]:
        """Has the emulator play the replies. Returns what no error may tell."""
        self.emulator.clear_failures()
        self.emulator.clear_requests()
        id_token, jwks = self.issued()
        for request, reply in zip(self.expected, self.replies):
            body = reply["body"].replace("{id_token}", id_token).replace("{jwks}", jwks)
            body = body.replace("{base_url}", self.emulator.base_url)
            self.emulator.script(request["path"], [{**reply, "body": body}])
        keys = self.resolve(self.given.get("keys", {}))
        names = ("client_secret", "subscription_key", "second_subscription_key")
        secrets = [keys.get(name, "") for name in names] + [self.given.get("jwt", ""), id_token]
        secrets += [secret for _, secret in self.resolve(self.given.get("secrets", []))]
        return [secret for secret in secrets if len(secret) >= 8]

    def issued(self) -> tuple[str, str]:
        token = self.resolve(self.given.get("id_token", {"jwt": ""}))
        if "claims" in token:
            claims = json.loads(self.with_base_url(json.dumps(token["claims"])))
            without = [name for name in USUAL_CLAIMS if name not in claims]
            bends = {"without_claims": without, "claims": claims, "alg": token.get("alg", "RS256")}
            return self.emulator.mint_id_token("123456", **bends), json.dumps(self.emulator.jwks())
        return token["jwt"], json.dumps(self.resolve(self.given.get("jwks")))

    def with_base_url(self, text: str) -> str:
        return text.replace("{base_url}", vipps.Environment(self.environment).base_url)

    def both(self, handle: Any, method: str, *args: Any, **named: Any) -> Any:
        """The method, or its twin for event loops."""
        if not self.is_async:
            return getattr(handle, method)(*args, **named)
        made = getattr(handle, f"{method}_async")(*args, **named)
        assert inspect.iscoroutine(made)
        return asyncio.run(made)

    # Parts

    def options(self, names: tuple[str, ...]) -> Json:
        given = self.given.get("options", {})
        assert given.keys() <= {*SETTINGS, *LOGIN_OPTIONS, *BACKCHANNEL_OPTIONS}
        return {name: given[name] for name in names if name in given}

    def settings(self) -> Json:
        settings = {"environment": self.environment, "clock": self.clock, **self.options(SETTINGS)}
        return {**settings, "leeway": self.given["leeway"]} if "leeway" in self.given else settings

    def keys(self) -> Any:
        given = dict(self.resolve(self.given["keys"]))
        kinds: dict[str, Any] = {"partner": vipps.PartnerKeys, "sales_unit": vipps.SalesUnitKeys}
        kinds |= {"specialized": vipps.SpecializedKeys, "psp": vipps.PspKeys}
        return kinds[given.pop("type")](**given)

    def partner(self) -> vipps.Partner:
        keys = self.keys()
        return vipps.Partner(keys, vipps.SystemInfo(**self.resolve(self.given["system"])), **self.settings())

    def merchant(self) -> vipps.Merchant:
        return self.partner().merchant(self.given["msn"])

    def login(self) -> vipps.Login:
        return self.merchant().login(self.given["redirect_uri"])

    def phone(self) -> vipps.Backchannel:
        return self.merchant().backchannel()

    def kept(self, name: str) -> str:
        if "text" in self.given:
            return str(self.given["text"])
        return self.with_base_url(json.dumps(self.resolve(self.given[name])))

    def request(self) -> vipps.LoginRequest:
        return vipps.LoginRequest.from_json(self.kept("request"))

    def pending(self) -> vipps.PendingLogin:
        return vipps.PendingLogin.from_json(self.with_base_url(json.dumps(self.resolve(self.given["pending"]))))

    # Ops

    def op_msn(self) -> Json:
        keys = vipps.PartnerKeys("id", "secret", "key")
        partner = vipps.Partner(keys, vipps.SystemInfo("acme", "1"))
        return {"msn": partner.merchant(self.given["text"]).msn}

    def op_system_info(self) -> Json:
        return {"headers": vipps.SystemInfo(**self.given).headers()}

    def op_keys(self) -> Json:
        self.keys()
        return {}

    def op_environment(self) -> Json:
        environment = vipps.Environment(self.given["text"])
        return {"base_url": environment.base_url, "issuer": environment.issuer}

    def op_token(self) -> Json:
        token = self.both(self.partner(), "access_token")
        return {"token": token.secret, "lifetime": whole(token.expires_at - self.clock.now)}

    def op_headers(self) -> Json:
        caller = self.partner() if self.given["msn"] is None else self.merchant()
        return {"headers": self.both(caller, "headers")}

    def op_id_token(self) -> Json:
        expect = dict(self.given.get("expect", {}))
        jwks = self.given.get("jwks_text", self.resolve(self.given.get("jwks")))
        verifier = vipps.IdTokenVerifier(jwks=jwks, **self.settings())
        claims = self.both(verifier, "verify", self.given["jwt"], expect.pop("msn", None), **expect)
        told = claims.to_dict()
        assert {name: claims.claim(name) for name in told} == told == json.loads(claims.to_json())
        json.dumps(told, allow_nan=False, ensure_ascii=False).encode()
        return {"claims": {**told, "sub": claims.sub, "msn": claims.msn}}

    def op_authorize_url(self) -> Json:
        login, options = self.login(), self.options(LOGIN_OPTIONS)
        first, second = (self.both(login, "start", self.given["scopes"], **options) for _ in range(2))
        check_randomness(first, second)
        endpoint, query = parts_of(first.url)
        base_url = vipps.Environment(self.environment).base_url
        return {
            "endpoint": endpoint.replace(base_url, "{base_url}"),
            "query": [[name, value] for name, value in query if name not in RANDOM],
        }

    def op_login_request(self) -> Json:
        request = self.request()
        assert vipps.LoginRequest.from_json(request.to_json()) == request
        names = ("url", "msn", "redirect_uri", "scopes", "state", "nonce", "code_verifier", "acr_values")
        return {**members(request, names), "stored": json.loads(request.to_json())}

    def op_login_callback(self) -> Json:
        return members(self.request().code(self.given["callback_url"]), ("code", "scopes"))

    def op_login_resume_uri(self) -> Json:
        place, callback_url = self.given["app_callback_uri"], self.given["callback_url"]
        return {"resume_uri": self.request().resume_uri(place, callback_url)}

    def op_login_finish(self) -> Json:
        return self.told(self.both(self.login(), "finish", self.given["callback_url"], self.request()))

    def op_userinfo(self) -> Json:
        if "pending" in self.given:
            handle: Any = self.phone()
            result = self.both(handle, "poll", self.pending())
        else:
            handle = self.login()
            result = self.both(handle, "finish", self.given["callback_url"], self.request())
        self.clock.advance(self.given.get("after", 0))
        return described(self.both(handle, "userinfo", result))

    def op_consent_revoked(self) -> Json:
        told = vipps.UnverifiedConsentRevoked.parse(self.given["text"])
        times = {"issued_at": told.claimed_issued_at, "expires_at": told.claimed_expires_at}
        return {"sub": told.claimed_sub, **{name: at and int(at.timestamp()) for name, at in times.items()}}

    def op_sales_units(self) -> Json:
        return {"units": plain(self.both(self.partner(), "sales_units"))}

    def op_sales_units_of(self) -> Json:
        return {"units": plain(self.both(self.partner(), "sales_units_of", self.given["scheme"], self.given["business"]))}

    def op_sales_unit(self) -> Json:
        return plain(self.both(self.partner(), "sales_unit", self.given["msn"]))

    def op_sales_unit_changes(self) -> Json:
        return plain(self.both(self.partner(), "sales_unit_changes", self.given["known"]))

    def op_check(self) -> Json:
        check = self.both(self.partner(), "check", self.given["msn"])
        findings = check.findings.items()
        return {
            **{name: finding.outcome for name, finding in findings},
            "good": check.is_good,
            "clock_difference": check.clock_difference,
            "sales_unit": check.sales_unit and check.sales_unit.state,
            "codes": {name: finding.code for name, finding in findings if finding.code},
        }

    def op_user_exists(self) -> Json:
        return {"exists": self.both(self.phone(), "user_exists", self.given["msisdn"])}

    def op_backchannel_start(self) -> Json:
        options = self.options(BACKCHANNEL_OPTIONS)
        pending = self.both(self.phone(), "start", self.given["login_hint"], self.given["scopes"], **options)
        self.check_what_was_kept(pending)
        known = members(pending, ("auth_req_id", "msn", "scopes", "ends_by_redirect"))
        return {**known, "interval": whole(pending.interval), "lifetime": whole(pending.expires_at - self.clock.now)}

    def op_pending_login(self) -> Json:
        pending = vipps.PendingLogin.from_json(self.kept("pending"))
        assert vipps.PendingLogin.from_json(pending.to_json()) == pending
        known = members(pending, ("auth_req_id", "msn", "scopes", "ends_by_redirect"))
        times = {"interval": whole(pending.interval), "expires_at": int(pending.expires_at.timestamp())}
        return {**known, **times, "stored": json.loads(pending.to_json())}

    def op_backchannel_poll(self) -> Json:
        phone, pending = self.phone(), self.pending()
        return self.so_far(phone, pending, self.both(phone, "poll", pending))

    def op_backchannel_wait(self) -> Json:
        began = self.clock.now
        phone, pending = self.phone(), self.pending()
        ended = self.so_far(phone, pending, self.both(phone, "wait", pending, timeout=self.given.get("timeout")))
        return {**ended, "interval": whole(pending.interval), "waited": whole(self.clock.now - began)}

    def op_backchannel_states(self) -> Json:
        began = self.clock.now
        *pending, last = self.all_states(self.phone(), self.pending())
        assert last.result is not None
        spans = [whole(state.next_poll_in) for state in pending]
        told = self.told(last.result)
        return {**told, "state": "complete", "pending": spans, "waited": whole(self.clock.now - began)}

    def all_states(self, phone: vipps.Backchannel, pending: vipps.PendingLogin) -> list[vipps.BackchannelState]:
        if not self.is_async:
            return list(phone.states(pending))

        async def collected() -> list[vipps.BackchannelState]:
            return [state async for state in phone.states_async(pending)]

        return asyncio.run(collected())

    def op_backchannel_ping(self) -> Json:
        phone, pending = self.phone(), self.pending()
        return self.so_far(phone, pending, self.both(phone, "finish_ping", self.given["text"], pending))

    def op_backchannel_redirect(self) -> Json:
        phone, pending = self.phone(), self.pending()
        return self.told(self.both(phone, "finish_redirect", self.given["callback_url"], pending))

    def op_webhook_verify(self) -> Json:
        webhook = self.webhook()
        assert webhook.body == self.body()
        return {"webhook_id": webhook.webhook_id, "sent_at": int(webhook.sent_at.timestamp())}

    def op_webhook_ping(self) -> Json:
        return members(self.webhook().ping(), ("auth_req_id", "msn"))

    def op_webhook_sign(self) -> Json:
        return {"headers": self.webhook_verifier().sign(self.given["webhook_id"], self.given["url"], self.body())}

    def webhook(self) -> vipps.VerifiedWebhook:
        given = self.given
        headers = given["headers"] if self.is_async else self.in_other_form(given["headers"])
        return self.webhook_verifier().verify(given["method"], given["path"], headers, self.body())

    @staticmethod
    def in_other_form(pairs: list[tuple[str, str]]) -> Any:
        """The same headers as a mapping, where each is there once, and as bytes."""
        named = {name: value for name, value in pairs}
        return named if len(named) == len(pairs) else [(name.encode(), value.encode()) for name, value in pairs]

    def webhook_verifier(self) -> vipps.WebhookVerifier:
        options = {name: self.given[name] for name in ("public_host", "tolerance") if name in self.given}
        return vipps.WebhookVerifier(self.resolve(self.given["secrets"]), clock=self.clock, **options)

    def body(self) -> bytes:
        if "body" in self.given:
            return str(self.given["body"]).encode()
        return base64.b64decode(self.given["body_base64"])

    # Results

    def so_far(self, phone: vipps.Backchannel, pending: vipps.PendingLogin, result: Any) -> Json:
        if result is not None:
            return {**self.told(result), "state": "complete"}
        waits = {"interval": whole(pending.interval), "next_poll_in": whole(phone.next_poll_in(pending))}
        return {"state": "pending", **waits}

    def told(self, result: vipps.LoginResult) -> Json:
        token = result.access_token
        return {
            "sub": result.claims.sub,
            "msn": result.claims.msn,
            "scopes": result.scopes,
            "asked": result.asked_scopes,
            "missing": result.missing_scopes,
            "access_token": token.secret,
            "lifetime": whole(token.expires_at - self.clock.now),
        }

    def check_what_was_kept(self, pending: vipps.PendingLogin) -> None:
        kept, sent = json.loads(pending.to_json()), dict(parse_qsl(self.emulator.requests()[-1].body))
        assert [sent.get(name) for name in ("nonce", "state")] == [kept.get(name) for name in ("nonce", "state")]
        assert vipps.PendingLogin.from_json(pending.to_json()) == pending


def whole(span: Any) -> int:
    return int(span.total_seconds())


def members(value: object, names: tuple[str, ...]) -> Json:
    return {name: getattr(value, name) for name in names}


def described(person: vipps.Userinfo) -> Json:
    names = ("sub", "name", "given_name", "family_name", "phone_number", "phone_number_verified", "email")
    more = ("email_verified", "birthdate", "gender", "nin", "delegated_consents")
    told = {**members(person, names + more), "address": person.address and address_of(person.address)}
    others = [address_of(address) for address in person.other_addresses] or None
    claims = {name: typed(getattr(person, name)) for name in ("flow_result", "agreement")}
    return without_none({**told, "other_addresses": others, **claims, "json": person.to_dict()})


def plain(value: Any) -> Any:
    """A value and those in it as JSON has them."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    names = getattr(type(value), "_members", None)
    return {name: plain(getattr(value, name)) for name in names} if names else value


def typed(claim: Any) -> Any:
    """The typed members that have a value."""
    return told_alone(plain(claim))


def told_alone(value: Any) -> Any:
    if isinstance(value, list):
        return [told_alone(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: told_alone(item) for name, item in value.items() if name != "members" and item is not None}


def address_of(address: vipps.Address) -> Json:
    names = ("street_address", "postal_code", "region", "country", "formatted", "address_type")
    return without_none(members(address, names))


def without_none(told: Json) -> Json:
    return {name: value for name, value in told.items() if value is not None}


def property_of(error: vipps.VippsAuthError, name: str) -> Any:
    known: dict[str, Callable[[], Any]] = {
        "retry_after": lambda: error.retry_after and math.ceil(error.retry_after.total_seconds()),
        "has_hint": lambda: error.hint is not None,
    }
    plain = ("code", "claim", "field", "reason", "oauth_error", "trace_id")
    return getattr(error, name) if name in plain else known[name]()


def parts_of(url: str) -> tuple[str, list[tuple[str, str]]]:
    endpoint, _, query = url.partition("?")
    assert "+" not in query, "a space in a url is %20"
    return endpoint, parse_qsl(query, keep_blank_values=True, strict_parsing=True)


def check_randomness(first: vipps.LoginRequest, second: vipps.LoginRequest) -> None:
    for request in (first, second):
        digest = hashlib.sha256(request.code_verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        random = [pair for pair in parts_of(request.url)[1] if pair[0] in RANDOM]
        assert random == [("state", request.state), ("nonce", request.nonce), ("code_challenge", challenge)]
    assert first.state != second.state and first.nonce != second.nonce
    assert first.code_verifier != second.code_verifier


def compare_requests(expected: list[Json], seen: list[RecordedRequest]) -> None:
    assert [(r["method"], r["path"]) for r in expected] == [(r.method, path_of(r)) for r in seen]
    for request, sent in zip(expected, seen):
        for name, value in request["headers"].items():
            assert [header.value for header in sent.headers if header.name == name] == [value], name
        assert not {header.name for header in sent.headers} & set(request.get("absent", []))
        compare_body(request, sent.body)


def path_of(request: RecordedRequest) -> str:
    return request.path if request.query is None else f"{request.path}?{request.query}"


def compare_body(expected: Json, body: str) -> None:
    if "form" not in expected:
        assert body == expected["body"]
        return
    fields = parse_qsl(body, keep_blank_values=True)
    random = [43 if value == "{random}" else value for _, value in expected["form"]]
    sent = [len(value) if rule == 43 else value for rule, (_, value) in zip(random, fields)]
    assert [name for name, _ in fields] == [name for name, _ in expected["form"]]
    assert sent == random
