"""What the units' returns came to, once their totals were published."""

from quetsach.assess import period_text
from quetsach.campaign.schedule.outcome import ReturnFacts, Total, TotalsRow
from quetsach.core.pack import LocalText
from quetsach.core.period import Period
from quetsach.web.office.reading import kept_while_read
from quetsach.web.office.returns.selectors.publication import PublishedTotals, published_totals


@kept_while_read
def returns_of(key: str) -> ReturnFacts | None:
    """Return the newest published totals of a campaign; ``None`` while there are none."""
    published = published_totals(key)
    return return_facts(published) if published else None


def return_facts(published: PublishedTotals) -> ReturnFacts:
    """Return totals as the public page, the archive and who lets them out are shown them."""
    units = published.all_units
    return ReturnFacts(
        totals=tuple(Total(f.id, f.label, f.value, f.definition, f.given) for f in published.figures),
        expected=units.expected,
        approved=units.accounted_approved,
        on_time=units.on_time,
        note=LocalText(_note(published, "vi"), _note(published, "en")),
        rows=tuple(
            TotalsRow(row.name, row.completeness.expected, row.completeness.accounted_approved, row.values)
            for row in published.rows
        ),
        sha256=published.sha256,
    )


def _note(published: PublishedTotals, language: str) -> str:
    days = period_text(Period(published.since, published.last), language)
    return f"{days}. " + " ".join(f"{s.in_language(language)}." for s in published.sentences)
