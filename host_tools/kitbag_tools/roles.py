"""What a computer may be to an object."""

from __future__ import annotations

from kitbag.wire import requests

ROLES: tuple[str, ...] = tuple(requests.ROLES.split())  # a clinician reads, a therapist also sets
