"""Everything in the demo cluster that changes objects as the parts of a real cluster other than the API server do.

- `run`, `controller`, `workqueue`: the loop that feeds keys to controllers. `controllers/` holds the controllers, `kubelet/` the kubelet.
- `behaviour`, `kubelet/`, `podlogs`, `logprofiles`, `usage`, `resource_usage`: how simulated containers run, log and use resources.
- `scenario`, `staging/`: building a cluster from a scenario file.
- `pods`, `conditions`, `amounts`, `placement`, `quota_rules`, `recorder`, `schedule`, `seeds`, `kinds`: shared helpers.

`demo.storage` holds the objects, `demo.api` serves them over HTTP, and `demo.server` runs both with a `run.World`.

Nothing here reads the machine's clock or an unseeded random source. With a fixed clock, equal seeds give clusters that are equal byte
for byte.
"""
