"""What kubeconfig files mean, read without connecting."""

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from k8sconsole.cluster.live.contexts import InClusterContexts, KubeconfigContexts, contexts_here
from k8sconsole.errors import ConfigurationError, NotFound
from k8sconsole.model.refs import ClusterName


def config(path: Path, *names: str, current: str = "", server: str = "https://one:6443", **user: str) -> Path:
    content = {
        "current-context": current,
        "clusters": [{"name": name, "cluster": {"server": server}} for name in names],
        "users": [{"name": name, "user": user} for name in names],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": f"ns-{name}"}} for name in names],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content))
    return path


def test_of_several_files_the_first_wins_per_name_and_the_first_current_context_counts(tmp_path: Path) -> None:
    first = config(tmp_path / "a", "shared", "east", server="https://first:1")
    second = config(tmp_path / "b", "shared", "west", server="https://second:2", current="west")
    third = config(tmp_path / "c", "south", current="south")
    contexts = KubeconfigContexts(environ={"KUBECONFIG": f"{first}:{tmp_path / 'absent'}:{second}:{third}"})
    found = {info.name: info for info in contexts.list()}
    assert list(found) == ["shared", "east", "west", "south"]
    assert found[ClusterName("shared")].server == "https://first:1"
    assert [info.name for info in found.values() if info.current] == ["west"]
    assert found[ClusterName("east")].namespace == "ns-east"


def test_without_kubeconfig_variable_the_file_in_the_home_folder_is_read(tmp_path: Path) -> None:
    config(tmp_path / ".kube" / "config", "home")
    assert [info.name for info in KubeconfigContexts(environ={"HOME": str(tmp_path)}).list()] == ["home"]


def test_without_any_kubeconfig_the_error_names_the_places_and_the_demo(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as error:
        KubeconfigContexts(environ={"HOME": str(tmp_path)}).list()
    assert str(tmp_path / ".kube" / "config") in error.value.detail
    assert "k8sconsole demo" in error.value.remedy


@pytest.mark.parametrize(
    "content", ["clusters: []\nusers:\n  - name: u\n   user: {token: hunter2}\n", '{"clusters": [],\n "users": [\n oops "hunter2"]}']
)
def test_a_broken_file_is_named_with_its_line_and_never_quoted(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config"
    path.write_text(content)
    with pytest.raises(ConfigurationError) as error:
        KubeconfigContexts([path]).list()
    assert str(path) in str(error.value)
    assert error.value.details["line"] in (3, 4)
    assert "hunter2" not in f"{error.value} {error.value.details}"


def test_a_context_that_leads_nowhere_is_listed_with_its_problem(tmp_path: Path) -> None:
    path = tmp_path / "config"
    cluster = {"name": "c", "cluster": {}}
    contexts = [
        {"name": "no-cluster", "context": {"cluster": "gone", "user": "u"}},
        {"name": "no-user", "context": {"cluster": "c", "user": "gone"}},
        {"name": "no-server", "context": {"cluster": "c"}},
        {"name": "nothing", "context": None},
    ]
    path.write_text(yaml.safe_dump({"clusters": [cluster], "users": None, "contexts": contexts}))
    problems = {info.name: info.problem for info in KubeconfigContexts([path]).list()}
    assert problems == {
        "no-cluster": "it names the cluster gone, which no file defines",
        "no-user": "it names the user gone, which no file defines",
        "no-server": "the cluster c has no server",
        "nothing": "it names no cluster",
    }


async def test_an_unknown_context_is_not_found_and_the_nearest_names_are_offered(tmp_path: Path) -> None:
    contexts = KubeconfigContexts([config(tmp_path / "config", "production", "staging")])
    with pytest.raises(NotFound) as error:
        await contexts.open(ClusterName("prodution"))
    assert error.value.details["nearest"] == ["production"]


def test_names_that_look_like_numbers_or_booleans_stay_names(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("contexts: [{name: 1.10, context: {cluster: on}}]\nclusters: [{name: on, cluster: {server: 'https://x'}}]\n")
    assert [(info.name, info.cluster) for info in KubeconfigContexts([path]).list()] == [("1.10", "on")]


def test_credentials_and_slashes_are_left_out_of_a_servers_address(tmp_path: Path) -> None:
    contexts = KubeconfigContexts([config(tmp_path / "config", "a", server="https://me:hunter2@one:6443/base/")])
    assert contexts.list()[0].server == "https://one:6443/base"


def test_inside_a_pod_without_a_kubeconfig_the_pods_own_cluster_is_offered(tmp_path: Path) -> None:
    mounted = tmp_path / "serviceaccount"
    mounted.mkdir()
    (mounted / "token").write_text("t")
    (mounted / "namespace").write_text("shop\n")
    environ = {"HOME": str(tmp_path), "KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    contexts = contexts_here(environ, mounted)
    assert isinstance(contexts, InClusterContexts)
    info = contexts.list()[0]
    assert (info.name, info.server, info.namespace, info.current) == ("in-cluster", "https://[fd00::1]:443", "shop", True)
    config(tmp_path / ".kube" / "config", "mine")
    assert [found.name for found in contexts_here(environ, mounted).list()] == ["mine"]


def test_naming_the_contexts_imports_no_network_library() -> None:
    import subprocess
    import sys

    code = "import sys, k8sconsole.cluster.live.contexts; print(sorted({'aiohttp', 'cryptography', 'kubernetes'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


async def test_a_rotated_kubeconfig_is_used_without_a_restart(
    serve: Callable, reach: Callable, kubeconfig: Callable[..., Path], secure: ssl.SSLContext
) -> None:
    from aiohttp import web

    accepted = {"old"}

    async def version(request: web.Request) -> web.Response:
        known = request.headers.get("Authorization", "").removeprefix("Bearer ") in accepted
        return web.json_response({"gitVersion": "v1"}, status=200 if known else 401)

    url = await serve({"/version": version}, secure)
    cluster = await reach(url, {"token": "old"})
    assert (await cluster.version()).git_version == "v1"
    accepted.clear()
    accepted.add("new")
    kubeconfig(url, {"token": "new"})
    assert (await cluster.version()).git_version == "v1"


@pytest.mark.parametrize(
    ("server", "displayed"),
    [
        ("http://127.0.0.1:8001/as/XmuMi9ZVvao3ORaNpNTqEnNwXdnEPfhT", "http://127.0.0.1:8001/as/[masked: 17-32 chars]"),
        ("https://rancher.example/k8s/clusters/c-m-4x7bd2hq", "https://rancher.example/k8s/clusters/c-m-4x7bd2hq"),
        ("https://proxy.example/a-cluster-with-a-very-long-name-01/", "https://proxy.example/a-cluster-with-a-very-long-name-01"),
    ],
)
async def test_a_key_in_the_path_of_an_address_is_used_and_masked(kubeconfig: Callable[..., Path], server: str, displayed: str) -> None:
    contexts = KubeconfigContexts([kubeconfig(server)])
    (info,) = contexts.list()
    assert info.server == displayed
    cluster = await contexts.open(info.name)
    assert cluster.server == displayed
    await cluster.close()
