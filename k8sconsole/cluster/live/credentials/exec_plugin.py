"""Exec plugins: programs that print credentials. They run off the screen, and what they print is kept until it runs out."""

import asyncio
import os
from collections.abc import Mapping

import msgspec

from k8sconsole.cluster.live.credentials.certificates import expiry
from k8sconsole.cluster.live.credentials.plugin_run import run
from k8sconsole.cluster.live.credentials.plugin_spec import PluginAnswer, PluginSpec, PluginStatus, exec_info, plugin_spec
from k8sconsole.cluster.live.credentials.presented import KeyPair, Presented
from k8sconsole.cluster.live.credentials.static import bearer
from k8sconsole.cluster.live.kubeconfig.entries import ClusterEntry, UserEntry
from k8sconsole.errors import CredentialsError
from k8sconsole.kit.clock import Clock, epoch

TIMEOUT = 30.0
# Fetched anew this long before they run out, or after nine tenths of a shorter life.
_LEEWAY = 30.0


class ExecPlugin:
    """Keeps what the plugin printed until shortly before it expires; what says no expiry is kept until it is refused."""

    def __init__(
        self,
        user: UserEntry,
        cluster: ClusterEntry,
        environ: Mapping[str, str],
        clock: Clock,
        pair: KeyPair | None,
    ) -> None:
        self._spec: PluginSpec = plugin_spec(user)
        self._environ = {**(os.environ if environ is os.environ else environ), **self._spec.environment}
        self._environ["KUBERNETES_EXEC_INFO"] = exec_info(self._spec, cluster)
        self._clock = clock
        self._pair = pair
        self._presented: Presented | None = None
        self._renew_at = float("inf")

    async def present(self) -> Presented:
        if self._presented is None or self._clock.now() >= self._renew_at:
            output = await run(self._spec, self._environ, TIMEOUT)
            # In a thread, for the certificate that a plugin may print has to be parsed.
            self._presented = await asyncio.to_thread(self._understood, output)
        return self._presented

    def forget(self) -> bool:
        self._presented = None
        return True

    def _understood(self, output: bytes) -> Presented:
        status = _status(self._spec, output)
        certificate, key = status.client_certificate_data, status.client_key_data
        self._renew_at = self._renewal(status.expiration_timestamp, certificate)
        pair = KeyPair(certificate.encode(), key.encode()) if certificate else self._pair
        return Presented(bearer(status.token) if status.token else "", pair)

    def _renewal(self, expires: str | None, certificate: str) -> float:
        until = expiry(certificate.encode()) if certificate else None
        try:
            end = min(epoch(expires) if expires else float("inf"), until.timestamp() if until else float("inf"))
        except ValueError as error:
            raise _garbled(self._spec, "its expirationTimestamp is no time") from error
        return end - min(_LEEWAY, max(0.0, end - self._clock.now()) / 10)


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
        f"run it in a shell: {spec.command}",
        {"plugin": spec.command},
    )
