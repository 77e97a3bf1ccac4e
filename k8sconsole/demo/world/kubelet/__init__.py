"""The simulated kubelet: what happens on the node to a pod that has one.

`containers` holds the container states, `images` the image pulls, `plans` turns behaviours into container plans, `status` computes the
pod's status, `pods` is the kubelet's controller, `eviction` evicts pods under disk pressure.
`world.behaviour` defines how containers behave; `controllers.scheduler` picks the nodes.
"""
