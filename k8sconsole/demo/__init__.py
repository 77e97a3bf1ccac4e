"""A simulated cluster that speaks the Kubernetes API over HTTP, well enough that kubectl takes it for one.

`resources` says which kinds exist, `storage` and `history` keep the objects and their past, `views` shows them, `podspecs` is what a
pod gets on its way in whoever makes it, `api/` answers requests, `server` opens the port and writes the kubeconfig. `world/`, next
door, makes the cluster live: controllers, scheduler, kubelets, logs, metrics, scenarios. The question that decides: would a real API
server do it (here), or something that talks to one (`world/`)?
"""
