"""The form that puts a form of returns to use."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.returns.errors import PeriodError
from quetsach.campaign.returns.period import PeriodKind, ReportingPeriod, weeks
from quetsach.web.office.campaigns.models import Campaign
from quetsach.web.office.returns.models import ReturnForm
from quetsach.web.office.returns.services.assignment import MOST_DAYS
from quetsach.web.office.units.models import UnitKind

KIND_TITLES = {
    UnitKind.PROVINCE: _("provinces and cities"),
    UnitKind.DISTRICT: _("districts"),
    UnitKind.COMMUNE: _("communes"),
    UnitKind.MINISTRY: _("ministries"),
    UnitKind.AGENCY: _("agencies"),
    UnitKind.ENTERPRISE: _("enterprises"),
}


class AssignmentForm(forms.Form):
    """Which units owe returns on which form, by week or by the phases of the campaign."""

    campaign = forms.ModelChoiceField(Campaign.objects.all(), label=_("Campaign"), to_field_name="key", empty_label="–")
    form = forms.ModelChoiceField(ReturnForm.objects.all(), label=_("Form"), to_field_name="code", empty_label="–")
    period_kind = forms.ChoiceField(
        label=_("Periods"),
        choices=[(PeriodKind.WEEK.value, _("every week")), (PeriodKind.PHASE.value, _("every phase"))],
    )
    first = forms.DateField(label=_("First day of the weeks"), required=False, widget=forms.DateInput({"type": "date"}))
    last = forms.DateField(label=_("Last day of the weeks"), required=False, widget=forms.DateInput({"type": "date"}))
    kinds = forms.MultipleChoiceField(
        label=_("Who reports"),
        choices=[(kind.value, title) for kind, title in KIND_TITLES.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    due_days = forms.IntegerField(
        label=_("Due, days after the end of the period"), min_value=0, max_value=MOST_DAYS, initial=3
    )
    lock_days = forms.IntegerField(
        label=_("Entry closes, days after the end of the period"), min_value=0, max_value=MOST_DAYS, initial=14
    )

    def clean(self) -> dict[str, Any]:
        """Work out the periods."""
        given = super().clean() or {}
        if self.errors:
            return given
        try:
            given["periods"] = self._periods(given)
        except PeriodError as error:
            raise forms.ValidationError(_("These days make no weeks.")) from error
        if given["lock_days"] < given["due_days"]:
            self.add_error("lock_days", _("Entry cannot close before returns are due."))
        return given

    def _periods(self, given: dict[str, Any]) -> tuple[ReportingPeriod, ...]:
        if given["period_kind"] == PeriodKind.PHASE:
            phases = given["campaign"].plan.phases
            return tuple(ReportingPeriod(phase.id, phase.period.first, phase.period.last) for phase in phases)
        if not given["first"] or not given["last"]:
            raise forms.ValidationError(_("Weeks need a first and a last day."))
        return weeks(given["first"], given["last"])
