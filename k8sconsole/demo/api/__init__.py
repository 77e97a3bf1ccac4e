"""The API server's half of the demo cluster: from an HTTP request to a Kubernetes answer.

`calls` reads the path, `access` says who may, `dispatch` finds the handler; `listing`, `watching`, `writing` and `removal` are the
verbs, `subresources` the rest of a path; `tables/` prints rows as the server does, `patching/` knows the four patch types,
`admission/` fills defaults and refuses what a real server refuses; `discovery` and `openapi` describe it all. No state lives here:
that is `storage`, one floor down. What happens to an object after it was accepted is the `world`'s business, next door.
"""
