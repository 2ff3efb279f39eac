"""Runs one of the shared scenarios of adapters, with a real client over real sockets."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable
from urllib.parse import parse_qsl

import vipps_partner_auth as vipps
from vipps_emulator import Emulator, RecordedRequest

Json = dict[str, Any]
FOLDER = Path(__file__).parents[2] / "tests" / "vectors"
LONG = 60


class Elsewhere:
    """Another host: answers 200 to everything, or what it was told to, and keeps what it was sent."""

    def __enter__(self) -> Elsewhere:
        seen: list[Json] = []
        replies: dict[str, list[Json]] = {}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = [(name.lower(), value) for name, value in self.headers.items()]
                seen.append({"method": self.command, "path": self.path, "headers": headers, "body": body, "status": 200})
                planned = replies.get(self.path)
                reply = planned.pop(0) if planned else {"status": 200, "headers": {}, "body": ""}
                self.send_response(reply["status"])
                for name, value in reply["headers"].items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(reply["body"])))
                self.end_headers()
                self.wfile.write(reply["body"].encode())

            do_POST = do_GET

            def log_message(self, *_: Any) -> None: ...

        self.seen, self.replies = seen, replies
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        # Known by name, so that it is another host and not only another port.
        self.url = f"http://localhost:{self.server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Call:
    """What a client is asked to do: a call, in no client's words."""

    def __init__(self, world: World, step: Json) -> None:
        self.method: str = step["method"]
        self.url = world.text(step["url"]) if "url" in step else world.emulator.base_url + step["path"]
        self.headers: dict[str, str] = dict(step.get("headers", {}))
        self.body: Json | None = step.get("body")
        self.auth: tuple[str, str] | None = None
        if "auth" in step:
            self.auth = (step["auth"]["username"], step["auth"]["password"])
        self.caller: vipps.Caller | None = world.partner.merchant(step["merchant"]) if "merchant" in step else None
        self.follow: bool = step.get("follow", False)
        self.limit: float | None = step["limit"] / 1000 if "limit" in step else None
        self.abort: str | None = step.get("abort")
        self.before = [hook for hook in world.hooks if hook["when"] == "before"]
        self.after = [hook for hook in world.hooks if hook["when"] == "after"]
        known = {"do", "method", "url", "path", "headers", "body", "auth", "merchant", "follow", "limit", "abort"}
        assert set(step) <= known, step
        for hook in world.hooks:
            assert set(hook) <= {"when", "set", "delete", "add_to_json"}, hook
            if "add_to_json" in hook and self.body is not None:
                self.body = {**self.body, "text": json.dumps({**json.loads(self.body["text"]), **hook["add_to_json"]})}

    @property
    def form(self) -> list[tuple[str, str]]:
        assert self.body is not None
        return parse_qsl(self.body["text"])

    def pieces(self) -> Iterator[bytes]:
        assert self.body is not None
        for piece in self.body["text"].encode().splitlines(keepends=True):
            yield piece


def change(hooks: list[Json], headers: Any) -> None:
    """What a user's hooks do to the headers of a request."""
    for hook in hooks:
        for name, value in hook.get("set", {}).items():
            headers[name] = value
        for name in hook.get("delete", []):
            if name in headers:
                del headers[name]


class Reply:
    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status, self.body = status, body.decode()
        self.headers = {name.lower(): value for name, value in headers.items()}


class Client(ABC):
    """One HTTP client with the adapter of one caller."""

    outcomes: Json = {}
    """Which of several named outcomes it must have."""
    errors_are_ours_too = True
    """Whether what it raises is an error of this library as well, and not only its cause."""

    def __init__(self, caller: vipps.Caller) -> None:
        self.caller = caller

    @abstractmethod
    def send(self, call: Call, token_requested: Callable[[], bool]) -> Reply: ...

    @abstractmethod
    def family(self, error: BaseException) -> str:
        """``timeout``, ``aborted`` or ``failed``."""

    def close(self) -> None: ...


