"""Kubeconfig files: found, read, merged and understood, without a connection.

Here: which files count and what they hold together (`files`), what their entries mean (`entries`), and what a context leads to
(`login`). Files have the form of `kubectl config view`; https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ names every
field. Next door: `credentials/` turns a user's entry into headers and certificates.
"""
