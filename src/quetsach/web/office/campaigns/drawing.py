"""How plans and boards are drawn and written."""

from collections.abc import Iterable, Sequence
from datetime import date

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from quetsach.assess.definitions import change_of
from quetsach.assess.priority import Standing
from quetsach.campaign.record import Campaign
from quetsach.campaign.schedule.decision import Decision, DecisionKind
from quetsach.campaign.schedule.outcome import Divided, Total, TotalsRow
from quetsach.campaign.schedule.plan import Milestone
from quetsach.campaign.schedule.status import Board, Row
from quetsach.core.period import Period
from quetsach.core.text import number_text
from quetsach.web.design.charts.parts import FILLS, Part, StackedBar, draw_parts
from quetsach.web.design.words import day, figure, here, marked_day, page_language
from quetsach.web.office.campaigns.forms import KIND_TITLES

register = template.Library()

_ROW_PERCENT = 5.0
"""How far apart, in percent of the bar, the numbers of two milestones must be to stand in one row."""


@register.simple_tag
def plan_bar(plan: Campaign, on: date) -> SafeString:
    """Draw a plan along time: phases, their parts, numbered milestones, the day; the milestones are named below it."""
    span = Period(plan.phases[0].period.first, plan.phases[-1].period.last)
    marks = sorted((m for m in plan.milestones if m.on in span), key=lambda m: m.on)
    named = format_html_join("", "<li>{}: {}</li>", ((marked_day(m.on), here(m.name)) for m in marks))
    line = format_html('<rect class="today" x="{}" y="22" width="3" height="34"/>', _at(on, span)) if on in span else ""
    bar = format_html(
        '<svg class="plan-bar" role="img" aria-label="{}">{}{}{}</svg>',
        _plan_in_words(plan, marks, on if on in span else None),
        _rectangles(plan, span),
        _numbered(marks, span),
        line,
    )
    legend = '<figcaption>{}<ol class="plan-marks">{}</ol></figcaption>'
    return format_html(
        '<figure class="plan">{}{}</figure>', bar, format_html(legend, _("Milestones"), named) if marks else ""
    )


def _at(when: date, span: Period) -> str:
    return f"{100 * (when - span.first).days / span.days:.2f}%"


def _rectangles(plan: Campaign, span: Period) -> SafeString:
    def rectangle(kind: str, period: Period, top: int, height: int) -> tuple[str, str, int, str, int]:
        return kind, _at(period.first, span), top, f"{max(0.1, 100 * period.days / span.days - 0.2):.2f}%", height

    phases = [rectangle(f"phase {p.stage}", p.period, 30, 16) for p in plan.phases]
    parts = [rectangle("part", part.period, 49, 4) for p in plan.phases for part in p.parts]
    return format_html_join("", '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', [*phases, *parts])


def _numbered(marks: Sequence[Milestone], span: Period) -> SafeString:
    """Number milestones from the left; where two are close, every other number stands a row higher."""
    drawn, row, last = [], 0, date.min
    for number, mark in enumerate(marks, 1):
        is_close = number > 1 and 100 * (mark.on - last).days / span.days < _ROW_PERCENT
        row, last = (1 - row if is_close else 0), mark.on
        x = _at(mark.on, span)
        beside = (
            3 if (span.last - mark.on).days / span.days > _ROW_PERCENT / 100 else -11
        )  # the last stay in the picture
        drawn.append((x, 15 - 13 * row, x, 26 - 13 * row, beside, number))
    return format_html_join(
        "",
        '<rect class="mark" x="{}" y="{}" width="1" height="30"/><text class="number" x="{}" y="{}" dx="{}">{}</text>',
        drawn,
    )


def _plan_in_words(plan: Campaign, marks: Sequence[Milestone], on: date | None) -> str:
    """Say what the bar shows to whoever does not see it."""
    phases = [f"{here(p.name)}: {day(p.period.first)} – {day(p.period.last)}" for p in plan.phases]
    stones = [f"{day(m.on)}: {here(m.name)}" for m in marks]
    said = [_("Phases along time: %(phases)s.") % {"phases": "; ".join(phases)}]
    if stones:
        said.append(_("Milestones: %(milestones)s.") % {"milestones": "; ".join(stones)})
    if on:
        said.append(_("The line marks %(day)s.") % {"day": day(on)})
    return " ".join(said)


@register.simple_tag
def divided_bar(divided: Divided) -> str | SafeString:
    """Draw what a total of the returns fell into; nothing where more parts are than can be told apart."""
    parts = [Part(here(part.name), part.value) for part in divided.parts]
    if divided.rest:
        parts.append(Part(_("Not said what became of them"), divided.rest))
    return draw_parts(StackedBar(here(divided.whole.name), parts)) if len(parts) <= FILLS else ""


@register.filter
def days(value: str | None) -> str | SafeString:
    """Write days that a decision keeps as ``2020-09-17..2020-12-15``; a single day once."""
    if not value:
        return "–"
    period = Period.parse(value)
    first, last = marked_day(period.first), marked_day(period.last)
    return first if period.days == 1 else format_html("{} – {}", first, last)


@register.filter
def subjects(decision: Decision) -> list[str]:
    """Return what was decided on by the names that stand in the figures beside it, else by its keys."""
    named = {row["id"]: here(row["name"]) for row in decision.figures.get("rows", ()) if row.get("name")}
    return [named.get(key, key) for key in decision.subjects]


@register.filter
def moved(percent: float) -> str:
    """Write a relative change as a word and a figure: “giảm 54,5%”."""
    return str(here(change_of(percent)))


@register.filter
def fall(percent: float) -> float:
    """Turn a relative change into how far something fell, for a bar; a rise is no fall."""
    return max(0.0, -percent)


@register.simple_tag
def cells(board: Board, row: Row) -> list[str]:
    """Write the figures of a row with the decimals of their columns."""
    language = page_language()
    return [
        "–" if value is None else number_text(value, language, decimals=column.decimals)
        for value, column in zip(row.figures, board.columns, strict=True)
    ]


@register.filter
def values_of(row: TotalsRow, totals: Iterable[Total]) -> list[str]:
    """Write the figures of a row in the order of the totals; what no return gave is a dash."""
    given = [(total.id in row.values, row.values.get(total.id)) for total in totals]
    return [_("hidden") if is_given and value is None else figure(value) for is_given, value in given]


@register.filter
def decision_kind(kind: str) -> str:
    """Name what a decision is about."""
    return str(KIND_TITLES[DecisionKind(kind)])


@register.filter
def standing(value: str) -> str:
    """Name whether a botnet is among the first whatever the weights."""
    return str(here(Standing(value).text))
