"""Campaigns and people of the office, by what a command calls them."""

from quetsach.core.errors import InputError
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.plans.selectors import campaign_of, campaigns


def campaign_named(key: str) -> Campaign:
    """Return a campaign by its identifier.

    Raises:
        InputError: there is none.
    """
    campaign = campaign_of(key)
    if campaign is None:
        known = ", ".join(c.key for c in campaigns())
        hint = f"known: {known}" if known else "quetsach center campaigns import FILE"
        raise InputError(f"there is no campaign {key[:60]!r}", hint=hint)
    return campaign


def person_named(email: str) -> Person:
    """Return somebody who works here, by e-mail address.

    Raises:
        InputError: nobody does under this address.
    """
    found: Person | None = Person.objects.filter(email=email.strip().lower(), is_active=True).first()
    if found is None:
        raise InputError("nobody works here under this address", where=email[:100], hint="quetsach center people list")
    return found
