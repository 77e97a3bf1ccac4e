"""What could be a library of its own: time, text, masking, asyncio. Kubernetes is unheard of here.

A function belongs here when it would make sense in a program that has never seen a cluster; otherwise it belongs in ``model``.
"""
