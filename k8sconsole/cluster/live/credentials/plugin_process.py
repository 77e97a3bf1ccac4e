"""Runs an exec plugin in a session of its own: it has no terminal to prompt on, and can be killed with its children."""

import asyncio
import contextlib
import os
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping

from k8sconsole.cluster.live.credentials.login_commands import command_line, install_command, login_command
from k8sconsole.cluster.live.credentials.plugin_spec import PluginSpec
from k8sconsole.errors import CredentialsError, OutOfFiles, refusal_of
from k8sconsole.kit.redact import mask_text
from k8sconsole.kit.text import strip_control

# Bytes of stdout: a certificate and its key take some 10 kB.
_MAX_OUTPUT = 1 << 20
# Characters of stderr in an error message.
_MAX_MESSAGE = 500
# Bytes of stderr that are masked: more than is shown, because a token that was cut in two would not be recognised.
_MAX_STDERR = 64 << 10
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")


async def run_plugin(spec: PluginSpec, environ: Mapping[str, str], timeout: float) -> bytes:
    """Returns the plugin's stdout. Raises CredentialsError when it is missing, fails, prints too much, or takes over ``timeout`` s."""
    process = await _start(spec, environ)
    try:
        async with asyncio.timeout(timeout):
            output, stderr = await asyncio.gather(_read_head(process.stdout), _read_tail(process.stderr))
            code = await process.wait()
    except BaseException as error:
        await _kill(process)
        if not isinstance(error, TimeoutError):
            raise
        why = f"no answer within {timeout:g} s; it may be waiting for a person"
        raise _plugin_error(spec, why, login_command(spec, environ)) from error
    if code != 0:
        message = _format_stderr(stderr)
        why = f"exit code {code}: {message}" if message else f"exit code {code}, and no message"
        raise _plugin_error(spec, why, login_command(spec, environ))
    if len(output) > _MAX_OUTPUT:
        raise _plugin_error(spec, f"it printed more than {_MAX_OUTPUT} bytes", f"run it in a shell: {command_line(spec)}")
    return output


async def _start(spec: PluginSpec, environ: Mapping[str, str]) -> Process:
    try:
        return await asyncio.create_subprocess_exec(
            spec.command, *spec.arguments, env=environ, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True
        )
    except FileNotFoundError as error:
        raise _plugin_error(spec, "it is not installed, or not in PATH", install_command(spec)) from error
    except OSError as error:
        problem = refusal_of(f"the exec plugin {spec.command} of user {spec.user} cannot be started", error, path=spec.command)
        if isinstance(problem, OutOfFiles):
            raise problem from error
        raise _plugin_error(spec, problem.detail, problem.remedy) from error


async def _read_head(stream: asyncio.StreamReader | None) -> bytes:
    """Returns the first bytes, up to one more than the limit. The rest is read and dropped; otherwise the plugin would block."""
    assert stream is not None
    data = b""
    while chunk := await stream.read(1 << 16):
        data = (data + chunk)[: _MAX_OUTPUT + 1]
    return data


async def _read_tail(stream: asyncio.StreamReader | None) -> bytes:
    """Returns the last bytes, which usually hold the reason."""
    assert stream is not None
    data = b""
    while chunk := await stream.read(1 << 16):
        data = (data + chunk)[-_MAX_STDERR:]
    return data


def _format_stderr(stderr: bytes) -> str:
    """Returns the end of stderr on one line, without colours and control characters, credentials masked."""
    words = _ESCAPES.sub("", stderr.decode(errors="replace")).replace("\r", "\n")
    line = " ".join(mask_text(strip_control(words)).split())
    return line if len(line) <= _MAX_MESSAGE else f"…{line[-_MAX_MESSAGE:]}"


async def _kill(process: Process) -> None:
    """Kills the plugin and its children: a child may be what hangs."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _plugin_error(spec: PluginSpec, why: str, remedy: str) -> CredentialsError:
    return CredentialsError(f"the exec plugin {spec.command} of user {spec.user} failed", why, remedy, {"plugin": spec.command})
