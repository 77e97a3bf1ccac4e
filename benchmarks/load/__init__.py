"""The load generator: ``python -m benchmarks.load --kubeconfig F --pods 10000``.

``plan`` has the counts and the names, ``shapes`` the objects, ``client`` the requests to the API server. ``writers`` creates objects with
several writers at once. ``generator`` runs all steps in order and waits until the pods run. ``etcd_copies`` is a faster way for control
planes without controllers.

Pods are created through Deployments, as in a real cluster (controllers create them, the scheduler places them). With ``--direct`` they are
created bound to nodes, which is faster.
"""
