"""Service-level figures, read from the cache file by a later process."""

from typing import Any

import pytest

from k8sconsole.demo.server import DemoCluster
from tests.acceptance.mcp_connection import connect_mcp
from tests.acceptance.program import Program

pytestmark = pytest.mark.long


def _state(program: Program) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in program.json("cache", "status", "--json")["indicators"]}


async def test_figures_of_scans_calls_and_suggestions_are_shown_by_the_next_process(demo: DemoCluster, tmp_path: Any) -> None:
    program = Program(tmp_path, demo.kubeconfig)
    assert all(one["share"] is None for one in _state(program).values()), "an empty cache has measured nothing"
    kinds = len(program.json("scan", "--once", "--json")[0]["kinds"])
    scanned = _state(program)["completion"]
    assert (scanned["share"], scanned["count"]) == (1.0, kinds)

    async with connect_mcp(program, "--no-scan") as connection:
        await connection.initialize()
        prompt = {"ref": {"type": "ref/resource", "uri": "k8s://{context}/{namespace}/{kind}"}}
        await connection.request(1, "completion/complete", **prompt, argument={"name": "namespace", "value": "sh"})
        for number in range(2, 6):
            assert "result" in await connection.call(number, "k8s_list_pods", namespace="shop")
        assert "result" in await connection.call(7, "k8s_list_pods", namespace="shop", live=True)
        await connection.call(8, "k8s_list_nodes")

    shown = _state(program)
    assert shown["hit_rate"]["count"] >= 6
    assert shown["hit_rate"]["share"] > 0.6
    assert shown["improvement"]["count"] == 1, "one call was compared, and the next comparison is not due yet"
    assert shown["improvement"]["share"] < 1
    assert "cached faster by: " in program.finish("cache", "status").stderr
