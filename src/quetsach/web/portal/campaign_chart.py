"""Draws the windows of a campaign for its page: once, when its figures are counted."""

from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from quetsach.centre.publication.campaign_figures import Marks
from quetsach.centre.publication.snapshot import CampaignFigures
from quetsach.core.period import Period
from quetsach.web.design.charts import Mark, Span, SpanChart, draw_spans_for_screens
from quetsach.web.design.words import window_name


def draw_campaign(campaign: CampaignFigures, marks: Marks) -> Mapping[str, str]:
    """Return the chart by language: bars of unique addresses where windows lie in time, and what is known of days."""
    return {language: _chart(campaign, marks, language) for language, _name in settings.LANGUAGES}


def _chart(campaign: CampaignFigures, marks: Marks, language: str) -> str:
    with override(language):
        return draw_spans_for_screens(
            SpanChart(
                title=campaign.name.in_language(language),
                description=_("Bars: unique addresses in each window, where it lies in time. They judge no target."),
                unit=_("unique addresses in 30 days"),
                # no line of the target: it would judge figures that give no verdict
                spans=tuple(
                    Span(
                        w.first,
                        w.last,
                        w.addresses,
                        window_name(w.title.in_language(language), Period(w.first, w.last)),
                        w.id == campaign.baseline,
                    )
                    for w in campaign.windows
                ),
                marks=tuple(Mark(day, words.in_language(language)) for day, words in marks),
            ),
            language=language,
        )
