"""What every page of the office has around it: the rooms that stand in its navigation, and who is signed in."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.authority import PERMISSIONS, Permission, Role
from quetsach.web.identity import site
from quetsach.web.limits import is_office
from quetsach.web.office.people.access import duties_of, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.people.sessions import ends_at

_WHERE_WORK_BEGINS = ("office:dashboard", "office:operation:operation")
_WHERE_LINKS_GO_OUT = ("office:letters:", "office:publicity:", "office:returns:")


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """A part of the office: its first page, its title, the act that opens it, and first pages that are parts of it.

    ``setting`` is one of the centre without which it does not stand there.
    """

    name: str
    title: str | Promise
    act: Permission
    others: tuple[str, ...] = ()
    setting: str = ""


ROOMS: tuple[NavigationItem, ...] = (
    NavigationItem("office:campaigns:list", _("Campaigns"), Permission.PUBLISH_NUMBERS),
    NavigationItem("office:letters:list", _("Letters"), Permission.SEE),
    NavigationItem("office:returns:list", _("Returns"), Permission.SEE),
    NavigationItem("office:publicity:list", _("Publicity"), Permission.SEE),
    NavigationItem("office:units:list", _("Units"), Permission.SEE),
    NavigationItem("office:partners:list", _("Partners"), Permission.PUBLISH_NUMBERS),
    NavigationItem("office:helpdesk:list", _("Help desk"), Permission.ANSWER_CASES),
    NavigationItem("office:figures:figures", _("Figures"), Permission.PUBLISH_NUMBERS),
    NavigationItem("office:feeds:feeds", _("Feeds"), Permission.PUBLISH_NUMBERS, ("office:sources:sources",)),
    NavigationItem("office:accounts:list", _("Stolen accounts"), Permission.HANDLE_FEEDS, setting="account_check"),
    NavigationItem("office:packs:packs", _("Packs"), Permission.PUBLISH_PACKS),
    NavigationItem("office:other_tools:tools", _("Tools of others"), Permission.PUBLISH_PACKS),
    NavigationItem("office:approvals:list", _("Approvals"), Permission.SEE),
    NavigationItem("office:people:list", _("People"), Permission.MANAGE_PEOPLE),
    NavigationItem("office:operation:operation", _("Operation"), Permission.RUN_CAMPAIGN),
    NavigationItem("office:log:list", _("Log"), Permission.READ_LOG),
)
"""In the order of the navigation. A room is added with its first page."""


@dataclass(frozen=True, slots=True)
class NavigationLink:
    """A room as a link."""

    url: str
    title: str | Promise
    is_here: bool


def navigation_links(roles: frozenset[Role], path: str) -> tuple[NavigationLink, ...]:
    """Return the links of the rooms that somebody with these roles finds open."""
    allowed = frozenset().union(*(PERMISSIONS[role] for role in roles)) if roles else frozenset()
    on = [room for room in ROOMS if not room.setting or getattr(settings.CENTER, room.setting)]
    rooms = [room for room in on if room.act in allowed]
    return tuple(NavigationLink(reverse(room.name), room.title, _is_in(room, path)) for room in rooms)


def _is_in(room: NavigationItem, path: str) -> bool:
    return any(path.startswith(reverse(name)) for name in (room.name, *room.others))


def navigation(request: HttpRequest) -> dict[str, Any]:
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
        "rooms": navigation_links(roles, request.path),
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
    if any(Permission.RUN_CAMPAIGN in PERMISSIONS[role] for role in roles):
        return "whole" if here in _WHERE_WORK_BEGINS else "briefly"
    return "briefly" if roles and here.startswith(_WHERE_LINKS_GO_OUT) else ""
