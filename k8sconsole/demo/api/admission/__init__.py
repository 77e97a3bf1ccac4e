"""Admission: what happens to an object between the request and the store.

`chain` defines the order. `identity` sets namespace and name, `defaults` sets missing fields, `services` allocates addresses.
`validation`, `immutable` and `strict` reject invalid objects; `custom` checks custom objects against their schema.
The pod admission that controllers share is in `demo.podspecs`. Applying a patch belongs to `patching`.
"""
