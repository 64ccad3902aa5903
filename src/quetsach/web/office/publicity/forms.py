"""Forms of publicity."""

import re
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from quetsach.core.period import Period
from quetsach.web.office.day_field import DayField
from quetsach.web.office.plans.forms import CampaignField
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.publicity.selectors.reach import whole_weeks
from quetsach.web.office.publicity.services import MAX_REASON_LENGTH

MAX_DAYS = 400
MAX_UNIT_LENGTH = 300
_KEY_AT_END = re.compile(r"\(([^()\s]+)\)\s*$")


class UnitField(forms.CharField):
    """A unit as the list offers it, ``Thành phố Hải Phòng (31-2025)``, or by its key or its name alone."""

    def __init__(self, *, required: bool = True) -> None:
        super().__init__(max_length=MAX_UNIT_LENGTH, required=required, label=_("Unit"))

    def to_python(self, value: object) -> str:
        """Return the key where there is one, else what was typed."""
        text = str(super().to_python(value) or "")
        key = _KEY_AT_END.search(text)
        return key[1] if key else text


class KitForm(forms.Form):
    """Whose kit, and for which campaign."""

    unit = UnitField()
    campaign = CampaignField(Campaign.objects.order_by("-begun_at"), label=_("Campaign"), empty_label=None)


class ReasonForm(forms.Form):
    """Why a kit is taken back; the public reads it."""

    reason = forms.CharField(max_length=MAX_REASON_LENGTH, label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))


class ReachForm(forms.Form):
    """Which unit, and which days (UTC)."""

    unit = UnitField(required=False)
    first = DayField(label=_("From this day"))
    last = DayField(label=_("Up to this day"))

    def clean(self) -> dict[str, Any]:
        """Refuse days in the wrong order and spans that are too long; ``period`` is the whole weeks they touch."""
        found: dict[str, Any] = super().clean() or {}
        first, last = found.get("first"), found.get("last")
        if isinstance(first, date) and isinstance(last, date):
            if last < first:
                self.add_error("last", _("The last day is before the first."))
            elif (last - first).days >= MAX_DAYS:
                self.add_error("last", _("Choose at most 400 days."))
            elif (weeks := whole_weeks(Period(first, last), utc_day=datetime.now(UTC).date())) is None:
                self.add_error("last", _("Choose a week that is over: only whole weeks are counted."))
            else:
                found["period"] = weeks
        return found


class CodeForm(forms.Form):
    """A code as a person types it."""

    ma = forms.CharField(max_length=60, label=_("Verification code"))
