"""The life of a process: forks, threads, loops, signals, the end of the interpreter. Needs pytest alone."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import vipps_partner_auth as vipps
from vipps_emulator import Emulator

MSN = "123456"
SYSTEM = vipps.SystemInfo("acme", "3.1.2")

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def in_child(work: Callable[[], bool]) -> None:
    """Runs `work` in a forked child, which ends by itself when it hangs."""
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        try:
            os._exit(0 if work() else 1)
        except BaseException:
            os._exit(2)
    _, status = os.waitpid(child, 0)
    assert status == 0, f"the child ended with {status}"


@needs_fork
class TestForks:
    def test_300_forks_of_a_process_with_4_threads_in_mid_fetch(
        self, vipps_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No child hangs, and each fetches a token of its own, once."""
        # Without a file of certificates to read, each child's client takes the bundled ones, at once.
        monkeypatch.setenv("SSL_CERT_FILE", "nowhere")
        monkeypatch.setenv("SSL_CERT_DIR", "nowhere")
        keys, environment = vipps_emulator.partner_keys().for_partner(), vipps_emulator.base_url
        partner = vipps.Partner(keys, SYSTEM, environment=environment)
        stop = threading.Event()

        def busy() -> None:
            own = vipps.Partner(keys, SYSTEM, environment=environment)
            while not stop.is_set():
                own.invalidate(own.access_token())

        threads = [threading.Thread(target=busy) for _ in range(4)]
        for thread in threads:
            thread.start()
        parents = partner.merchant(MSN).headers()

        def child() -> bool:
            shop = partner.merchant(MSN)
            headers = shop.headers()
            is_own = headers["authorization"] != parents["authorization"]
            return is_own and headers == shop.headers() and partner.stats().token_requests == 1

        try:
            for _ in range(300):
                in_child(child)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert partner.merchant(MSN).headers() == parents

    def test_what_was_made_before_the_fork_goes_on_in_the_child(self, vipps_emulator: Emulator) -> None:
        clock = vipps.ManualClock(vipps_emulator.now().now)
        settings: Any = {"environment": vipps_emulator.base_url, "clock": clock}
        partner = vipps.Partner(vipps_emulator.partner_keys().for_partner(), SYSTEM, **settings)
        shop, jwt = partner.merchant(MSN), vipps_emulator.mint_id_token(MSN)
        verifier = vipps.IdTokenVerifier(**settings)
        shop.headers(), verifier.verify(jwt, MSN)
        pending = shop.backchannel().start("urn:msisdn:4791234567", ["openid"])
        vipps_emulator.approve(pending.auth_req_id, "4791234567")

        def child() -> bool:
            result = shop.backchannel().poll(vipps.PendingLogin.from_json(pending.to_json()))
            is_same_login = result is not None and result.claims.msn == MSN and verifier.verify(jwt, MSN).msn == MSN
            headers = asyncio.run(shop.headers_async())
            return is_same_login and headers == shop.cached_headers() and clock.now == vipps_emulator_now

        vipps_emulator_now = clock.now
        in_child(child)

    def test_a_child_of_a_child(self, vipps_partner: vipps.Partner) -> None:
        vipps_partner.headers()

        def grandchild() -> bool:
            return bool(vipps_partner.headers()) and vipps_partner.stats().token_requests == 1

        def child() -> bool:
            vipps_partner.headers()
            in_child(grandchild)
            return vipps_partner.stats().token_requests == 1

        in_child(child)

    def test_a_partner_that_was_not_used_has_no_threads(self, vipps_emulator: Emulator) -> None:
        """So that a server which loads the application before it forks warns about nothing."""
        script = f"""
            import os
            from vipps_partner_auth import Partner, PartnerKeys, SystemInfo
            partner = Partner(PartnerKeys("id", "secret", "key"), SystemInfo("acme", "1"))
            shop = partner.merchant("123456")
            print(len(os.listdir("/proc/self/task")))
        """
        if not os.path.isdir("/proc/self/task"):
            pytest.skip("this system does not list threads")
        assert run(script).stdout.split() == ["1"]


