"""The simulated kubelet: what happens on the node to a pod that has one.

`pods` is the kubelet's controller. `status` computes a pod's status from its `containers`, their `plans` and their `images`.
`eviction` evicts pods under disk pressure.
`world.behaviour` defines how containers behave; `controllers.scheduler` picks the nodes.
"""
