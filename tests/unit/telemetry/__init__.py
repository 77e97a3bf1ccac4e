"""The room k8sconsole/telemetry."""
