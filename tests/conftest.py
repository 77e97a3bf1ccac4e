"""The plugins of the suite, and how many examples a property test tries.

Fixtures live in modules beside what they offer, and are named here. ``make test`` runs the property tests with the profile ``quick``,
``make test-all`` with the profile ``thorough``.
"""

from hypothesis import settings

pytest_plugins = ["tests.control_plane.fixtures", "tests.fast_clock", "tests.demo_templates"]

settings.register_profile("quick", max_examples=30, deadline=None)
settings.register_profile("thorough", max_examples=600, deadline=None)
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")  # without a profile on the command line
