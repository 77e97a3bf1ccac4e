"""The ``oidc`` auth provider: an ID token in the kubeconfig, renewed at its issuer with a refresh token.

Renewal is done here and not with the Kubernetes library, which asks an issuer without an authority of its own over unverified TLS:
whoever sits in between would be given the refresh token. https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokens
"""

import asyncio
import base64
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from k8sconsole.cluster.live.credentials.presented import KeyPair, Presented
from k8sconsole.cluster.live.credentials.renewing import Fetched
from k8sconsole.cluster.live.credentials.static import basic, bearer
from k8sconsole.cluster.live.kubeconfig.entries import Material, UserEntry
from k8sconsole.cluster.live.kubeconfig.files import mapping, text
from k8sconsole.cluster.live.proxy import is_loopback
from k8sconsole.errors import ConfigurationError, ConsoleError, CredentialsError

_TIMEOUT = 30.0
_REMEDY = "log in again with your OIDC tool (for example: kubectl oidc-login)"


class OidcProvider:
    """first: the token that stands in the kubeconfig. The renewed ones stay in memory: the kubeconfig belongs to the login tool."""

    def __init__(self, user: str, settings: Mapping[str, Any], authority: Material | None, pair: KeyPair | None) -> None:
        self._user = user
        self._settings = settings
        self._authority = authority
        self._pair = pair
        self._refresh_token = text(settings.get("refresh-token"))
        self.first = self._fetched(text(settings.get("id-token")))

    @classmethod
    def of(cls, user: UserEntry, pair: KeyPair | None) -> "OidcProvider":
        """Raises ConfigurationError for any other provider: the API's clients have dropped them."""
        name, settings = text(user.auth_provider.get("name")), mapping(user.auth_provider.get("config"))
        if name != "oidc":
            why = f"the auth-provider {name or '(none)'} no longer exists in Kubernetes' clients"
            raise ConfigurationError(
                f"The user {user.name} cannot be used", why, "use the exec plugin of your cloud, for example gke-gcloud-auth-plugin"
            )
        data, path = text(settings.get("idp-certificate-authority-data")), text(settings.get("idp-certificate-authority"))
        file = user.folder / path if path else None
        authority = Material("idp-certificate-authority", f"user {user.name}", data, file) if data or path else None
        return cls(user.name, settings, authority, pair)

    async def fetch(self) -> Fetched:
        """A new ID token from the issuer. Raises CredentialsError in the issuer's words."""
        if not self._refresh_token:
            raise self._failed("it has expired or was refused, and the kubeconfig has no refresh-token")
        try:
            async with asyncio.timeout(_TIMEOUT):
                answer = await self._asked()
        except ConsoleError:
            raise
        except Exception as error:
            raise self._failed(type(error).__name__) from error
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise self._failed(f"the issuer answered {answer.get('error') or 'without an id_token'}")
        self._refresh_token = str(answer.get("refresh_token") or self._refresh_token)
        return self._fetched(token)

    def _fetched(self, token: str) -> Fetched:
        return Fetched(Presented(bearer(token), self._pair, "the OIDC issuer", _REMEDY), _expiry(token))

    async def _asked(self) -> Mapping[str, Any]:
        import aiohttp

        client, secret = text(self._settings.get("client-id")), text(self._settings.get("client-secret"))
        form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token, "client_id": client}
        headers = {"Authorization": basic(client, secret)} if secret else {}
        issuer = text(self._settings.get("idp-issuer-url")).rstrip("/")
        self._check_is_safe(issuer)
        trust = await asyncio.to_thread(self._trust)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            async with session.get(f"{issuer}/.well-known/openid-configuration", ssl=trust) as found:
                endpoint = mapping(msgspec.json.decode(await found.read())).get("token_endpoint")
            if not isinstance(endpoint, str):
                raise self._failed(f"{issuer} names no token_endpoint")
            self._check_is_safe(endpoint)
            async with session.post(endpoint, data=form, headers=headers, ssl=trust, allow_redirects=False) as answered:
                return mapping(msgspec.json.decode(await answered.read()))

    def _check_is_safe(self, url: str) -> None:
        """A refresh token travels in the clear within this machine only."""
        parts = urlsplit(url)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise self._failed(f"{parts.scheme}://{parts.hostname} is not https, and a refresh token is not sent in the clear")

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self._authority.read().decode("ascii") if self._authority else None)

    def _failed(self, why: str) -> CredentialsError:
        return CredentialsError(f"The ID token of user {self._user} could not be renewed", why, _REMEDY)


def _expiry(token: str) -> float:
    """The ``exp`` of a JWT in seconds since the epoch; 0 for what is no JWT, so that it is renewed."""
    try:
        claims = token.split(".")[1]
        decoded = msgspec.json.decode(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return float(decoded["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return 0.0
