"""Real API servers, spoken to over HTTP with one pool of connections a cluster.

Here: reading kubeconfig files (`kubeconfig/`), proving who we are (`credentials/`), TLS and proxies, sending a request and telling what
went wrong with it (`transport`, `failures`), and the answers of the port: discovery, lists, watches, logs, changes (`cluster`).
Next door: the words for a server's `Status` live in `cluster.errors`; when to ask again lives in `scanner`, since nothing in here
reconnects by itself. This is the front door of aiohttp's client; `kubeconfig/` and `contexts` stay free of it, so that naming the
contexts costs no import of a network library.
"""
