"""The room k8sconsole/cli."""
