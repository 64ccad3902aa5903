"""Draws the windows of a campaign beside its targets: for its page, and for its archive."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from quetsach.campaign import Target
from quetsach.centre.publication.campaign_figures import Marks
from quetsach.centre.publication.snapshot import CampaignFigures
from quetsach.core.period import Period
from quetsach.core.text import LocalText, number_text, percent_text
from quetsach.web.design.charts.over_time import Level, Mark, Span, SpanChart, draw_spans_for_screens
from quetsach.web.design.words import window_name

type Window = tuple[date, date, int, LocalText]
"""First and last day, unique addresses, name."""


def draw_campaign(campaign: CampaignFigures, targets: Sequence[Target], marks: Marks) -> Mapping[str, str]:
    """Return the chart by language, as it goes out with the figures: made once, when they are counted."""
    windows = [(w.first, w.last, w.addresses, w.title) for w in campaign.windows]
    baseline = campaign.baseline_window
    drawn = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            drawn[language] = draw_windows(
                campaign.name.in_language(language),
                _("unique addresses in 30 days"),
                windows,
                baseline=(baseline.first, baseline.addresses) if baseline else None,
                targets=targets,
                marks=marks,
                language=language,
            )
    return drawn


def draw_windows(
    title: str,
    unit: str,
    windows: Iterable[Window],
    *,
    baseline: tuple[date, int] | None,
    targets: Sequence[Target],
    marks: Marks,
    language: str,
) -> str:
    """Return bars of unique addresses where windows lie in time, what is aimed at, and what is known of days.

    Args:
        title: what the windows are of.
        unit: of the values.
        windows: in order of time.
        baseline: first day of the window that the others are set beside, and its addresses; ``None`` without one.
        targets: those of addresses; their lines need a baseline.
        marks: what is known of days.
        language: of words and separators; it is also the one that is active.
    """
    description = _(
        "Bars: unique addresses in each window, where it lies in time. Lines across: what the targets would come to. "
        "Addresses are not machines, so the picture does not say whether a target was met."
    )
    spans = (
        Span(first, last, value, window_name(name.in_language(language), Period(first, last)), first == _day(baseline))
        for first, last, value, name in windows
    )
    return draw_spans_for_screens(
        SpanChart(
            title=title,
            description=description,
            unit=unit,
            spans=tuple(spans),
            marks=tuple(Mark(day, words.in_language(language)) for day, words in marks),
            levels=tuple(_level(target, baseline[1], language) for target in targets) if baseline else (),
        ),
        language=language,
    )


def _day(baseline: tuple[date, int] | None) -> date | None:
    return baseline[0] if baseline else None


def _level(target: Target, addresses: int, language: str) -> Level:
    share = number_text(100 + target.change_percent, language, decimals=0)
    words = _("%(share)s of the baseline, which the target would come to") % {"share": percent_text(share, language)}
    return Level(addresses * (100 + target.change_percent) / 100, words)
