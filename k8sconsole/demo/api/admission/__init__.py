"""Admission: what happens to an object between the request and the store.

`chain` defines the order. `defaults` sets fields that the client left out, `services` allocates addresses, `identity` sets namespace and
name, `custom` checks custom objects against their schema, and `validation`, `immutable` and `strict` reject invalid objects.
The pod admission that controllers share is in `demo.podspecs`. Applying a patch belongs to `patching`.
"""
