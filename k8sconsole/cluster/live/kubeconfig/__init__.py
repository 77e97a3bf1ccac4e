"""Kubeconfig files: finds, reads, merges and interprets them, without a connection.

`files` finds and merges them, `entries` interprets clusters and users, `login` resolves a context. The format is specified at
https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/. Next door: `credentials/` turns a user's entry into headers and
certificates.
"""
