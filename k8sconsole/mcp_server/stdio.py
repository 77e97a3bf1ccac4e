"""Serving one client over standard input and output. Nothing else may be written there: the transport points descriptor 1 at stderr
meanwhile."""

from k8sconsole.mcp_server.console import Console


async def serve_stdio(console: Console, *, toolsets: tuple[str, ...] = ()) -> None:
    """Until the client closes its end. toolsets: only these; none means all."""
    from mcp.server.stdio import stdio_server

    from k8sconsole.mcp_server.server import make_server, options

    server = make_server(console, toolsets)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, options(server))
