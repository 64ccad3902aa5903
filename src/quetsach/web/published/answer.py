"""What a visitor is told about their own address: whether it is listed, since when, and what nobody can know."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.core.address import Address
from quetsach.web.design.words import day as write_day
from quetsach.web.design.words import here
from quetsach.web.published.devices import Device, only_device

# What a visitor is told about their own address: a dated observation, never a verdict on a machine.
#
# Addresses change hands and are shared: in the campaign of 2022, 45 % of the first visitors had a listed address while
# 3 % of the country's addresses were listed. So no answer says that a computer is, or is not, all right.

LOOK = "quetsach.look"
"""In the environment of a request for the page of an answer that is known; nothing that is sent can have this name."""
ADDRESS_PLACE = "\ue000"
"""What such a page has where the address stands: a character that is in no text of ours."""
FRESH_DAYS = 7
"""Data whose newest day is older say nothing about now."""


class Outcome(StrEnum):
    """The five answers."""

    SEEN = "seen"
    NOT_SEEN = "not-seen"
    NOT_COVERED = "not-covered"
    SHARED = "shared"
    NO_FRESH_DATA = "no-fresh-data"


@dataclass(frozen=True, slots=True)
class ListedFamily:
    """One family seen at the address, and the last day (UTC); ``guidance`` is the page about it, if there is one.

    ``platforms`` are those on which it lives, as far as a pack knows.
    """

    name: str
    last_day: date
    guidance: str = ""
    platforms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. ``address`` is the visitor's own, shown back so that they can tell what was looked up."""

    outcome: Outcome
    address: Address | None
    first_day: date | None = None
    newest_day: date | None = None
    listings: tuple[ListedFamily, ...] = ()

    @property
    def is_urgent(self) -> bool:
        """Whether seeing to the devices is the one thing to do now."""
        return self.outcome is Outcome.SEEN

    @property
    def device(self) -> Device | None:
        """The one kind of device to see to, where everything that was seen lives on that alone."""
        return only_device([listing.platforms for listing in self.listings])

    @property
    def title(self) -> str | Promise:
        """The answer in a line."""
        return _TITLES[self.outcome]

    @property
    def summary(self) -> str:
        """The answer in a sentence, with its days."""
        values = {"first": write_day(self.first_day), "last": write_day(self.newest_day), **_country()}
        return str(_SUMMARIES[self.outcome]) % values

    @property
    def means(self) -> str:
        """What follows from it."""
        return str(_MEANS[self.outcome]) % _country()

    @property
    def means_not(self) -> str | Promise:
        """What does not follow from it."""
        return _MEANS_NOT[self.outcome]


def _country() -> dict[str, str]:
    return {"country": here(settings.COUNTRY.name)}


_TITLES = {
    Outcome.SEEN: _("Malware was reported at your address"),
    Outcome.NOT_SEEN: _("No malware was reported at this address"),
    Outcome.NOT_COVERED: _("Our sources do not cover this address"),
    Outcome.SHARED: _("This address is shared or hidden"),
    Outcome.NO_FRESH_DATA: _("We have no fresh data"),
}
_SUMMARIES = {
    Outcome.SEEN: _(
        "Between %(first)s and %(last)s a device behind this address contacted a server that malware contacts."
    ),
    Outcome.NOT_SEEN: _("Between %(first)s and %(last)s no contact from this address was reported to us."),
    Outcome.NOT_COVERED: _(
        "They report about addresses of %(country)s alone. This one belongs to another country or to nobody that we "
        "know."
    ),
    Outcome.SHARED: _("We cannot tell one line from another behind it, so we did not look it up."),
    Outcome.NO_FRESH_DATA: _("What was reported to us is too old to say anything about now."),
}
_MEANS = {
    Outcome.SEEN: _(
        "It may have been your computer, another device in your home or office, or someone who had this address "
        "before you. Look at every device that uses this connection, one after the other."
    ),
    Outcome.NOT_SEEN: _("Nothing was reported in those days. That is good to know, and it is all we know."),
    Outcome.NOT_COVERED: _(
        "We would not have heard of malware at this address even if there were some. If you are in %(country)s, a VPN "
        "may be showing us another country: switch it off and look again."
    ),
    Outcome.SHARED: _(
        "Mobile networks, VPNs, offices and many providers put hundreds of lines behind one address. An answer about "
        "it would be about all of them."
    ),
    Outcome.NO_FRESH_DATA: _(
        "Please come back later. You need not wait for us: what to do on each device can be read at any time."
    ),
}
_MEANS_NOT = {
    Outcome.SEEN: _(
        "It does not mean that malware is on the device in front of you. An address is not a machine: many devices "
        "may share it, and yesterday it may have been someone else's."
    ),
    Outcome.NOT_SEEN: _(
        "It does not mean that there is no malware. Much of it never contacts a server that reports to us. Looking at "
        "the device itself is useful all the same."
    ),
    Outcome.NOT_COVERED: _("It says nothing about your device, neither good nor bad. Choose your device to see to it."),
    Outcome.SHARED: _("It says nothing about your device, neither good nor bad. Choose your device to see to it."),
    Outcome.NO_FRESH_DATA: _("It says nothing about your address or your device, neither good nor bad."),
}


# What the portal does: answers a visitor about their own address.


class Listing(Protocol):
    """One family seen at an address."""

    @property
    def family(self) -> str:
        """Identifier of the family."""

    @property
    def last_day(self) -> date:
        """Last day (UTC) it was seen there."""


class AddressList(Protocol):
    """The addresses reported from ``first_day`` on; ``newest_day`` is the last that has any."""

    first_day: date
    newest_day: date | None

    def look_up(self, address: Address) -> Sequence[Listing]:
        """Return what was seen at the address, or in its /64."""

    def covers(self, address: Address) -> bool:
        """Say whether any feed would have told of the address: else that it was not seen means nothing."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was found about one address; the same in every language."""

    outcome: Outcome
    address: Address | None
    first_day: date | None = None
    newest_day: date | None = None
    listings: tuple[Listing, ...] = ()

    def answer(self, describe: Callable[[Listing], ListedFamily]) -> Answer:
        """Return what the visitor is told.

        Args:
            describe: gives a listing its name in the page's language.
        """
        described = tuple(map(describe, self.listings))
        return Answer(self.outcome, self.address, self.first_day, self.newest_day, described)


def address_check(*, address: Address | None, listed: AddressList | None, today: date) -> Look:
    """Look one address up, in memory; nothing is kept.

    Args:
        address: the visitor's own; ``None`` where the proxies did not say it.
        listed: what was reported lately; ``None`` before the first publication.
        today: the day to measure freshness against (UTC).
    """
    if address is None or address.is_shared_or_hidden:
        return Look(Outcome.SHARED, address)
    if listed is None or listed.newest_day is None or today - listed.newest_day > timedelta(days=FRESH_DAYS):
        return Look(Outcome.NO_FRESH_DATA, address)
    found = tuple(listed.look_up(address))
    if not found and not listed.covers(address):
        return Look(Outcome.NOT_COVERED, address)
    outcome = Outcome.SEEN if found else Outcome.NOT_SEEN
    return Look(outcome, address, listed.first_day, listed.newest_day, found)
