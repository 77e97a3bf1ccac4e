"""OpenAPI v3, as kubectl's `explain` and `apply` read it: derived from the installed Kubernetes client's models, never from a file.

`models` turns the client's classes into schemas, `documents` puts a group version's document together, custom kinds included.
"""
