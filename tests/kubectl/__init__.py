"""Runs and records every kubectl command that the demo cluster supports, and compares its replies with a real cluster.

`python -m tests.kubectl --kubeconfig F` runs them on one cluster, `--against G` compares two; `test_kubectl.py` does the same for
pytest. The commands are in `commands`, what is masked before two answers are compared in `masks`.
"""
