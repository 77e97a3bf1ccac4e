"""The load generator: ``python -m benchmarks.load --kubeconfig F --pods 10000``.

``plan`` says how many of what, ``shapes`` what each object looks like, ``client`` speaks to the API server, ``writing``
creates with several writers at once, ``generator`` does it all in order and waits until the pods run.

Two ways to the same pods: through Deployments, as in life (controllers make the pods, the scheduler places them), or
``--direct``, bound to their nodes from birth, for more of them in less time.
"""
