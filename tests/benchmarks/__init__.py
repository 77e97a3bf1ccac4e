"""The benchmark's own tools: that a load is what it says it is."""
