"""What every page of the office needs: its rooms and who is signed in."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from quetsach.campaign.authority import ACTS, Act, Role
from quetsach.web.office.door import is_office
from quetsach.web.office.people.access import duties_of, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.people.sign_in.session import ends_at
from quetsach.web.office.rooms import room_links
from quetsach.web.public_address import site

_WHERE_WORK_BEGINS = ("office:desk", "office:operation:operation")
_WHERE_LINKS_GO_OUT = ("office:letters:", "office:publicity:", "office:returns:")


def office(request: HttpRequest) -> dict[str, Any]:
    """Return what templates of the office need; nothing elsewhere.

    ``session_ends`` is the moment when the session is over if nothing more is done in it; ``local_site`` is the address
    that goes out with letters and kits while nobody has set the public one; ``address_told`` is how much this page says
    of that.
    """
    person = getattr(request, "user", None)
    if not is_office(request.path) or not isinstance(person, Person):
        return {}
    now = datetime.now(UTC)
    duties, ends = duties_of(person, day=today(now)), ends_at(request.session)
    roles = frozenset(duty.role for duty in duties)
    return {
        "session_ends": ends,
        "session_seconds": int((ends - now).total_seconds()) if ends else 0,
        "rooms": room_links(roles, request.path),
        "duties": duties,
        "centre_site": site(),
        "local_site": site(),
        "address_told": "" if settings.CENTER.public_url else _address_told(roles, request),
    }


def _address_told(roles: frozenset[Role], request: HttpRequest) -> str:
    """Return how much a page tells of the address that is missing: ``whole``, ``briefly``, or nothing.

    Whoever can have it set reads it whole where work begins, and briefly everywhere else. Others read it where links go
    out: they can do nothing about it but wait with what they send.
    """
    here = request.resolver_match.view_name if request.resolver_match else ""
    if any(Act.RUN_CAMPAIGN in ACTS[role] for role in roles):
        return "whole" if here in _WHERE_WORK_BEGINS else "briefly"
    return "briefly" if roles and here.startswith(_WHERE_LINKS_GO_OUT) else ""
