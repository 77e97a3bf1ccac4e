"""What leaves is masked on the way out of the pipeline: replies, errors, the audit and progress."""

from typing import Any

import pytest

from k8sconsole.errors import InvalidParams, ToolFailed, Unreachable
from k8sconsole.model.tools import Face
from k8sconsole.tools.mcp_client.session import McpToolResult
from k8sconsole.tools.mcp_client.tool_adapter import convert_result
from tests.tool_harness import ToolHarness, shared_harness

harness = shared_harness
pytestmark = pytest.mark.asyncio(loop_scope="module")
NUMBER = 4071209316
PLANTED = "Zq7-planted-Value-0042"
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{PLANTED}\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
TEXTS = {
    "an assignment": f"login failed: password={PLANTED}",
    "a bearer token": f"401 for Authorization: Bearer {PLANTED}",
    "an access key": "denied for AKIAIOSFODNN7EXAMPLE",
    "a private key": f"cannot parse {PEM}",
    "a JSON web token": f"expired: {JWT}",
    "a URL": f"cannot reach postgres://app:{PLANTED}@db:5432/shop",
    "a key at the end of a long text": "x" * 485 + " AKIAIOSFODNN7EXAMPLE",
}
LEFT = (PLANTED, JWT, "AKIAIOSFODNN7EXAMPLE", "AKIAIOS")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("make", [ToolFailed, Unreachable, InvalidParams])
async def test_an_error_never_holds_a_credential_however_it_is_shown(make: Any, text: str) -> None:
    error = make(text, text, text, {"given": text, "causes": [{"message": text}]})
    shown = f"{error} {error.title} {error.args} {error.detail} {error.remedy} {error.details}"
    assert not any(secret in shown for secret in LEFT[:3])


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_the_error_text_of_an_outside_server_is_masked_as_its_success_is(text: str) -> None:
    with pytest.raises(ToolFailed) as raised:
        convert_result("files", "files__read", McpToolResult(None, text, True), 0.0)
    assert not any(secret in str(raised.value) for secret in LEFT)


SECRETS: dict[str, tuple[str, dict[str, Any]]] = {
    "stringData is one string": (
        "k8s_apply_resource",
        {"manifest": {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": PLANTED}},
    ),
    "data is a list": (
        "k8s_create_resource",
        {"manifest": {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": [PLANTED, {"x": PLANTED}]}},
    ),
    "YAML in flow form": (
        "k8s_apply_resource",
        {"manifest": f"{{apiVersion: v1, kind: Secret, metadata: {{name: a}}, data: {{x: {PLANTED}}}}}"},
    ),
    "JSON after a blank line": (
        "k8s_apply_resource",
        {"manifest": f'\n {{"apiVersion": "v1", "kind": "Secret", "metadata": {{"name": "a"}}, "stringData": {{"x": "{PLANTED}"}}}}'},
    ),
    "an environment value in a mapping": ("k8s_run_pod", {"name": "a", "image": "x:1", "env": {"DB_PASSWORD": {"v": PLANTED}}}),
    "a password that is a number": (
        "k8s_run_pod",
        {"name": "a", "image": "x:1", "env": {"DB_PASSWORD": NUMBER, "X_PASSWD": {"v": NUMBER}}},
    ),
    "an environment value in a list": ("k8s_run_pod", {"name": "a", "image": "x:1", "env": {"API_TOKENS": [{"is": [PLANTED]}]}}),
    "a merge patch of a Secret": ("k8s_patch_resource", {"kind": "secrets", "name": "a", "patch": {"stringData": {"x": PLANTED}}}),
    "a merge patch of its data": ("k8s_patch_resource", {"kind": "Secret", "name": "a", "patch": {"data": {"x": PLANTED}}}),
    "a JSON patch of a Secret": (
        "k8s_patch_resource",
        {"kind": "secret", "name": "a", "form": "json", "patch": [{"op": "add", "path": "/data/x", "value": PLANTED}]},
    ),
    "a Secret named in the name": ("k8s_patch_resource", {"kind": "", "name": "secret/a", "patch": {"data": {"x": PLANTED}}}),
    "a patch as text": ("k8s_patch_resource", {"kind": "v1/Secret", "name": "a", "patch": f'{{"stringData": {{"x": "{PLANTED}"}}}}'}),
    "a list of Secrets": (
        "k8s_apply_resource",
        {"manifest": {"apiVersion": "v1", "kind": "SecretList", "metadata": {}, "items": [{"data": {"x": PLANTED}}]}},
    ),
}


@pytest.mark.parametrize(("tool", "arguments"), SECRETS.values(), ids=SECRETS)
async def test_neither_the_audit_nor_the_error_keeps_a_secret_of_a_wrong_form(
    harness: ToolHarness, tool: str, arguments: dict[str, Any]
) -> None:
    assert harness.store is not None
    outcome = await harness.call(tool, Face.TUI, **arguments, bogus=1)
    await harness.pipeline.close()
    rows = (await harness.store.audit.entries(2))[:2]
    assert outcome.error is not None
    assert [row.tool for row in rows] == [tool, tool]
    assert str(NUMBER) not in f"{rows} {outcome.error} {outcome.structured(0.0)}"
    assert PLANTED not in f"{rows} {outcome.error} {outcome.structured(0.0)} {harness.questions}"
