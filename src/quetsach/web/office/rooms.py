"""The rooms of the office: what stands in its navigation, and who finds it there."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.authority import ACTS, Act, Role


@dataclass(frozen=True, slots=True)
class Room:
    """A part of the office: the name of its first page, its title, and the act that opens it."""

    name: str
    title: str | Promise
    act: Act


ROOMS: tuple[Room, ...] = (
    Room("office:campaigns:list", _("Campaigns"), Act.PUBLISH_NUMBERS),
    Room("office:letters:list", _("Letters"), Act.SEE),
    Room("office:returns:list", _("Returns"), Act.SEE),
    Room("office:publicity:list", _("Publicity"), Act.SEE),
    Room("office:units:list", _("Units"), Act.SEE),
    Room("office:partners:list", _("Partners"), Act.PUBLISH_NUMBERS),
    Room("office:helpdesk:list", _("Help desk"), Act.ANSWER_CASES),
    Room("office:figures:figures", _("Figures"), Act.PUBLISH_NUMBERS),
    Room("office:feeds:feeds", _("Feeds"), Act.PUBLISH_NUMBERS),
    Room("office:packs:packs", _("Packs"), Act.PUBLISH_PACKS),
    Room("office:approvals:list", _("Approvals"), Act.SEE),
    Room("office:people:list", _("People"), Act.MANAGE_PEOPLE),
    Room("office:operation:operation", _("Operation"), Act.RUN_CAMPAIGN),
    Room("office:log:list", _("Log"), Act.READ_LOG),
)
"""In the order of the navigation. A room is added with its first page."""


@dataclass(frozen=True, slots=True)
class RoomLink:
    """A room as a link."""

    url: str
    title: str | Promise
    is_here: bool


def room_links(roles: frozenset[Role], path: str) -> tuple[RoomLink, ...]:
    """Return the links of the rooms that somebody with these roles finds open."""
    allowed = frozenset().union(*(ACTS[role] for role in roles)) if roles else frozenset()
    links = [(reverse(room.name), room.title) for room in ROOMS if room.act in allowed]
    return tuple(RoomLink(url, title, path.startswith(url)) for url, title in links)
