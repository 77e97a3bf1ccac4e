"""The client for API servers, over HTTP with connection pools per cluster.

`kubeconfig/` reads the files, `credentials/` logs in, `access` combines both, `transport` sends requests, `failures` translates network
errors, and `cluster` implements the port with `discovery`, `pagination`, `streams` and `pods`. Next door: `cluster.errors` interprets a
server's `Status`, and `scanner` decides when to try again, since nothing here reconnects by itself. Only this room imports aiohttp's
client; `kubeconfig/` and `contexts` do not, so that listing contexts imports no network library.
"""
