"""The controllers: one small file each, listed in order in `roster`.

Here: loops that read an object, compare it with what exists, and change one thing at a time, as kube-controller-manager, the scheduler
and a few add-ons do. Next door: `world.run` feeds them keys from the store's events; `world.kubelet` moves pods once they have a node.
The question that decides: does it act on objects of the whole cluster rather than on the containers of one node? Then it lives here.
"""
