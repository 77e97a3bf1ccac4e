"""What an argument of a prompt, or a part of a resource's address, may be: from the cache, as everywhere."""

import mcp_types as types

from k8sconsole.mcp_server.console import Console
from k8sconsole.mcp_server.resources import NOWHERE

MOST = 100
_DEFAULTS = {"diagnose": {"kind": "pods"}, "review_rollout": {"kind": "deployments"}}
_TOOLS = {"diagnose": "k8s_describe_resource", "review_rollout": "k8s_rollout_status", "what_changed": "history_diff"}


async def completed(console: Console, params: types.CompleteRequestParams) -> types.CompleteResult:
    """Nothing for what is not known."""
    given = dict((params.context.arguments if params.context else None) or {})
    if isinstance(params.ref, types.PromptReference):
        tool, given = _TOOLS.get(params.ref.name, ""), {**_DEFAULTS.get(params.ref.name, {}), **given}
    else:
        tool = "k8s_get_resource"
        if params.ref.uri.endswith("/pods/{name}/log"):
            given["kind"] = "pods"
    given = {key: value for key, value in given.items() if value != NOWHERE}
    name = params.argument.name
    values = await console.suggest(tool, name, {**given, name: params.argument.value}) if tool else []
    shown = values[:MOST]
    return types.CompleteResult(completion=types.Completion(values=shown, total=len(values), has_more=len(values) > len(shown)))
