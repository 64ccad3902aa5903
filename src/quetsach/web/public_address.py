"""Where people reach the centre: what every absolute link begins with. What a request says of its host is not used."""

from django.conf import settings

_LOCAL_SITE = "http://localhost:8000"


def site() -> str:
    """Return the public address, or where this machine serves while nobody has set one; without a final slash."""
    return settings.CENTER.public_url or settings.CENTER.served_at or _LOCAL_SITE
