"""Selects the credential provider of a user, in kubectl's order: token file, token, password, plugin, auth provider, certificate alone."""

from collections.abc import Mapping

from k8sconsole.cluster.live.credentials.cached_provider import CachedCredentialProvider
from k8sconsole.cluster.live.credentials.exec_plugin import ExecPlugin
from k8sconsole.cluster.live.credentials.login_commands import login_command
from k8sconsole.cluster.live.credentials.oidc import OidcProvider
from k8sconsole.cluster.live.credentials.plugin_spec import plugin_spec
from k8sconsole.cluster.live.credentials.provider import (
    CredentialProvider,
    Credentials,
    KeyPair,
    StaticCredentials,
    basic_header,
    bearer_header,
)
from k8sconsole.cluster.live.credentials.token_file import TokenFile
from k8sconsole.cluster.live.kubeconfig.entries import ClusterEntry, UserEntry
from k8sconsole.cluster.live.kubeconfig.login import explain_withheld
from k8sconsole.errors import ConfigurationError, CredentialsError
from k8sconsole.kit.clock import Clock


def select_provider(user: UserEntry, cluster: ClusterEntry, environ: Mapping[str, str], clock: Clock) -> CredentialProvider:
    """Blocking: reads certificate files. Raises ConfigurationError for an entry that cannot be used.

    Without TLS there are no credentials at all, on no host: a plugin does not even run. kubectl decides alike.
    """
    if withheld := explain_withheld(cluster, user):
        return StaticCredentials(
            Credentials(withheld=withheld, remedy=f"set server: https://… for cluster {cluster.name} in the kubeconfig")
        )
    pair = _read_key_pair(user)
    if user.token_file:
        return TokenFile(user.token_file, pair, clock, user.token)
    if user.token:
        return StaticCredentials(Credentials(bearer_header(user.token), pair))
    if user.username:
        return StaticCredentials(Credentials(basic_header(user.username, user.password), pair))
    if user.exec:
        return CachedCredentialProvider(ExecPlugin(user, cluster, environ, pair).fetch, clock)
    if user.auth_provider:
        provider = OidcProvider.from_user(user, pair)
        return CachedCredentialProvider(provider.fetch, clock, provider.first)
    return StaticCredentials(Credentials("", pair))


def login_pending_error(user: UserEntry, environ: Mapping[str, str], seconds: float) -> CredentialsError:
    """The error when a provider has not answered for so many seconds. The login itself continues."""
    why = f"no answer for {seconds:g} s so far; it may be waiting for a person"
    if user.exec:
        spec = plugin_spec(user)
        return CredentialsError(f"still waiting for the exec plugin {spec.command} of user {user.name}", why, login_command(spec, environ))
    if user.auth_provider:
        return CredentialsError(f"still waiting for the identity provider of user {user.name}", why, "kubectl oidc-login")
    return CredentialsError(f"still waiting for the credential files of user {user.name}", why, f"ls -l {user.token_file or user.folder}")


def _read_key_pair(user: UserEntry) -> KeyPair | None:
    if user.certificate is None and user.key is None:
        return None
    if user.certificate is None or user.key is None:
        missing = "client-certificate" if user.certificate is None else "client-key"
        raise ConfigurationError(
            f"cannot use the user {user.name}", f"its kubeconfig entry has no {missing}", f"add {missing} to the kubeconfig"
        )
    return KeyPair(user.certificate.read(), user.key.read())
