"""Which presenter a user's entry asks for, in kubectl's order: token file, token, password, plugin, provider, certificate alone."""

from collections.abc import Mapping

from k8sconsole.cluster.live.credentials.exec_plugin import ExecPlugin
from k8sconsole.cluster.live.credentials.oidc import OidcProvider
from k8sconsole.cluster.live.credentials.plugin_spec import plugin_spec
from k8sconsole.cluster.live.credentials.presented import KeyPair, Presented, Presenter
from k8sconsole.cluster.live.credentials.remedies import login_again
from k8sconsole.cluster.live.credentials.renewing import Renewing
from k8sconsole.cluster.live.credentials.static import Static, basic, bearer
from k8sconsole.cluster.live.credentials.token_file import TokenFile
from k8sconsole.cluster.live.kubeconfig.entries import ClusterEntry, UserEntry
from k8sconsole.errors import ConfigurationError, CredentialsError
from k8sconsole.kit.clock import Clock


def presenter(user: UserEntry, cluster: ClusterEntry, environ: Mapping[str, str], clock: Clock) -> Presenter:
    """Reads certificate files: blocking, for a thread. Raises ConfigurationError for what cannot be used."""
    pair = _pair(user)
    if user.token_file:
        return TokenFile(user.token_file, pair, clock, user.token)
    if user.token:
        return Static(Presented(bearer(user.token), pair))
    if user.username:
        return Static(Presented(basic(user.username, user.password), pair))
    if user.exec:
        return Renewing(ExecPlugin(user, cluster, environ, pair).fetch, clock)
    if user.auth_provider:
        provider = OidcProvider.of(user, pair)
        return Renewing(provider.fetch, clock, provider.first)
    return Static(Presented("", pair))


def late(user: UserEntry, environ: Mapping[str, str], seconds: float) -> CredentialsError:
    """Whoever is to give the credentials has not answered so far, and is still waited for."""
    why = f"no answer for {seconds:g} s so far; it may be waiting for a person"
    if user.exec:
        spec = plugin_spec(user)
        return CredentialsError(f"The exec plugin {spec.command} of user {user.name} is waited for", why, login_again(spec, environ))
    origin = "identity provider" if user.auth_provider else "credentials' file"
    return CredentialsError(f"The {origin} of user {user.name} is waited for", why, "see whether it can be reached from here")


def _pair(user: UserEntry) -> KeyPair | None:
    if user.certificate is None and user.key is None:
        return None
    if user.certificate is None or user.key is None:
        missing = "client-certificate" if user.certificate is None else "client-key"
        raise ConfigurationError(
            f"The user {user.name} cannot be used", f"its kubeconfig entry has no {missing}", "add it to the kubeconfig"
        )
    return KeyPair(user.certificate.read(), user.key.read())
