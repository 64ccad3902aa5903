"""How plans and boards are drawn and written."""

from collections.abc import Iterable
from datetime import date

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from quetsach.assess.priority import Standing
from quetsach.campaign.record import Campaign
from quetsach.campaign.schedule.board import Board, Row
from quetsach.campaign.schedule.decision import Decision, DecisionKind
from quetsach.campaign.schedule.outcome import Total, TotalsRow
from quetsach.core.number import change_text, number_text
from quetsach.core.period import Period
from quetsach.web.design.templatetags.words import figure, here, marked_day
from quetsach.web.office.campaigns.forms import KIND_TITLES

register = template.Library()

_WIDTH, _HEIGHT = 1000, 34


@register.simple_tag
def plan_bar(plan: Campaign, on: date) -> SafeString:
    """Draw a plan along time: phases, their parts, milestones, the day. A list beside it says the same in words."""
    first, last = plan.phases[0].period.first, plan.phases[-1].period.last
    length = (last - first).days + 1

    def at(when: date) -> str:
        return f"{_WIDTH * (when - first).days / length:.1f}"

    def rectangle(kind: str, begin: date, end: date) -> tuple[str, str, str]:
        return kind, at(begin), f"{max(1.0, _WIDTH * ((end - begin).days + 1) / length - 2):.1f}"

    phases = [rectangle(f"phase {p.stage}", p.period.first, p.period.last) for p in plan.phases]
    parts = [rectangle("part", p.period.first, p.period.last) for phase in plan.phases for p in phase.parts]
    marks = [(at(m.on),) for m in plan.milestones if first <= m.on <= last]
    today = [(at(on),)] if first <= on <= last else []
    return format_html(
        '<svg class="plan-bar" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">{}{}{}{}</svg>',
        _WIDTH,
        _HEIGHT,
        format_html_join("", '<rect class="{}" x="{}" y="4" width="{}" height="16"/>', phases),
        format_html_join("", '<rect class="{}" x="{}" y="23" width="{}" height="4"/>', parts),
        format_html_join("", '<rect class="mark" x="{}" y="9" width="3" height="6"/>', marks),
        format_html_join("", '<rect class="today" x="{}" y="0" width="3" height="34"/>', today),
    )


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
    return change_text(percent, "en" if get_language() == "en" else "vi")


@register.simple_tag
def cells(board: Board, row: Row) -> list[str]:
    """Write the figures of a row with the decimals of their columns."""
    language = "en" if get_language() == "en" else "vi"
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
