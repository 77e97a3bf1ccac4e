"""Reaching Kubernetes.

Here live the port that upper floors speak to (`port`), the errors a server's `Status` becomes (`errors`), the live client (`live/`)
and a cluster of our own that speaks the same protocol over HTTP (`demo/`). What is kept of the answers lives in `store`; when to
ask lives in `scanner`. The question that decides: does it speak the Kubernetes API? Then it belongs here.
"""
