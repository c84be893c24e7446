"""What all tests share: properties are held for what they say, not for how fast a busy machine says it."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("here")

pytest_plugins = ["tests.buckets"]
