"""The API server of the demo cluster: it turns an HTTP request into a Kubernetes response.

- `http` is the web server, `calls` parses a request, `access` authorises it, `dispatch` finds its handler.
- `read_handlers`, `write_handlers`, `removal`, `subresources`, `logs` and `reviews` are the handlers.
- `lists` and `watches` build the replies of list and watch.
- `admission/` sets defaults and rejects invalid objects. `patching/` applies the four patch types.
- `tables/` renders rows as the real server does. `versions` converts between API versions. `wire/` decodes protobuf.
- `definitions` serves custom kinds. `discovery` and `openapi/` describe the API. `faults` injects failures for tests.

State is in `demo.storage`. What happens to an object after it was stored belongs to `demo.world`.
"""
