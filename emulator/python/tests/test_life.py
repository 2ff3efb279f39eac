"""Nothing is left running, whatever ends the process that started it; and forks, threads and Ctrl-C."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import vipps_emulator
from vipps_emulator import Emulator, UnreachableError

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

START = """
    import os, signal, sys, time
    from vipps_emulator import Emulator
    vipps = Emulator.start()
    print(vipps.base_url, vipps._process._popen.pid, flush=True)
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"


def ends(pid: int) -> bool:
    """Waits for another process's child to end; a test that fails waits for a minute."""
    for _ in range(6_000):
        try:
            if not is_alive(pid):
                return True
        except FileNotFoundError:
            return True
        threading.Event().wait(0.01)
    return False


def started(rest: str) -> tuple[subprocess.Popen[str], str, int]:
    """A Python program that has started an emulator, with the emulator's address and process."""
    script = textwrap.dedent(START) + textwrap.dedent(rest)
    program = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    url, pid = program.stdout.readline().split()
    return program, url, int(pid)


def over(program: subprocess.Popen[str]) -> int:
    program.communicate(timeout=60)
    return program.returncode


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="this system does not tell about other processes")
class TestTheEndOfAProcess:
    @pytest.mark.parametrize(
        ("rest", "code"),
        [
            ("", 0),
            ("sys.exit(3)", 3),
            ("raise RuntimeError('a bug of the test')", 1),
            ("os._exit(4)", 4),
            ("os.abort()", -signal.SIGABRT),
            ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
            ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
        ],
    )
    def test_ends_the_emulator(self, rest: str, code: int) -> None:
        program, _, pid = started(rest)
        assert over(program) == code
        assert ends(pid)

    @needs_fork
    def test_that_has_forked_does_so_too(self) -> None:
        """The child outlives its parent, which is killed, and holds nothing open."""
        program, url, pid = started(
            """
            if os.fork() == 0:
                time.sleep(120)
                os._exit(0)
            sys.stdin.readline()
            """
        )
        with urlopen(f"{url}/emulator/openapi.json") as reply:
            assert reply.status == 200
        children = children_of(program.pid) - {pid}
        program.kill()
        program.wait(60)
        try:
            assert len(children) == 1 and ends(pid) and all(is_alive(child) for child in children)
        finally:
            for child in children:
                os.kill(child, signal.SIGKILL)
        for stream in (program.stdin, program.stdout):
            assert stream is not None
            stream.close()

    @needs_fork
    def test_that_was_forked_does_not(self) -> None:
        """Neither a child's way out through ``exit`` nor that through ``os._exit`` ends its parent's emulator."""
        program, _, pid = started(
            """
            for way_out in (sys.exit, os._exit):
                child = os.fork()
                if child == 0:
                    way_out(0)
                assert os.waitpid(child, 0)[1] == 0
            vipps.users()
            print("still there", flush=True)
            sys.stdin.readline()
            """
        )
        assert program.stdout is not None and program.stdout.readline() == "still there\n" and is_alive(pid)
        assert over(program) == 0
        assert ends(pid)

    def test_ctrl_c_is_for_the_test_and_not_for_its_emulator(self) -> None:
        # It is ignored where the tests run in the background of a script.
        heed = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\ntry:\n"
        begin = textwrap.indent(textwrap.dedent(START), "    ") + "    time.sleep(120)\n"
        clean_up = 'except KeyboardInterrupt:\n    vipps.users()\n    print("cleaned up", flush=True)\n'
        program = subprocess.Popen(
            [sys.executable, "-c", heed + begin + clean_up], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert program.stdout is not None
        pid = int(program.stdout.readline().split()[1])
        os.killpg(program.pid, signal.SIGINT)
        assert program.communicate(timeout=60)[0] == "cleaned up\n"
        assert ends(pid)

    def test_an_object_that_nobody_has_ends_it(self) -> None:
        vipps = Emulator.start()
        process: Any = vipps._process
        url = vipps.base_url
        del vipps
        gc.collect()
        assert process._popen.returncode is not None
        with pytest.raises(UnreachableError):
            Emulator.connect(url)


def children_of(pid: int) -> set[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        return {int(child) for child in children.read().split()}


@needs_fork
class TestForks:
    def in_child(self, work: Callable[[], bool]) -> None:
        child = os.fork()
        if child == 0:
            signal.alarm(60)
            try:
                os._exit(0 if work() else 1)
            except BaseException:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0

    def test_a_child_steers_its_parents_emulator_and_does_not_end_it(self, vipps_emulator: Emulator) -> None:
        vipps_emulator.users()

        def child() -> bool:
            vipps_emulator.add_user("4798765432")
            with pytest.raises(RuntimeError, match="forked child"):
                vipps_emulator.stop()
            with vipps_emulator:
                pass
            return len(vipps_emulator.users()) == 2

        for _ in range(20):
            self.in_child(child)
            assert len(vipps_emulator.users()) == 2

    def test_a_child_has_emulators_of_its_own(self, vipps_emulator: Emulator) -> None:
        def child() -> bool:
            with Emulator.start() as own:
                own.add_user("4798765432")
                return len(own.users()) == 2 and own.base_url != vipps_emulator.base_url

        self.in_child(child)
        assert len(vipps_emulator.users()) == 1

    def test_forks_while_others_are_started(self, vipps_emulator: Emulator) -> None:
        """No child holds the input of a program open that was started at the same moment."""
        def start_and_stop() -> None:
            for _ in range(5):
                Emulator.start().stop()

        threads = [threading.Thread(target=start_and_stop) for _ in range(3)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            self.in_child(lambda: len(vipps_emulator.users()) == 1)


def test_threads_share_it(vipps_emulator: Emulator) -> None:
    def add(number: int) -> None:
        for at in range(20):
            vipps_emulator.add_user(f"47{number:04}{at:04}")

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(vipps_emulator.users()) == 161


def test_the_program_is_a_command_and_a_module() -> None:
    from vipps_emulator._program import path

    for command in ([path()], [sys.executable, "-m", "vipps_emulator"]):
        run = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
        assert run.stdout == f"vipps-emulator {vipps_emulator.__version__}\n"
    wrong = subprocess.run([sys.executable, "-m", "vipps_emulator", "--prot"], capture_output=True, text=True)
    assert wrong.returncode == 2 and "--prot" in wrong.stderr


def test_a_program_that_is_not_there_or_no_program_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from vipps_emulator import StartError, _program

    monkeypatch.setattr(_program, "NAME", "no-such-emulator")
    with pytest.raises(StartError, match="no-such-emulator"):
        Emulator.start()
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF and nothing more")
    broken.chmod(0o755)
    monkeypatch.setattr(_program, "path", lambda: str(broken))
    with pytest.raises(StartError, match="broken can't be run"):
        Emulator.start()


def test_the_variable_names_another_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from vipps_emulator import StartError, _program

    monkeypatch.delenv("VIPPS_EMULATOR", raising=False)
    own = _program.path()
    link = tmp_path / "another"
    link.symlink_to(own)
    monkeypatch.setenv("VIPPS_EMULATOR", str(link))
    assert _program.path() == str(link)
    with Emulator.start() as emulator:
        assert emulator.requests() == []
    monkeypatch.setenv("VIPPS_EMULATOR", str(tmp_path / "nowhere"))
    with pytest.raises(StartError, match="nowhere can't be run"):
        Emulator.start()
    monkeypatch.setenv("VIPPS_EMULATOR", "")
    assert _program.path() == own


def test_importing_the_package_needs_the_standard_library_alone() -> None:
    script = "import sys; import vipps_emulator; print(*(n for n in sys.modules if n.startswith(('vipps_partner', 'pytest', 'asyncio'))))"
    run = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "\n"
