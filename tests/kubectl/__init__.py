"""Every kubectl command the demo cluster has to answer, run, recorded, and compared with a real cluster's answers.

`python -m tests.kubectl --kubeconfig F` runs them on one cluster, `--against G` compares two; `test_kubectl.py` does the same for
pytest. The commands are in `commands`, what is masked before two answers are compared in `masks`.
"""
