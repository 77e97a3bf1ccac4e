"""Running an exec plugin: in a session of its own, so that it has no terminal to ask on and can be killed with its children."""

import asyncio
import contextlib
import os
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping

from k8sconsole.cluster.live.credentials.plugin_spec import PluginSpec
from k8sconsole.cluster.live.credentials.remedies import command_line, install, login_again
from k8sconsole.errors import CredentialsError
from k8sconsole.kit.redact import mask_text
from k8sconsole.kit.text import strip_control

# A certificate and its key take some 10 kB.
_MOST = 1 << 20
_WORDS = 500
# What is kept of stderr before it is masked: a token that was cut in two would not be known for one.
_COMPLAINT = 64 << 10
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")


async def run(spec: PluginSpec, environ: Mapping[str, str], timeout: float) -> bytes:
    """What the plugin printed. Raises CredentialsError when it is missing, fails, prints too much, or takes over ``timeout`` s."""
    process = await _started(spec, environ)
    try:
        async with asyncio.timeout(timeout):
            printed, complaint = await asyncio.gather(_head(process.stdout), _tail(process.stderr))
            code = await process.wait()
    except BaseException as error:
        await _killed(process)
        if not isinstance(error, TimeoutError):
            raise
        why = f"no answer within {timeout:g} s; it may be waiting for a person"
        raise _failed(spec, why, login_again(spec, environ)) from error
    if code != 0:
        words = _told(complaint)
        raise _failed(spec, f"exit code {code}: {words}" if words else f"exit code {code}, without a word", login_again(spec, environ))
    if len(printed) > _MOST:
        raise _failed(spec, f"it printed more than {_MOST} bytes", f"run it in a shell: {command_line(spec)}")
    return printed


async def _started(spec: PluginSpec, environ: Mapping[str, str]) -> Process:
    try:
        return await asyncio.create_subprocess_exec(
            spec.command, *spec.arguments, env=environ, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True
        )
    except FileNotFoundError as error:
        raise _failed(spec, "it is not installed, or not in PATH", install(spec)) from error
    except OSError as error:
        raise _failed(spec, str(error.strerror), f"look at it: ls -l {spec.command}") from error


async def _head(stream: asyncio.StreamReader | None) -> bytes:
    """The first bytes up to one more than the limit; the rest is read and dropped, or the plugin would wait for a reader for ever."""
    assert stream is not None
    kept = b""
    while chunk := await stream.read(1 << 16):
        kept = (kept + chunk)[: _MOST + 1]
    return kept


async def _tail(stream: asyncio.StreamReader | None) -> bytes:
    """The last bytes: that is where the reason stands."""
    assert stream is not None
    kept = b""
    while chunk := await stream.read(1 << 16):
        kept = (kept + chunk)[-_COMPLAINT:]
    return kept


def _told(complaint: bytes) -> str:
    """The plugin's last words on one line: without colours and control characters, credentials masked."""
    words = _ESCAPES.sub("", complaint.decode(errors="replace")).replace("\r", "\n")
    line = " ".join(mask_text(strip_control(words)).split())
    return line if len(line) <= _WORDS else f"…{line[-_WORDS:]}"


async def _killed(process: Process) -> None:
    """With its children: one of them may be what hangs."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _failed(spec: PluginSpec, why: str, remedy: str) -> CredentialsError:
    return CredentialsError(f"The exec plugin {spec.command} of user {spec.user} failed", why, remedy, {"plugin": spec.command})
