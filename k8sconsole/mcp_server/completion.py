"""Completion of a prompt's arguments and of the parts of a resource's address, from the cache."""

import mcp_types as types

from k8sconsole.mcp_server.resources import ANY_NAMESPACE
from k8sconsole.runtime.api import ConsoleApi

MOST = 100
_DEFAULTS = {"diagnose": {"kind": "pods"}, "review_rollout": {"kind": "deployments"}}
_TOOLS = {"diagnose": "k8s_describe_resource", "review_rollout": "k8s_rollout_status", "what_changed": "history_diff"}


async def complete_argument(console: ConsoleApi, params: types.CompleteRequestParams) -> types.CompleteResult:
    """No values for an unknown prompt, address or argument."""
    given = dict((params.context.arguments if params.context else None) or {})
    if isinstance(params.ref, types.PromptReference):
        tool, given = _TOOLS.get(params.ref.name, ""), {**_DEFAULTS.get(params.ref.name, {}), **given}
    else:
        tool = "k8s_get_resource"
        if params.ref.uri.endswith("/pods/{name}/log"):
            given["kind"] = "pods"
    given = {key: value for key, value in given.items() if value != ANY_NAMESPACE}
    name = params.argument.name
    values = await console.tools.suggest(tool, name, {**given, name: params.argument.value}) if tool else []
    shown = values[:MOST]
    return types.CompleteResult(completion=types.Completion(values=shown, total=len(values), has_more=len(values) > len(shown)))
