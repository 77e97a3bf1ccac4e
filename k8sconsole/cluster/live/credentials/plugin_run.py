"""Running an exec plugin: in a session of its own, so that it has no terminal to ask on and can be killed with its children."""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping

from k8sconsole.cluster.live.credentials.plugin_spec import PluginSpec
from k8sconsole.errors import CredentialsError
from k8sconsole.kit.redact import mask_text
from k8sconsole.kit.text import plain

# A certificate and its key take some 10 kB.
_MOST = 1 << 20
_WORDS = 500


async def run(spec: PluginSpec, environ: Mapping[str, str], timeout: float) -> bytes:
    """What the plugin printed. Raises CredentialsError when it is missing, fails, prints too much, or takes over ``timeout`` s."""
    process = await _started(spec, environ)
    try:
        async with asyncio.timeout(timeout):
            printed, complaint = await asyncio.gather(_all(process.stdout), _all(process.stderr))
            code = await process.wait()
    except BaseException as error:
        await _killed(process)
        if not isinstance(error, TimeoutError):
            raise
        why = f"no answer within {timeout:g} s; it may be waiting for a person"
        raise _failed(spec, why, f"run it in a shell: {_line(spec)}") from error
    if code != 0:
        words = mask_text(plain(complaint.decode(errors="replace")).strip())[-_WORDS:]
        raise _failed(
            spec, f"exit code {code}: {words}" if words else f"exit code {code}, without a word", f"run it in a shell: {_line(spec)}"
        )
    if len(printed) >= _MOST:
        raise _failed(spec, f"it printed more than {_MOST} bytes", f"run it in a shell: {_line(spec)}")
    return printed


async def _started(spec: PluginSpec, environ: Mapping[str, str]) -> Process:
    try:
        return await asyncio.create_subprocess_exec(
            spec.command, *spec.arguments, env=environ, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True
        )
    except FileNotFoundError as error:
        raise _failed(spec, "it is not installed, or not in PATH", spec.install_hint or f"install {spec.command}") from error
    except OSError as error:
        raise _failed(spec, str(error.strerror), f"look at it: ls -l {spec.command}") from error


async def _all(stream: asyncio.StreamReader | None) -> bytes:
    """Everything up to the end or the limit, whichever comes first."""
    assert stream is not None
    try:
        return await stream.readexactly(_MOST)
    except asyncio.IncompleteReadError as ended:
        return ended.partial


async def _killed(process: Process) -> None:
    """With its children: one of them may be what hangs."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _line(spec: PluginSpec) -> str:
    return mask_text(" ".join((spec.command, *spec.arguments)))


def _failed(spec: PluginSpec, why: str, remedy: str) -> CredentialsError:
    return CredentialsError(f"The exec plugin {spec.command} of user {spec.user} failed", why, remedy, {"plugin": spec.command})
