"""The API server of the demo cluster: it turns an HTTP request into a Kubernetes response.

`http` is the web server, `calls` parses a request, `access` authorises it and `dispatch` finds its handler. `reading`, `writing` and
`removal` handle the verbs; `listing` and `watching` build lists and watches; `subresources`, `logs` and `reviews` handle the rest.
`tables/` renders rows as the real server does, `patching/` applies the four patch types, `admission/` sets defaults and rejects
invalid objects, `versions` converts between API versions, `definitions` serves custom kinds, `discovery` and `openapi/` describe the
API, `wire/` decodes protobuf, `faults` injects failures for tests.

State is in `demo.storage`. What happens to an object after it was stored belongs to `demo.world`.
"""
