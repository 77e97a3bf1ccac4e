"""The simulated kubelet: what happens to a pod once it has a node.

Here: the life of containers (`containers`, pure), pulling of images (`images`), probes, the pod's status, graceful ends.
Next door: `world.behaviour` says how a scenario's containers behave; `controllers.scheduler` picks nodes.
The question that decides: would it happen on the node? Then it lives here.
"""
