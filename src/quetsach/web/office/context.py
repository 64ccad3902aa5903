"""What every page of the office needs: its rooms and who is signed in."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from quetsach.web.office.door import is_office
from quetsach.web.office.people.access import duties_of, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.people.sign_in.session import ends_at
from quetsach.web.office.rooms import room_links
from quetsach.web.public_address import site


def office(request: HttpRequest) -> dict[str, Any]:
    """Return what templates of the office need; nothing elsewhere.

    ``session_ends`` is the moment when the session is over if nothing more is done in it; ``local_site`` is the address
    that goes out with letters and kits while nobody has set the public one.
    """
    person = getattr(request, "user", None)
    if not is_office(request.path) or not isinstance(person, Person):
        return {}
    now = datetime.now(UTC)
    duties, ends = duties_of(person, day=today(now)), ends_at(request.session)
    return {
        "session_ends": ends,
        "session_seconds": int((ends - now).total_seconds()) if ends else 0,
        "rooms": room_links(frozenset(duty.role for duty in duties), request.path),
        "duties": duties,
        "centre_site": site(),
        "local_site": "" if settings.CENTER.public_url else site(),
    }
