"""The HTTP clients that adapters are for, each in its own words."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable

import aiohttp
import httpx
import httpx2
import requests
import trio
import urllib3
import vipps_partner_auth as vipps
from aiohttp import payload

from adapter_runner import Call, Client, Reply, change

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from urllib3_shop import AuthorizedPool  # noqa: E402

FOLLOWED = {
    "adapter-redirect-another-host": "followed",
    "adapter-redirect-307-another-host": "followed",
    "adapter-redirect-to-other-headers": "followed",
    "adapter-basic-of-the-client": "theirs",
    "adapter-hook-after-takes-authorization": "seen",
    "adapter-hooks-and-a-401": "repeated",
    "adapter-transform-and-a-401": "repeated",
    "adapter-401-text": "repeated",
    "adapter-401-bytes": "repeated",
    "adapter-401-json": "repeated",
    "adapter-401-form": "repeated",
    "adapter-401-multipart": "handed_back",
    "adapter-401-file": "handed_back",
    "adapter-token-fails-on-the-second-try": "handed_back",
}


def a_file(call: Call) -> Any:
    assert call.body is not None
    file = tempfile.TemporaryFile()
    file.write(call.body["text"].encode())
    file.seek(0)
    return file


class Requests(Client):
    # What is sent of a form with a file are bytes.
    outcomes = {**FOLLOWED, "adapter-401-multipart": "repeated"}

    def __init__(self, caller: vipps.Caller) -> None:
        super().__init__(caller)
        self.session = requests.Session()
        self.session.auth = caller.requests_auth()

    def send(self, call: Call, token_requested: Callable[[], bool]) -> Reply:
        ours = (call.caller or self.caller).requests_auth()

        def auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
            change(call.before, request.headers)
            request = ours(request)
            change(call.after, request.headers)
            return request

        limit = {"before": 0, "token_request": 0.2}.get(call.abort or "", call.limit)
        given: Any = {"headers": call.headers, "allow_redirects": call.follow, "timeout": limit}
        if call.auth is not None:
            given["auth"] = call.auth
        elif call.caller is not None or call.before or call.after:
            given["auth"] = auth
        response = self.session.request(call.method, call.url, **given, **self.body(call))
        return Reply(response.status_code, response.headers, response.content)

    def body(self, call: Call) -> dict[str, Any]:
        if call.body is None:
            return {}
        text = call.body["text"]
        makers: dict[str, Callable[[], dict[str, Any]]] = {
            "text": lambda: {"data": text},
            "bytes": lambda: {"data": text.encode()},
            "json": lambda: {"json": json.loads(text)},
            "form": lambda: {"data": call.form},
            "multipart": lambda: {"files": {"file": ("lines.txt", text)}},
            "file": lambda: {"data": a_file(call)},
            "generator": lambda: {"data": call.pieces()},
            "stream": lambda: {"data": io.BytesIO(text.encode())},
        }
        return makers[call.body["kind"]]()

    def family(self, error: BaseException) -> str:
        assert isinstance(error, requests.RequestException), repr(error)
        assert error.request is not None
        return "timeout" if isinstance(error, requests.Timeout) else "failed"

    def close(self) -> None:
        self.session.close()


class HttpxClient(Client):
    module: Any = httpx
    outcomes = FOLLOWED

    def __init__(self, caller: vipps.Caller) -> None:
        super().__init__(caller)
        self.after: list[Any] = []
        self.client = self.make()

    def make(self) -> Any:
        def after(request: Any) -> None:
            change(self.after, request.headers)

        return self.module.Client(auth=self.caller.httpx_auth(), event_hooks={"request": [after]})

    def request(self, call: Call) -> tuple[Any, Any]:
        """The request, and how to send it."""
        self.after = call.after
        limit = {"before": 0, "token_request": 0.2}.get(call.abort or "", call.limit)
        given: Any = self.body(call)
        headers = {**given.pop("headers", {}), **call.headers}
        request = self.client.build_request(call.method, call.url, headers=headers, timeout=limit, **given)
        # The client has no place for hooks before its `auth`: it is a wrapper around the request.
        change(call.before, request.headers)
        how: dict[str, Any] = {"follow_redirects": call.follow}
        if call.auth is not None:
            how["auth"] = call.auth
        elif call.caller is not None:
            how["auth"] = call.caller.httpx_auth()
        return request, how

    def send(self, call: Call, token_requested: Callable[[], bool]) -> Reply:
        request, how = self.request(call)
        response = self.client.send(request, **how)
        return Reply(response.status_code, response.headers, response.content)

    def body(self, call: Call) -> dict[str, Any]:
        if call.body is None:
            return {}
        text = call.body["text"]
        makers: dict[str, Callable[[], dict[str, Any]]] = {
            "text": lambda: {"content": text},
            "bytes": lambda: {"content": text.encode()},
            "json": lambda: {"json": json.loads(text)},
            "form": lambda: {"data": dict(call.form)},
            "multipart": lambda: {"files": {"file": ("lines.txt", text)}},
            "file": lambda: {"content": self.stream(a_file(call))},
            "generator": lambda: {"content": self.stream(call.pieces())},
            "stream": lambda: {"content": self.stream(io.BytesIO(text.encode()))},
        }
        return makers[call.body["kind"]]()

    def stream(self, items: Any) -> Any:
        return items

    def family(self, error: BaseException) -> str:
        if isinstance(error, (asyncio.CancelledError, trio.TooSlowError)):
            return "aborted"
        assert isinstance(error, self.module.TransportError), repr(error)
        assert error.request.method
        return "timeout" if isinstance(error, self.module.TimeoutException) else "failed"

    def close(self) -> None:
        self.client.close()


class Httpx2Client(HttpxClient):
    module = httpx2


class HttpxAsync(HttpxClient):
    """Each call on a loop of its own, as in a program that has one loop for each job."""

    def make(self) -> Any:
        async def after(request: Any) -> None:
            change(self.after, request.headers)

        return self.module.AsyncClient(auth=self.caller.httpx_auth(), event_hooks={"request": [after]})

    def send(self, call: Call, token_requested: Callable[[], bool]) -> Reply:
        abort, call.abort = call.abort, None

        async def run() -> Reply:
            request, how = self.request(call)
            response = await given_up(self.client.send(request, **how), abort, token_requested)
            await self.client.aclose()
            return Reply(response.status_code, response.headers, response.content)

        self.client = self.make()
        return asyncio.run(run(), debug=True)

    def stream(self, items: Any) -> Any:
        async def pieces() -> Any:
            for item in items:
                yield item

        return pieces()

    def close(self) -> None: ...


class Httpx2Async(HttpxAsync):
    module = httpx2


class HttpxTrio(HttpxAsync):
    def send(self, call: Call, token_requested: Callable[[], bool]) -> Reply:
        abort, call.abort = call.abort, None

        async def run() -> Reply:
            request, how = self.request(call)
            async with self.client:
                with trio.CancelScope() as scope:
                    async with trio.open_nursery() as nursery:
                        if abort == "before":
                            scope.cancel()
                        if abort == "token_request":
                            nursery.start_soon(self.give_up, scope, token_requested)
                        response = await self.client.send(request, **how)
                        nursery.cancel_scope.cancel()
                if scope.cancelled_caught:
                    raise trio.TooSlowError
            return Reply(response.status_code, response.headers, response.content)

        self.client = self.make()
        return trio.run(unwrapped, run)

    async def give_up(self, scope: trio.CancelScope, token_requested: Callable[[], bool]) -> None:
        while not token_requested():
            await trio.sleep(0.001)
        scope.cancel()


async def unwrapped(run: Callable[[], Any]) -> Any:
    """Raises the one error that a nursery's group holds."""
    try:
        return await run()
    except BaseException as group:
        errors = getattr(group, "exceptions", (group,))
        raise errors[0]


