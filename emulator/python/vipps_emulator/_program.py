"""The program that the package carries: where it lies, how it is started, and how it ends."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
import weakref
from pathlib import Path
from typing import Any

from ._errors import StartError, refused

NAME = "vipps-emulator.exe" if sys.platform == "win32" else "vipps-emulator"
#: How long a program that was told to end may take, in seconds, before it is killed.
PATIENCE = 10


def path() -> str:
    """Where it lies: where the environment variable ``VIPPS_EMULATOR`` says, with the scripts of this Python, beside a
    package that was installed with ``--target``, or else on the search path."""
    return os.environ.get("VIPPS_EMULATOR") or _found(NAME)


@functools.lru_cache(maxsize=None)
def _found(name: str) -> str:
    """Looked for until it is found, and then no more."""
    user = f"{os.name}_user"
    folders = [sysconfig.get_path("scripts")]
    folders += [sysconfig.get_path("scripts", user)] if user in sysconfig.get_scheme_names() else []
    folders += [str(Path(__file__).parents[1] / "bin")]
    for folder in folders:
        place = os.path.join(folder, name)
        if os.access(place, os.X_OK):
            return place
    found = shutil.which(name)
    if found is None:
        cure = "install a wheel of vipps-emulator for this platform, or name the program in VIPPS_EMULATOR"
        raise StartError(f"there is no {name}: {cure}")
    return found


class Process:
    """A running program. It ends with its standard input, which this process alone holds open: so with this process,
    whatever ends that."""

    def __init__(self, arguments: list[str], options: str) -> None:
        """Starts it; ``options`` is one line of JSON."""
        self._owner = os.getpid()
        command = [path(), "--json", "--exit-with-stdin", *arguments, "--config", "-"]
        with _FORKING:
            try:
                self._popen = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, **_APART
                )
            except OSError as error:
                raise StartError(f"the program {command[0]} can't be run: {error}") from error
            _LIVE.add(self)
        try:
            self.told = self._introduced(options)
        except BaseException:
            self.stop()
            raise

    def _introduced(self, options: str) -> dict[str, Any]:
        """What it says once it is ready."""
        assert self._popen.stdin is not None and self._popen.stdout is not None
        with self._popen.stdout as stdout:
            try:
                self._popen.stdin.write(options.encode() + b"\n")
            except BrokenPipeError:
                pass  # It ended without reading, and says why.
            line = stdout.readline()
        if not line.endswith(b"\n"):
            raise StartError(f"the emulator ended with {self._popen.wait()} before it was ready")
        told: dict[str, Any] = json.loads(line)
        if "error" not in told:
            return told
        raise refused(told) if told["code"] else StartError(told["error"])

    @property
    def is_own(self) -> bool:
        """Whether this process started it: a forked child did not."""
        return self._owner == os.getpid()

    def stop(self) -> None:
        """Ends it, and waits for its end. Does nothing in a forked child, nor the second time."""
        if not self.is_own or self._popen.stdin is None or self._popen.stdin.closed:
            return
        # Either would do; a child that another library forked may hold the input open as well.
        self._popen.stdin.close()
        self._popen.terminate()
        try:
            self._popen.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()

    def _leave(self) -> None:
        """In a forked child: the program is its parent's, and must not wait for the child's end."""
        if self._popen.stdin is not None:
            self._popen.stdin.close()
        # Nor is it a child of this process that could be waited for.
        self._popen.returncode = 0


#: Ctrl-C at a terminal goes to all programs of a group; this one is to be there until its owner has ended.
_APART: dict[str, Any]
if sys.platform == "win32":
    _APART = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
else:
    _APART = {"start_new_session": True}
_LIVE: weakref.WeakSet[Process] = weakref.WeakSet()
#: Held while a program is started, so that no child is forked that holds its input open unknown to this module.
_FORKING = threading.RLock()


def _leave_all() -> None:
    _FORKING.release()
    for process in list(_LIVE):
        process._leave()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_FORKING.acquire, after_in_parent=_FORKING.release, after_in_child=_leave_all)
