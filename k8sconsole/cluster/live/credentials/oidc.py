"""The ``oidc`` auth provider: an ID token in the kubeconfig, renewed at its issuer with a refresh token.

The Kubernetes library is not used for the renewal. Without a configured authority it does not verify the issuer's TLS certificate, and a
proxy in between could read the refresh token. https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokens
"""

import asyncio
import base64
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from k8sconsole.cluster.live.credentials.cached_provider import FetchedCredentials
from k8sconsole.cluster.live.credentials.provider import Credentials, KeyPair, basic_header, bearer_header
from k8sconsole.cluster.live.kubeconfig.entries import PemSource, UserEntry
from k8sconsole.cluster.live.kubeconfig.files import as_mapping, as_text
from k8sconsole.cluster.live.proxy import is_loopback
from k8sconsole.errors import ConfigurationError, ConsoleError, CredentialsError

_TIMEOUT = 30.0
_REMEDY = "log in again with your OIDC tool (for example: kubectl oidc-login)"


class OidcProvider:
    """Renews one user's ID token. first: the token in the kubeconfig.

    Renewed tokens stay in memory, because the kubeconfig belongs to the login tool.
    """

    def __init__(self, user: str, settings: Mapping[str, Any], authority: PemSource | None, pair: KeyPair | None) -> None:
        self._user = user
        self._settings = settings
        self._authority = authority
        self._pair = pair
        self._refresh_token = as_text(settings.get("refresh-token"))
        self.first = self._to_credentials(as_text(settings.get("id-token")))

    @classmethod
    def from_user(cls, user: UserEntry, pair: KeyPair | None) -> "OidcProvider":
        """Raises ConfigurationError for any other auth provider: Kubernetes' clients have removed them."""
        name, settings = as_text(user.auth_provider.get("name")), as_mapping(user.auth_provider.get("config"))
        if name != "oidc":
            why = f"the auth-provider {name or '(none)'} was removed from Kubernetes' clients"
            raise ConfigurationError(
                f"cannot use the user {user.name}", why, "use the exec plugin of your cloud, for example gke-gcloud-auth-plugin"
            )
        data, path = as_text(settings.get("idp-certificate-authority-data")), as_text(settings.get("idp-certificate-authority"))
        file = user.folder / path if path else None
        authority = PemSource("idp-certificate-authority", f"user {user.name}", data, file) if data or path else None
        return cls(user.name, settings, authority, pair)

    async def fetch(self) -> FetchedCredentials:
        """Requests a new ID token from the issuer. Raises CredentialsError with the issuer's reason."""
        if not self._refresh_token:
            raise self._renewal_error("the token has expired or was refused, and the kubeconfig has no refresh-token")
        try:
            async with asyncio.timeout(_TIMEOUT):
                answer = await self._request_token()
        except ConsoleError:
            raise
        except Exception as error:
            raise self._renewal_error(type(error).__name__) from error
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise self._renewal_error(f"the issuer answered {answer.get('error') or 'without an id_token'}")
        self._refresh_token = str(answer.get("refresh_token") or self._refresh_token)
        return self._to_credentials(token)

    def _to_credentials(self, token: str) -> FetchedCredentials:
        return FetchedCredentials(Credentials(bearer_header(token), self._pair, "the OIDC issuer", _REMEDY), _expiry(token))

    async def _request_token(self) -> Mapping[str, Any]:
        import aiohttp

        client, secret = as_text(self._settings.get("client-id")), as_text(self._settings.get("client-secret"))
        form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token, "client_id": client}
        headers = {"Authorization": basic_header(client, secret)} if secret else {}
        issuer = as_text(self._settings.get("idp-issuer-url")).rstrip("/")
        self._check_is_encrypted(issuer)
        context = await asyncio.to_thread(self._ssl_context)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            async with session.get(f"{issuer}/.well-known/openid-configuration", ssl=context) as response:
                endpoint = as_mapping(msgspec.json.decode(await response.read())).get("token_endpoint")
            if not isinstance(endpoint, str):
                raise self._renewal_error(f"{issuer} names no token_endpoint")
            self._check_is_encrypted(endpoint)
            async with session.post(endpoint, data=form, headers=headers, ssl=context, allow_redirects=False) as response:
                return as_mapping(msgspec.json.decode(await response.read()))

    def _check_is_encrypted(self, url: str) -> None:
        """Without TLS a refresh token is only sent within this machine."""
        parts = urlsplit(url)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise self._renewal_error(f"{parts.scheme}://{parts.hostname} is not https, and a refresh token is not sent in the clear")

    def _ssl_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self._authority.read().decode("ascii") if self._authority else None)

    def _renewal_error(self, why: str) -> CredentialsError:
        return CredentialsError(f"cannot renew the ID token of user {self._user}", why, _REMEDY)


def _expiry(token: str) -> float:
    """Returns the ``exp`` claim of a JWT in seconds since the epoch; 0 when it is no JWT, so that it is renewed."""
    try:
        claims = token.split(".")[1]
        decoded = msgspec.json.decode(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return float(decoded["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return 0.0
