"""Credentials that stand in the kubeconfig itself."""

import base64

from k8sconsole.cluster.live.credentials.presented import Presented


class Static:
    """Changes only when the kubeconfig does."""

    def __init__(self, presented: Presented) -> None:
        self._presented = presented

    async def present(self) -> Presented:
        return self._presented

    def forget(self) -> None:
        """There is nothing else to present."""

    def hurry(self) -> None:
        """There is nothing to try."""


def bearer(token: str) -> str:
    return f"Bearer {token}"


def basic(username: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"
