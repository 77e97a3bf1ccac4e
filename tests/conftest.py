"""Plugins of the suite: fixtures live in modules beside what they offer, and are named here."""

pytest_plugins = ["tests.control_plane.fixtures", "tests.fast_clock"]
