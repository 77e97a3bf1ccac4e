"""A simulated cluster that serves the Kubernetes API over HTTP. kubectl works against it.

`resources` lists the kinds, `storage` and `history` hold the objects and their changes, `selectors` parses label and field selectors,
`clock` is the cluster's time, `podspecs` holds the pod defaults and pod admission that every creator of pods shares, `users` and
`status` define users and refusals. `api/` answers requests. `server` opens the port and `kubeconfig` writes the kubeconfig files.
`world/` runs the controllers, scheduler, kubelets, logs, metrics and scenarios.

A part belongs to `api/` when a real API server does it, and to `world/` when a client of the API server does it.
"""
