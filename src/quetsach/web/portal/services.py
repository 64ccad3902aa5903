"""What the portal does: answers a visitor about their own address."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Protocol

from quetsach.core.address import Address
from quetsach.web.portal.answer import FRESH_DAYS, Answer, ListedFamily, Outcome


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


def address_check(
    *,
    address: Address | None,
    listed: AddressList | None,
    today: date,
    describe: Callable[[Listing], ListedFamily],
) -> Answer:
    """Look one address up, in memory; nothing is kept.

    Args:
        address: the visitor's own; ``None`` where the proxies did not say it.
        listed: what was reported lately; ``None`` before the first publication.
        today: the day to measure freshness against (UTC).
        describe: gives a listing its name in the page's language.
    """
    if address is None or address.is_shared_or_hidden:
        return Answer(Outcome.SHARED, address)
    if listed is None or listed.newest_day is None or today - listed.newest_day > timedelta(days=FRESH_DAYS):
        return Answer(Outcome.NO_FRESH_DATA, address)
    found = tuple(describe(listing) for listing in listed.look_up(address))
    if not found and not listed.covers(address):
        return Answer(Outcome.NOT_COVERED, address)
    outcome = Outcome.SEEN if found else Outcome.NOT_SEEN
    return Answer(outcome, address, listed.first_day, listed.newest_day, found)
