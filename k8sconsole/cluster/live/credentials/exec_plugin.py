"""Exec plugins: programs that print credentials. They run off the screen; ``renewing`` keeps what they print until it runs out."""

import asyncio
import os
from collections.abc import Mapping

import msgspec

from k8sconsole.cluster.live.credentials.certificates import expiry
from k8sconsole.cluster.live.credentials.plugin_run import run
from k8sconsole.cluster.live.credentials.plugin_spec import PluginAnswer, PluginSpec, PluginStatus, exec_info, plugin_spec
from k8sconsole.cluster.live.credentials.presented import KeyPair, Presented
from k8sconsole.cluster.live.credentials.remedies import command_line, login_again
from k8sconsole.cluster.live.credentials.renewing import Fetched
from k8sconsole.cluster.live.credentials.static import bearer
from k8sconsole.cluster.live.kubeconfig.entries import ClusterEntry, UserEntry
from k8sconsole.errors import CredentialsError
from k8sconsole.kit.clock import parse_rfc3339

TIMEOUT = 30.0


class ExecPlugin:
    """What says no expiry is good until it is refused; a certificate's own end counts too."""

    def __init__(self, user: UserEntry, cluster: ClusterEntry, environ: Mapping[str, str], pair: KeyPair | None) -> None:
        self._spec: PluginSpec = plugin_spec(user)
        self._environ = {**(os.environ if environ is os.environ else environ), **self._spec.environment}
        self._environ["KUBERNETES_EXEC_INFO"] = exec_info(self._spec, cluster)
        self._pair = pair

    async def fetch(self) -> Fetched:
        """Runs the plugin. Raises CredentialsError with what it printed on stderr."""
        output = await run(self._spec, self._environ, TIMEOUT)
        # In a thread, for the certificate that a plugin may print has to be parsed.
        return await asyncio.to_thread(self._understood, output)

    def _understood(self, output: bytes) -> Fetched:
        status = _status(self._spec, output)
        certificate, key = status.client_certificate_data, status.client_key_data
        pair = KeyPair(certificate.encode(), key.encode()) if certificate else self._pair
        origin, remedy = f"the exec plugin {self._spec.command}", login_again(self._spec, self._environ)
        presented = Presented(bearer(status.token) if status.token else "", pair, origin, remedy)
        return Fetched(presented, _end(self._spec, status.expiration_timestamp, certificate))


def _end(spec: PluginSpec, expires: str | None, certificate: str) -> float:
    until = expiry(certificate.encode()) if certificate else None
    try:
        return min(parse_rfc3339(expires) if expires else float("inf"), until.timestamp() if until else float("inf"))
    except ValueError as error:
        raise _garbled(spec, "its expirationTimestamp is no time") from error


def _status(spec: PluginSpec, output: bytes) -> PluginStatus:
    try:
        answer = msgspec.json.decode(output, type=PluginAnswer)
    except msgspec.DecodeError:
        # The cause is left out on purpose: it may quote what was printed, which is a credential.
        raise _garbled(spec, "it did not print an ExecCredential in JSON") from None
    status = answer.status
    if answer.kind != "ExecCredential" or answer.api_version != spec.api_version:
        raise _garbled(spec, f"it answered with {answer.api_version} {answer.kind}, not {spec.api_version} ExecCredential")
    if status is None or not (status.token or status.client_certificate_data):
        raise _garbled(spec, "it printed neither a token nor a certificate")
    if bool(status.client_certificate_data) != bool(status.client_key_data):
        raise _garbled(spec, "it printed a certificate without its key, or a key alone")
    return status


def _garbled(spec: PluginSpec, why: str) -> CredentialsError:
    return CredentialsError(
        f"The exec plugin {spec.command} of user {spec.user} gave no credentials",
        why,
        f"run it in a shell: {command_line(spec)}",
        {"plugin": spec.command},
    )
