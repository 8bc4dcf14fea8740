"""Property tests judge values, not how fast a busy machine draws them."""

from hypothesis import HealthCheck, settings

settings.register_profile("poet", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("poet")
