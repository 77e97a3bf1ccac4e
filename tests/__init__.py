"""The suite: every test's name is a sentence someone relies on.

Tests of one room sit in the folder named after it; what several rooms need stands in a package of its own, such as
``control_plane`` (a real Kubernetes). The product under test lives in ``k8sconsole``, its measurements in ``benchmarks``.
"""
