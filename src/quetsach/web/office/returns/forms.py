"""The form that puts a form of returns to use, and those by which one is taken in."""

from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.errors import CampaignError, PeriodError, PolicyError
from quetsach.campaign.letters.reminders import Policy, read_days
from quetsach.campaign.returns.form import read_form
from quetsach.campaign.returns.period import PeriodKind, ReportingPeriod, weeks
from quetsach.campaign.section import MAX_BYTES
from quetsach.web.design.words import day, here
from quetsach.web.office.day_field import DayField
from quetsach.web.office.editions import EditedForm
from quetsach.web.office.letters.models import Letter, LetterState
from quetsach.web.office.people.access import today
from quetsach.web.office.plans.forms import CampaignField
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.plans.selectors import is_closed
from quetsach.web.office.refusal import refusal_text
from quetsach.web.office.returns.models import ReturnForm
from quetsach.web.office.returns.selectors.asking import planned_periods
from quetsach.web.office.returns.services.assignment import MOST_DAYS
from quetsach.web.office.returns.words import titled
from quetsach.web.office.tree.models import UnitKind

KIND_TITLES = {
    UnitKind.PROVINCE: _("provinces and cities"),
    UnitKind.DISTRICT: _("districts"),
    UnitKind.COMMUNE: _("communes"),
    UnitKind.MINISTRY: _("ministries"),
    UnitKind.AGENCY: _("agencies"),
    UnitKind.ENTERPRISE: _("enterprises"),
}


class FormField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic when it runs
    """One of the forms of returns, by name and version."""

    def label_from_instance(self, obj: ReturnForm) -> str:
        """Return name and version in the language of the page."""
        return titled(obj.form)


class LetterField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic when it runs
    """One of the letters that were issued, by number and subject."""

    def label_from_instance(self, obj: Letter) -> str:
        """Return number, day and subject."""
        return f"{obj.number_sign}, {day(obj.issued_on)}: {obj.subject}"[:160]


class FormFileForm(forms.Form):
    """The file of a form of returns."""

    file = forms.FileField(
        label=_("File of the form"),
        help_text=_("TOML in UTF-8, as every form here can be downloaded. You see what it asks before it is taken in."),
        widget=forms.FileInput(attrs={"accept": ".toml"}),
    )

    def clean_file(self) -> bytes:
        """Return the file with plain line ends, or say in which field it is no form."""
        content: bytes = self.cleaned_data["file"].read(MAX_BYTES + 1)
        return _checked_form(content)


class FormTextForm(forms.Form):
    """A form that somebody has looked at, as it is sent back."""

    document = forms.CharField(strip=False, widget=forms.HiddenInput)

    def clean_document(self) -> str:
        """Return the text, if it is still a form."""
        return _checked_form(self.cleaned_data["document"].encode()).decode()

    def content(self) -> bytes:
        """Return the file."""
        return str(self.cleaned_data["document"]).encode()


def _checked_form(content: bytes) -> bytes:
    plain = content.replace(b"\r\n", b"\n")  # browsers send lines of a text so
    try:
        read_form(plain, file=str(_("file")))
    except CampaignError as error:
        where = f"{error.field}: " if error.field else ""
        raise forms.ValidationError(f"{where}{here(error.text)}") from error
    return plain


class AskingCampaignField(CampaignField):
    """One of the campaigns; one whose days are over says so."""

    def label_from_instance(self, obj: Campaign) -> str:
        """Return the name, and where the campaign is over that it is."""
        name, last = super().label_from_instance(obj), obj.plan.days.last
        if is_closed(obj):
            return str(_("%(name)s (closed)") % {"name": name})
        return str(_("%(name)s (ended on %(day)s)") % {"name": name, "day": day(last)}) if last < _today() else name


def _today() -> date:
    return today(datetime.now(UTC))


class AssignmentForm(forms.Form):
    """Which units owe returns on which form, by week or by the phases of the campaign."""

    campaign = AskingCampaignField(Campaign.objects.all(), label=_("Campaign"), to_field_name="key", empty_label="–")
    form = FormField(ReturnForm.objects.all(), label=_("Form"), to_field_name="code", empty_label="–")
    period_kind = forms.ChoiceField(
        label=_("Periods"),
        choices=[(PeriodKind.WEEK.value, _("every week")), (PeriodKind.PHASE.value, _("every phase"))],
    )
    first = DayField(label=_("First day of the weeks"), required=False)
    last = DayField(label=_("Last day of the weeks"), required=False)
    letter = LetterField(
        Letter.objects.filter(state=LetterState.ISSUED).order_by("-issued_at"),
        label=_("Letter that asks for the returns"),
        required=False,
        empty_label="–",
        help_text=_("Mail to the units names it with its number and code, so that they can check who asks."),
    )
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
        if "campaign" in given and is_closed(given["campaign"]):
            self.add_error("campaign", _("This campaign is closed: nobody can be asked for its returns any more."))
        if self.errors:
            return given
        try:
            given["periods"] = self._periods(given)
        except PeriodError as error:
            raise forms.ValidationError(_("These days make no weeks.")) from error
        if given["lock_days"] < given["due_days"]:
            self.add_error("lock_days", _("Entry cannot close before returns are due."))
        if given["letter"] and given["letter"].campaign != given["campaign"].key:
            self.add_error("letter", _("This letter is of another campaign."))
        return given

    def _periods(self, given: dict[str, Any]) -> tuple[ReportingPeriod, ...]:
        if given["period_kind"] == PeriodKind.PHASE:
            return planned_periods(given["campaign"].plan)
        if not given["first"] or not given["last"]:
            raise forms.ValidationError(_("Weeks need a first and a last day."))
        return weeks(given["first"], given["last"])


class PolicyForm(EditedForm):
    """On which days units are reminded."""

    unit_days = forms.CharField(
        label=_("Days on which a unit that owes is reminded"),
        max_length=200,
        required=False,
        help_text=_("Counted from the due day: −3 is three days before it, 0 the day itself, 3 three days after it."),
    )
    parent_days = forms.CharField(
        label=_("Days on which the unit above is told who is late"),
        max_length=200,
        required=False,
        help_text=_("Empty: never."),
    )

    def clean(self) -> dict[str, Any]:
        """Read the days."""
        given = super().clean() or {}
        try:
            given["policy"] = Policy(read_days(given.get("unit_days", "")), read_days(given.get("parent_days", "")))
        except PolicyError as error:
            raise forms.ValidationError(refusal_text(error)) from error
        return given
