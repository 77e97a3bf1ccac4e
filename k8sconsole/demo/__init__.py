"""A simulated cluster that serves the Kubernetes API over HTTP. kubectl works against it.

- `server` starts everything. `kubeconfig` and `certificates` write the files that clients need.
- `api/` answers requests. `world/` runs controllers, scheduler, kubelets, logs, metrics and scenarios.
- `storage` and `history` hold the objects and their changes.
- Both halves share `resources` (the kinds), `podspecs` (pod defaults and admission), `selectors`, `status` (refusals), `users`, `clock`.

A part belongs to `api/` when a real API server does it, and to `world/` when a client of the API server does it.
"""
