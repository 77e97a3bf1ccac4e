"""The controllers, one file each. `inventory` lists them in order.

A controller reads an object, compares it with the cluster and changes one thing at a time, as kube-controller-manager, kube-scheduler
and some add-ons do. `world.run` feeds the controllers keys from the store's events. Work on the containers of one node belongs to
`world.kubelet`.
"""
