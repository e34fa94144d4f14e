"""Properties are checked with a fixed budget: machines differ in speed, so no example has a deadline."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("credmatch", deadline=None, print_blob=True)
settings.load_profile("credmatch")
