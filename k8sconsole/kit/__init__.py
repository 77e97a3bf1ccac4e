"""General helpers that know nothing of Kubernetes: time, text and the masking of credentials.

A function belongs here when a program without a cluster could use it; otherwise it belongs in ``model``.
"""
