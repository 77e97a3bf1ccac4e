"""OpenAPI v3 for `kubectl explain` and `kubectl apply`, derived from the models of the installed Kubernetes client.

`models` turns the client's classes into schemas. `documents` assembles the document of a group version, custom kinds included.
"""