class World:
    """The service, another server, a partner and a client, for one scenario."""

    def __init__(self, scenario: Json, stack: ExitStack, client: type[Client]) -> None:
        self.scenario = scenario
        self.hooks: list[Json] = scenario.get("hooks", [])
        self.merchants: list[str] = scenario.get("merchants", ["123456"])
        self.emulator = stack.enter_context(Emulator.start(merchants=self.merchants))
        self.elsewhere = stack.enter_context(Elsewhere())
        self.events: list[vipps.Event] = []
        keys: Any = self.emulator.partner_keys().for_partner()
        if scenario.get("keys") == "specialized":
            keys = self.emulator.specialized_keys().for_partner()
        self.partner = vipps.Partner(
            keys,
            vipps.SystemInfo("acme", "3.1.2"),
            environment=self.emulator.base_url,
            deadline=LONG,
            request_timeout=LONG,
            on_event=self.events.append,
        )
        shop = self.partner.merchant(self.merchants[0])
        self.caller: vipps.Caller = self.partner if scenario.get("caller") == "partner" else shop
        self.client = client(self.caller)
        stack.callback(self.client.close)
        self.results: list[Json] = []

    def text(self, text: str) -> str:
        return text.replace("{base_url}", self.emulator.base_url).replace("{other_url}", self.elsewhere.url)

    def resolved(self, value: Any) -> Any:
        return json.loads(self.text(json.dumps(value)))

    def do(self, step: Json) -> None:
        getattr(self, f"do_{step['do']}")(**{name: value for name, value in step.items() if name != "do"})

    def do_headers(self) -> None:
        self.caller.headers()

    def do_revoke_tokens(self) -> None:
        self.emulator.revoke_tokens()

    def do_arrived(self, path: str, times: int) -> None:
        # On a busy machine a time limit may be over before the request has come that is to hang.
        until = time.monotonic() + 10
        while self.emulator.count(path) < times:
            assert time.monotonic() < until, f"{path} was not asked {times} times"
            time.sleep(0.001)

    def do_release_hung(self) -> None:
        self.emulator.release_hung()

    def do_wrong_environment(self) -> None:
        self.emulator.wrong_environment()

    def do_fail_next(self, endpoint: Any, times: int, failure: Json) -> None:
        self.emulator.fail_next(endpoint, times=times, **failure)

    def do_script(self, path: str, replies: list[Json]) -> None:
        planned = [{**reply, "headers": self.resolved(reply["headers"]), "body": self.text(reply["body"])} for reply in replies]
        self.emulator.script(path, planned)

    def do_script_elsewhere(self, path: str, replies: list[Json]) -> None:
        self.elsewhere.replies[path] = list(replies)

    def do_call(self, **step: Any) -> None:
        before = self.emulator.count("/accesstoken/get")
        call = Call(self, step)
        try:
            reply = self.client.send(call, lambda: self.emulator.count("/accesstoken/get") > before)
        except (Exception, asyncio.CancelledError) as error:
            cause = error.__cause__ if isinstance(error.__cause__, vipps.VippsAuthError) else None
            self.results.append({"error": error, "family": self.client.family(error), "cause": cause})
        else:
            self.results.append({"reply": reply})

    def do_covers(self, environment: str, trusted_origins: list[str], url: str, covers: bool) -> None:
        assert a_partner(environment, trusted_origins).covers(url) is covers, url

    def do_may_follow(self, environment: str, trusted_origins: list[str], may_follow: bool, **ends: str) -> None:
        partner = a_partner(environment, trusted_origins).merchant("123456")
        assert partner.may_follow(ends.pop("from"), ends.pop("to")) is may_follow
        assert not ends


def a_partner(environment: str, trusted_origins: list[str]) -> vipps.Partner:
    keys = vipps.PartnerKeys("11111111-2222-4333-8444-555555555555", "secret", "key")
    system = vipps.SystemInfo("acme", "1")
    return vipps.Partner(keys, system, environment=environment, trusted_origins=trusted_origins)


def run(scenario: Json, client: type[Client]) -> None:
    """Raises an AssertionError that says what is otherwise than each of the outcomes has it."""
    with ExitStack() as stack:
        world = World(scenario, stack, client)
        stack.callback(world.emulator.release_hung)
        for step in scenario["steps"]:
            world.do(step)
        seen = Seen(world)
        seen.check_always()
        required = client.outcomes.get(scenario["id"])
        possible = [outcome for outcome in scenario["outcomes"] if required is None or outcome["name"] == required]
        assert required is not None or len(possible) == 1, "which of the outcomes must this client have?"
        (outcome,) = possible
        seen.compare(world.resolved(outcome))


