"""What happens to an object between the request and the store: defaults, allocation, validation, namespaces and quotas.

`defaults` fills in what clients leave out, `services` allocates addresses, `identity` names things, `validation`, `immutable` and
`strict` refuse. `chain` is the order of it all. What every pod gets, the world's own included, is told by `podspecs`, one floor down;
how a patch becomes an object is `patching`'s business, next door.
"""
