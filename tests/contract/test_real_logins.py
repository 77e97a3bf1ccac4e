"""Authentication methods that only a real API server can check."""

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from k8sconsole.cluster.live.contexts import KubeconfigContexts, contexts_here
from k8sconsole.cluster.port import Cluster
from k8sconsole.errors import ConsoleError, CredentialsError, Forbidden
from k8sconsole.model.refs import ApiResource, ClusterName
from tests.contract.kinds import CONFIG_MAPS, body
from tests.control_plane.plane import ControlPlane
from tests.waiting import wait_until

pytestmark = pytest.mark.real
SECRETS = ApiResource("", "v1", "Secret", "secrets", True)
# The controllers fill such a secret with a token of the account it names.
ACCOUNT_TOKEN = body(
    SECRETS,
    "pod-token",
    metadata={"annotations": {"kubernetes.io/service-account.name": "default"}},
    type="kubernetes.io/service-account-token",
)


async def opened(kubeconfig: Path, name: str = "real") -> Cluster:
    return await KubeconfigContexts([kubeconfig]).open(ClusterName(name))


def altered(plane: ControlPlane, path: Path, **user: object) -> Path:
    """The kubeconfig of the administrator with additional fields in its user entry."""
    content = yaml.safe_load(plane.kubeconfig.read_text())
    content["users"][0]["user"].update(user)
    path.write_text(yaml.safe_dump(content))
    return path


async def test_a_pod_reaches_its_own_cluster_with_its_service_account(
    control_plane: ControlPlane, real_namespace: str, tmp_path: Path
) -> None:
    admin = await opened(control_plane.kubeconfig)
    await admin.create(SECRETS, real_namespace, ACCOUNT_TOKEN)

    async def issued() -> str:
        secret = json.loads(await admin.get(SECRETS, real_namespace, "pod-token"))
        return base64.b64decode(secret.get("data", {}).get("token", "")).decode()

    token = await wait_until(issued, ignoring=(ConsoleError,))
    await admin.close()
    authority = yaml.safe_load(control_plane.kubeconfig.read_text())["clusters"][0]["cluster"]["certificate-authority-data"]
    (tmp_path / "ca.crt").write_bytes(base64.b64decode(authority))
    (tmp_path / "token").write_text(token)
    (tmp_path / "namespace").write_text(real_namespace)
    port = control_plane.url.rpartition(":")[2]
    environ = {"HOME": str(tmp_path), "KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": port}
    contexts = contexts_here(environ, tmp_path)
    assert contexts.origin() == "in-cluster"
    pod = await contexts.open(contexts.list()[0].name)
    assert (await pod.version()).git_version.startswith("v1.")
    with pytest.raises(Forbidden, match=f"system:serviceaccount:{real_namespace}:default"):
        await anext(pod.pages(CONFIG_MAPS))
    await pod.close()


async def test_an_impersonating_client_has_the_permissions_of_the_impersonated_user(control_plane: ControlPlane, tmp_path: Path) -> None:
    extra = {"as": "ann", "as-groups": ["dev"], "as-uid": "7", "as-user-extra": {"example.com/team": ["a"]}}
    ann = await opened(altered(control_plane, tmp_path / "config", **extra))
    review = ApiResource("authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews", False)
    seen = json.loads(await ann.create(review, None, b'{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1"}'))["status"][
        "userInfo"
    ]
    assert (seen["username"], seen["uid"], seen["extra"]) == ("ann", "7", {"example.com/team": ["a"]})
    assert "dev" in seen["groups"]
    with pytest.raises(Forbidden, match='User "ann"'):
        await anext(ann.pages(CONFIG_MAPS))
    await ann.close()


async def test_an_expired_client_certificate_is_named_with_its_date(control_plane: ControlPlane) -> None:
    late = await opened(control_plane.user("late", lifetime=timedelta(hours=-1)))
    with pytest.raises(CredentialsError, match="client certificate expired on"):
        await late.version()
    await late.close()