class Seen:
    """What came of a scenario."""

    def __init__(self, world: World) -> None:
        self.world = world
        log = world.emulator.requests()
        tokens = ("/accesstoken/get", "/miami/v1/token")
        self.token_requests = [request for request in log if request.path in tokens]
        self.requests = [request for request in log if request.path not in tokens]
        self.elsewhere = world.elsewhere.seen

    def check_always(self) -> None:
        ours = {name for name in self.names_of_ours()}
        for request in self.elsewhere:
            given = [step.get("headers", {}) for step in self.world.scenario["steps"]]
            theirs = {name.lower() for headers in given for name in headers}
            assert not {name for name, _ in request["headers"]} & (ours - theirs), "another host was sent our headers"

    def names_of_ours(self) -> set[str]:
        system = vipps.SystemInfo("a", "1", plugin_name="b", plugin_version="1").headers()
        return {*system, "authorization", "ocp-apim-subscription-key", "merchant-serial-number"}

    def compare(self, outcome: Json) -> None:
        known = {"name", "results", "token_requests", "requests", "elsewhere", "events"}
        assert set(outcome) <= known, outcome
        self.compare_results(outcome["results"])
        if "token_requests" in outcome:
            assert len(self.token_requests) == outcome["token_requests"], "token requests"
        if "requests" in outcome:
            self.compare_requests(outcome["requests"])
        if "elsewhere" in outcome:
            found = [(request["method"], request["path"]) for request in self.elsewhere]
            assert found == [(request["method"], request["path"]) for request in outcome["elsewhere"]]
            for expected, request in zip(outcome["elsewhere"], self.elsewhere):
                compare_headers(expected, request["headers"])
        for expected in outcome.get("events", []):
            self.compare_events(expected)

    def compare_results(self, expected: list[Json]) -> None:
        assert len(self.world.results) == len(expected)
        for result, wanted in zip(self.world.results, expected):
            if "error" in wanted:
                self.compare_error(result, wanted["error"])
                continue
            assert "reply" in result, f"{result}"
            reply: Reply = result["reply"]
            assert set(wanted) <= {"status", "body", "headers"}
            assert reply.status == wanted["status"]
            assert reply.body == wanted.get("body", reply.body)
            for name, value in wanted.get("headers", {}).items():
                assert reply.headers[name] == value

    def compare_error(self, result: Json, wanted: Json) -> None:
        assert "error" in result, f"{result['reply'].status}"
        assert set(wanted) <= {"family", "cause"}
        same = {"aborted": {"aborted", "timeout"}}.get(wanted["family"], {wanted["family"]})
        assert result["family"] in same, repr(result["error"])
        for name, value in wanted.get("cause", {}).items():
            assert getattr(result["cause"], name) == value, repr(result["error"])
        if "cause" in wanted and self.world.client.errors_are_ours_too:
            assert isinstance(result["error"], type(result["cause"])), "it is one of ours as well"

    def compare_requests(self, expected: list[Json]) -> None:
        found = [(request.method, target(request), request.status) for request in self.requests]
        # A hung request has no reply, and its status comes late.
        assert found == [(wanted["method"], wanted["path"], wanted["status"]) for wanted in expected]
        tokens: dict[int, str] = {}
        for wanted, request in zip(expected, self.requests):
            known = {"method", "path", "status", "ours", "token", "headers", "absent", "body", "body_json"}
            assert set(wanted) <= known, wanted
            compare_headers(wanted, [(header.name, header.value) for header in request.headers])
            if "ours" in wanted:
                self.compare_ours(wanted["ours"], request)
            if "token" in wanted:
                token = request.header("authorization")
                assert token is not None and tokens.setdefault(wanted["token"], token) == token
            assert request.body == wanted.get("body", request.body)
            if "body_json" in wanted:
                assert json.loads(request.body) == wanted["body_json"]
        assert len(set(tokens.values())) == len(tokens), "other numbers are other tokens"
        self.compare_bodies()

    def compare_bodies(self) -> None:
        """The tries of one call have the same bytes: a 401, and at once the same call again."""
        for first, second in zip(self.requests, self.requests[1:]):
            if first.status == 401 and (first.method, first.path) == (second.method, second.path):
                assert first.body == second.body

    def compare_ours(self, ours: str | None, request: RecordedRequest) -> None:
        counts = Counter(header.name for header in request.headers)
        own = {"authorization", "ocp-apim-subscription-key", "vipps-system-name", "vipps-system-version"}
        if ours is None:
            assert not counts.keys() & (own - {"authorization"})
            assert not (request.header("authorization") or "").startswith("Bearer eyJ")
            return
        assert all(counts[name] == 1 for name in own), counts
        assert request.header("merchant-serial-number") == (None if ours == "partner" else ours)
        assert counts["merchant-serial-number"] <= 1
        assert (request.header("authorization") or "").startswith("Bearer "), "a token"
        if request.status == 200:
            assert not [finding for finding in request.findings if finding.verdict == "refused"]

    def compare_events(self, wanted: Json) -> None:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.count(wanted) < wanted["times"]:
            time.sleep(0.005)
        assert self.count(wanted) == wanted["times"], [event.name for event in self.world.events]

    def count(self, wanted: Json) -> int:
        details = wanted.get("details", {}).items()
        return sum(
            event.name == wanted["name"] and details <= event.details.items() for event in self.world.events
        )


def target(request: RecordedRequest) -> str:
    return request.path if request.query is None else f"{request.path}?{request.query}"


def compare_headers(wanted: Json, headers: list[tuple[str, str]]) -> None:
    for name, value in wanted.get("headers", {}).items():
        assert [found for found_name, found in headers if found_name == name] == [value], name
    for name in wanted.get("absent", []):
        assert not [found for found_name, found in headers if found_name == name], name
