"""What happens to an object between the request and the store: defaults, allocation, validation, namespaces and quotas.

`defaults` and `pods` fill in what clients leave out, `services` allocates addresses, `identity` names things, `validation`,
`immutable` and `strict` refuse. `chain` is the order of it all. How a patch becomes an object is `patching`'s business, next door.
"""
