"""The room k8sconsole/runtime."""
