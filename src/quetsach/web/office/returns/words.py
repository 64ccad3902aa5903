"""Filters for answers, which are texts, and for how long links open: what is no number or day is shown as typed."""

from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from quetsach.campaign.returns.form import Form
from quetsach.core.period import midnight_after
from quetsach.web.design.words import day, figure, here, marked_day, moment

register = template.Library()


@register.filter
def count_text(value: str) -> str:
    """Write a count with the language's separators."""
    return figure(int(value)) if value.isdecimal() and len(value) < 16 else value


@register.filter
def titled(form: Form) -> str:
    """Write which form it is: its name and version."""
    return _("%(name)s, version %(version)s") % {"name": here(form.name), "version": form.version}


@register.filter
def day_text(value: str) -> str | SafeString:
    """Write a day as the language does."""
    try:
        return marked_day(date.fromisoformat(value))
    except ValueError:
        return value


@register.filter
def until(value: datetime) -> str:
    """Write when a link ends: a midnight is the end of the day before it."""
    last = timezone.localdate(value - timedelta(seconds=1))
    return (
        _("the end of %(day)s") % {"day": day(last)}
        if midnight_after(last, timezone.get_default_timezone()) == value
        else moment(value)
    )
