"""Exec plugins: programs that print credentials. They run without a terminal; ``cached_provider`` caches what they print."""

import asyncio
import os
from collections.abc import Mapping

import msgspec
import yaml

from k8sconsole.cluster.live.credentials.cached_provider import FetchedCredentials
from k8sconsole.cluster.live.credentials.login_commands import command_line, login_command
from k8sconsole.cluster.live.credentials.plugin_process import run_plugin
from k8sconsole.cluster.live.credentials.plugin_spec import PluginAnswer, PluginSpec, PluginStatus, exec_info, plugin_spec
from k8sconsole.cluster.live.credentials.provider import Credentials, KeyPair, bearer_header, certificate_expiry
from k8sconsole.cluster.live.kubeconfig.entries import ClusterEntry, UserEntry
from k8sconsole.cluster.live.kubeconfig.files import parse_yaml_as_text
from k8sconsole.errors import CredentialsError
from k8sconsole.kit.clock import parse_rfc3339

TIMEOUT = 30.0


class ExecPlugin:
    """Runs one user's plugin. pair: the certificate in the kubeconfig, used when the plugin prints none."""

    def __init__(self, user: UserEntry, cluster: ClusterEntry, environ: Mapping[str, str], pair: KeyPair | None) -> None:
        self._spec: PluginSpec = plugin_spec(user)
        self._environ = {**(os.environ if environ is os.environ else environ), **self._spec.environment}
        self._environ["KUBERNETES_EXEC_INFO"] = exec_info(self._spec, cluster)
        self._pair = pair

    async def fetch(self) -> FetchedCredentials:
        """Runs the plugin. Raises CredentialsError with what it printed on stderr.

        Credentials without an expiry are valid until the server refuses them. A certificate's own end counts as an expiry.
        """
        output = await run_plugin(self._spec, self._environ, TIMEOUT)
        # In a thread, because a certificate that the plugin printed has to be parsed.
        return await asyncio.to_thread(self._parse, output)

    def _parse(self, output: bytes) -> FetchedCredentials:
        status = _parse_status(self._spec, output)
        certificate, key = status.client_certificate_data, status.client_key_data
        pair = KeyPair(certificate.encode(), key.encode()) if certificate else self._pair
        origin, remedy = f"the exec plugin {self._spec.command}", login_command(self._spec, self._environ)
        credentials = Credentials(bearer_header(status.token) if status.token else "", pair, origin, remedy)
        return FetchedCredentials(credentials, _expiry(self._spec, status.expiration_timestamp, certificate))


def _expiry(spec: PluginSpec, timestamp: str | None, certificate: str) -> float:
    until = certificate_expiry(certificate.encode()) if certificate else None
    try:
        return min(parse_rfc3339(timestamp) if timestamp else float("inf"), until.timestamp() if until else float("inf"))
    except ValueError as error:
        raise _unusable_output(spec, "its expirationTimestamp is not a time") from error


def _parse_status(spec: PluginSpec, output: bytes) -> PluginStatus:
    try:
        answer = msgspec.json.decode(output, type=PluginAnswer) if output.lstrip().startswith(b"{") else _decode_yaml(output)
    except (msgspec.DecodeError, yaml.YAMLError, UnicodeDecodeError):
        # Without the cause: it may quote the output, which is a credential.
        raise _unusable_output(spec, "it did not print an ExecCredential in JSON or YAML") from None
    status = answer.status
    if answer.kind != "ExecCredential" or answer.api_version != spec.api_version:
        raise _unusable_output(spec, f"it answered with {answer.api_version} {answer.kind}, not {spec.api_version} ExecCredential")
    if status is None or not (status.token or status.client_certificate_data):
        raise _unusable_output(spec, "it printed neither a token nor a certificate")
    if bool(status.client_certificate_data) != bool(status.client_key_data):
        raise _unusable_output(spec, "it printed a certificate without its key, or a key alone")
    return status


def _decode_yaml(output: bytes) -> PluginAnswer:
    """Every scalar stays text: a time or a number would otherwise lose its spelling."""
    return msgspec.convert(parse_yaml_as_text(output.decode()), PluginAnswer)


def _unusable_output(spec: PluginSpec, why: str) -> CredentialsError:
    title = f"the exec plugin {spec.command} of user {spec.user} gave no credentials"
    return CredentialsError(title, why, f"run it in a shell: {command_line(spec)}", {"plugin": spec.command})