class TestThreadsAndLoops:
    def test_many_threads_at_once_fetch_once(
        self, vipps_emulator: Emulator, vipps_partner: vipps.Partner
    ) -> None:
        shop, got = vipps_partner.merchant(MSN), []
        threads = [threading.Thread(target=lambda: got.append(shop.headers())) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(got) == 50 and vipps_emulator.count("/accesstoken/get") == 1

    def test_10_000_callers_of_a_loop_fetch_once(
        self, vipps_emulator: Emulator, vipps_partner: vipps.Partner
    ) -> None:
        async def all_of_them() -> int:
            shops = [vipps_partner.merchant(str(100_000 + i)) for i in range(100)]
            calls = [shops[i % 100].headers_async() for i in range(10_000)]
            return len(await asyncio.gather(*calls))

        assert asyncio.run(all_of_them()) == 10_000
        assert vipps_emulator.count("/accesstoken/get") == 1

    def test_a_cancelled_caller_cancels_no_other(
        self, vipps_emulator: Emulator, vipps_partner: vipps.Partner
    ) -> None:
        vipps_emulator.fail_next("standard_token", kind="hang")

        async def race() -> list[Any]:
            tasks = [asyncio.create_task(vipps_partner.merchant(MSN).headers_async()) for _ in range(10)]
            while not vipps_emulator.count("/accesstoken/get"):
                await asyncio.sleep(0.001)
            for task in tasks[:5]:
                task.cancel()
            vipps_emulator.release_hung()
            return await asyncio.gather(*tasks, return_exceptions=True)

        results = asyncio.run(race())
        assert [type(result) for result in results] == [asyncio.CancelledError] * 5 + [dict] * 5
        assert vipps_emulator.count("/accesstoken/get") == 1

    def test_many_loops_one_after_another(self, vipps_partner: vipps.Partner) -> None:
        for _ in range(20):
            asyncio.run(vipps_partner.merchant(MSN).headers_async())
            vipps_partner.invalidate(vipps_partner.access_token())

    def test_a_loop_that_ends_in_mid_fetch_leaves_nothing_behind(
        self, vipps_emulator: Emulator, vipps_partner: vipps.Partner
    ) -> None:
        vipps_emulator.fail_next("standard_token", kind="hang")

        async def leave() -> None:
            task = asyncio.create_task(vipps_partner.headers_async())
            while not vipps_emulator.count("/accesstoken/get"):
                await asyncio.sleep(0.001)
            task.cancel()

        asyncio.run(leave())
        vipps_emulator.release_hung()
        assert asyncio.run(vipps_partner.headers_async())

    def test_the_loop_is_free_during_a_fetch(
        self, vipps_emulator: Emulator, vipps_partner: vipps.Partner
    ) -> None:
        vipps_emulator.fail_next("standard_token", kind="hang")

        async def count() -> int:
            task, turns = asyncio.create_task(vipps_partner.headers_async()), 0
            while not vipps_emulator.count("/accesstoken/get") or turns < 100:
                turns += 1
                await asyncio.sleep(0)
            assert not task.done()
            vipps_emulator.release_hung()
            await task
            return turns

        assert asyncio.run(count()) >= 100


def run(script: str, *, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


class TestSignalsAndEnds:
    def test_ctrl_c_ends_a_blocking_fetch(self, vipps_emulator: Emulator) -> None:
        vipps_emulator.fail_next("standard_token", kind="hang")
        script = f"""
            import signal, sys
            from vipps_partner_auth import Partner, PartnerKeys, SystemInfo
            # Whoever starts the tests in the background may have it ignored.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            partner = Partner(PartnerKeys("id", "secret", "key"), SystemInfo("acme", "1"),
                              environment={vipps_emulator.base_url!r})
            try:
                partner.headers()
            except KeyboardInterrupt:
                sys.exit(7)
        """
        child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stderr=subprocess.PIPE, text=True)
        while not vipps_emulator.count("/accesstoken/get"):
            time.sleep(0.001)
        child.send_signal(signal.SIGINT)
        _, complaint = child.communicate(timeout=60)
        assert (child.returncode, complaint) == (7, "")
        vipps_emulator.release_hung()

    @pytest.mark.parametrize("kind", ["daemon", "daemons", "task"])
    def test_the_interpreter_ends_during_a_fetch(self, vipps_emulator: Emulator, kind: str) -> None:
        """With a fetch that hangs on a daemon thread, and with one whose reply comes while all is torn down."""
        vipps_emulator.set_latency("standard_token", 0.05)
        start = {
            "daemon": "threading.Thread(target=partner.headers, daemon=True).start()",
            "daemons": "[threading.Thread(target=partner.headers, daemon=True).start() for _ in range(8)]",
            "task": "loop = asyncio.new_event_loop(); task = loop.create_task(partner.headers_async());"
            "loop.run_until_complete(asyncio.sleep(0))",
        }[kind]
        script = f"""
            import asyncio, threading, time
            from vipps_partner_auth import Partner, PartnerKeys, SystemInfo
            partner = Partner(PartnerKeys("id", "secret", "key"), SystemInfo("acme", "1"),
                              environment={vipps_emulator.base_url!r}, on_event=print)
            {start}
            time.sleep(PAUSE)
        """
        for pause in (0.0, 0.03, 0.045, 0.05, 0.055, 0.06):
            done = run(script.replace("PAUSE", str(pause)), timeout=60)
            assert "panicked" not in done.stderr and "Fatal" not in done.stderr, done.stderr

    def test_a_call_after_the_end_says_so_and_does_not_wait(self, vipps_emulator: Emulator) -> None:
        """Functions that were registered before the library was loaded run after it has ended."""
        for first in ("", "partner.headers(); partner.invalidate(partner.access_token())"):
            script = f"""
                import atexit
                def late():
                    for call in (partner.headers, partner.access_token):
                        try:
                            call()
                        except RuntimeError as error:
                            print(error)
                atexit.register(late)
                from vipps_partner_auth import Partner, PartnerKeys, SystemInfo
                partner = Partner(PartnerKeys("id", "secret", "key"), SystemInfo("acme", "1"),
                                  environment={vipps_emulator.base_url!r})
                try:
                    {first or "pass"}
                except Exception:
                    pass
            """
            told = run(script, timeout=60).stdout.splitlines()
            assert told == ["the program is at its end, and no call can begin any more"] * 2

    def test_events_of_a_short_program_reach_its_log(self, vipps_emulator: Emulator) -> None:
        script = f"""
            import logging
            logging.basicConfig(level=logging.DEBUG)
            from vipps_partner_auth import Partner, PartnerKeys, SystemInfo, VippsAuthError
            partner = Partner(PartnerKeys("id", "secret", "key"), SystemInfo("acme", "1"),
                              environment={vipps_emulator.base_url!r})
            try:
                partner.headers()
            except VippsAuthError:
                pass
        """
        told = run(script).stderr
        assert "WARNING:vipps_partner_auth:unusual_client_id" in told
        assert "WARNING:vipps_partner_auth:token_fetch_failed" in told

    def test_a_sub_interpreter_is_told_why_not(self) -> None:
        script = """
            try:
                import _interpreters as interpreters
            except ImportError:
                import _xxsubinterpreters as interpreters
            MAIN
            within = '''if True:
                try:
                    import vipps_partner_auth
                except ImportError as error:
                    print("refused:", error)
            '''
            try:
                interpreters.run_string(interpreters.create(), within)
            except Exception as error:
                print("refused:", error)
        """
        for first in ("", "import vipps_partner_auth"):
            assert re.search("refused: .*interpreter", run(script.replace("MAIN", first)).stdout)