async def given_up(sending: Any, abort: str | None, token_requested: Callable[[], bool]) -> Any:
    """Awaits a call that its caller gives up, or does not."""
    task = asyncio.ensure_future(sending)
    if abort == "before":
        task.cancel()
    while abort == "token_request" and not task.done():
        if token_requested():
            task.cancel()
        await asyncio.sleep(0.001)
    return await task


class Aiohttp(Client):
    outcomes = {**FOLLOWED, "adapter-basic-of-the-client": "ours"}

    def send(self, call: Call, token_requested: Callable[[], bool]) -> Reply:
        ours = (call.caller or self.caller).aiohttp_middleware()

        async def before(request: Any, handler: Any) -> Any:
            change(call.before, request.headers)
            return await handler(request)

        async def after(request: Any, handler: Any) -> Any:
            change(call.after, request.headers)
            return await handler(request)

        async def send(session: aiohttp.ClientSession) -> Reply:
            given: Any = {"headers": call.headers, "allow_redirects": call.follow, **self.body(call)}
            given["timeout"] = aiohttp.ClientTimeout(total=call.limit)
            if call.auth is not None:
                given["auth"] = aiohttp.BasicAuth(*call.auth)
            # As it was given: the client would write paths anew.
            url = aiohttp.client.URL(call.url, encoded=True)
            async with session.request(call.method, url, **given) as response:
                return Reply(response.status, response.headers, await response.read())

        async def run() -> Reply:
            async with aiohttp.ClientSession(middlewares=[before, ours, after]) as session:
                reply: Reply = await given_up(send(session), call.abort, token_requested)
                return reply

        return asyncio.run(run(), debug=True)

    def body(self, call: Call) -> dict[str, Any]:
        if call.body is None:
            return {}
        text = call.body["text"]

        def multipart() -> dict[str, Any]:
            form = aiohttp.FormData()
            form.add_field("file", text.encode(), filename="lines.txt")
            return {"data": form}

        async def pieces() -> Any:
            for piece in call.pieces():
                yield piece

        makers: dict[str, Callable[[], dict[str, Any]]] = {
            "text": lambda: {"data": text},
            "bytes": lambda: {"data": text.encode()},
            "json": lambda: {"json": json.loads(text)},
            "form": lambda: {"data": dict(call.form)},
            "multipart": multipart,
            "file": lambda: {"data": a_file(call)},
            "generator": lambda: {"data": pieces()},
            "stream": lambda: {"data": payload.BytesIOPayload(io.BytesIO(text.encode()))},
        }
        return makers[call.body["kind"]]()

    def family(self, error: BaseException) -> str:
        if isinstance(error, asyncio.CancelledError):
            return "aborted"
        if isinstance(error, asyncio.TimeoutError):
            return "timeout"
        assert isinstance(error, aiohttp.ClientError), repr(error)
        return "failed"


