"""Ends an attached server with this program, however this program ends.

A shell waits at a pipe whose other end only this program holds. The kernel closes that end for a killed program too; the shell then ends
the server's process group.
"""

import asyncio
import contextlib
import os
import signal

_SHELL = "/bin/sh"
_SCRIPT = """
trap '' INT HUP TERM
read -r _
kill -s TERM -- "-$1" 2>/dev/null || exit 0
n=0
while [ $n -lt 20 ] && kill -s 0 -- "-$1" 2>/dev/null; do sleep 0.1; n=$((n + 1)); done
kill -s KILL -- "-$1" 2>/dev/null
"""
"""SIGTERM, then after two seconds SIGKILL."""


class ProcessGuard:
    """The guard of one process group. ``release`` it once the group has ended."""

    def __init__(self, guard: asyncio.subprocess.Process | None) -> None:
        self._guard = guard

    @classmethod
    async def start(cls, group: int) -> "ProcessGuard":
        """Without a shell, nothing is guarded."""
        pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        with contextlib.suppress(OSError):
            return cls(
                await asyncio.create_subprocess_exec(
                    _SHELL, "-c", _SCRIPT, "guard", str(group), stdin=pipe, stdout=null, stderr=null, start_new_session=True
                )
            )
        return cls(None)

    async def release(self) -> None:
        if self._guard is not None:
            with contextlib.suppress(ProcessLookupError):
                self._guard.kill()
            await self._guard.wait()


def signal_group(group: int, number: signal.Signals) -> None:
    """Sends a signal to each process of the group that still runs."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
