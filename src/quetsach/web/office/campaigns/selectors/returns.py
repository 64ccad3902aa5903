"""What the units' returns came to, once their totals were published."""

from quetsach.assess import period_text
from quetsach.campaign.schedule.outcome import ReturnFacts, Total
from quetsach.core.pack import LocalText
from quetsach.core.period import Period
from quetsach.web.office.returns.selectors.publication import PublishedTotals, published_totals


def returns_of(key: str) -> ReturnFacts | None:
    """Return the newest published totals of a campaign; ``None`` while there are none."""
    published = published_totals(key)
    if published is None:
        return None
    units = published.all_units
    return ReturnFacts(
        totals=tuple(Total(figure.id, figure.label, figure.value) for figure in published.figures),
        expected=units.expected,
        approved=units.accounted_approved,
        on_time=units.on_time,
        note=LocalText(_note(published, "vi"), _note(published, "en")),
    )


def _note(published: PublishedTotals, language: str) -> str:
    days = period_text(Period(published.since, published.last), language)
    return f"{days}. " + " ".join(f"{s.in_language(language)}." for s in published.sentences)
