"""The people of the demonstration, who are invented: in a real centre they are nobody."""

from django.conf import settings

DOMAIN = "@demonstration.invalid"


def is_barred(person: object) -> bool:
    """Whether somebody may not come in, because they are invented and the centre is real."""
    return bool(settings.CENTER.is_real) and str(getattr(person, "email", "")).lower().endswith(DOMAIN)
