"""Serves one client over standard input and output. Nothing else may write there: the transport points descriptor 1 at stderr
meanwhile."""

from k8sconsole.runtime.api import ConsoleApi


async def serve_stdio(console: ConsoleApi, *, toolsets: tuple[str, ...] = ()) -> None:
    """Runs until the client closes its end. toolsets: only these; none means all."""
    from mcp.server.stdio import stdio_server

    from k8sconsole.mcp_server.server import initialization_options, make_server

    server = make_server(console, toolsets)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, initialization_options(server))