class Urllib3(Client):
    """The adapter that the README shows, written with public names alone. Its errors are urllib3's own."""

    outcomes = {
        **FOLLOWED,
        "adapter-basic-of-the-client": "ours",
        "adapter-hook-after-takes-authorization": "not_seen",
        "adapter-401-multipart": "repeated",
    }
    errors_are_ours_too = False

    def __init__(self, caller: vipps.Caller) -> None:
        super().__init__(caller)
        self.pools: list[urllib3.PoolManager] = []

    def send(self, call: Call, token_requested: Callable[[], bool]) -> Reply:
        class Hooked(AuthorizedPool):
            """With the user's hooks around the adapter and within it."""

            def urlopen(self, method: str, url: str, redirect: bool = True, **given: Any) -> Any:
                given["headers"] = urllib3.HTTPHeaderDict(given.get("headers"))
                change(call.before, given["headers"])
                return super().urlopen(method, url, redirect, **given)

            def send(self, method: str, url: str, own: Any, authorization: Any, given: Any) -> Any:
                changed = urllib3.HTTPHeaderDict({**own, **authorization.headers})
                change(call.after, changed)
                return super().send(method, url, {}, vipps.Authorization((changed, authorization.token)), given)

        kind = Hooked if call.before or call.after else AuthorizedPool
        pool = kind(call.caller or self.caller, retries=urllib3.Retry(redirect=5, connect=0, read=0, respect_retry_after_header=False))
        self.pools.append(pool)
        limit = {"before": 0, "token_request": 0.2}.get(call.abort or "", call.limit)
        headers = dict(call.headers)
        if call.auth is not None:
            headers.update(urllib3.make_headers(basic_auth=":".join(call.auth)))
        given = self.body(call)
        headers.update(given.pop("headers", {}))
        response = pool.request(call.method, call.url, headers=headers, timeout=limit, redirect=call.follow, **given)
        return Reply(response.status, response.headers, response.data)

    def body(self, call: Call) -> dict[str, Any]:
        if call.body is None:
            return {}
        text = call.body["text"]
        form = {"content-type": "application/x-www-form-urlencoded"}
        makers: dict[str, Callable[[], dict[str, Any]]] = {
            "text": lambda: {"body": text},
            "bytes": lambda: {"body": text.encode()},
            "json": lambda: {"json": json.loads(text)},
            "form": lambda: {"body": text, "headers": form},
            "multipart": lambda: {"fields": {"file": ("lines.txt", text)}},
            "file": lambda: {"body": a_file(call)},
            "generator": lambda: {"body": call.pieces()},
            "stream": lambda: {"body": io.BytesIO(text.encode())},
        }
        return makers[call.body["kind"]]()

    def family(self, error: BaseException) -> str:
        assert isinstance(error, urllib3.exceptions.HTTPError), repr(error)
        # With retries the client wraps what ended the last of them.
        reason = getattr(error, "reason", error)
        return "timeout" if isinstance(reason, urllib3.exceptions.TimeoutError) else "failed"

    def close(self) -> None:
        for pool in self.pools:
            pool.clear()


CLIENTS: list[type[Client]] = [
    Requests,
    HttpxClient,
    Httpx2Client,
    HttpxAsync,
    Httpx2Async,
    HttpxTrio,
    Aiohttp,
    Urllib3,
]