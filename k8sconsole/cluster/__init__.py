"""Reaching Kubernetes over its API.

`port` is the interface that upper floors use, `errors` turns a server's `Status` into errors, and `live/` is the client over HTTP.
Next door: `store` caches what is read, `scanner` decides when to read, `demo` is a cluster to try things on. The question that decides:
does it speak the Kubernetes API as a client?
"""
