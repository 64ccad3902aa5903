"""Forms of campaigns: they bound and parse, services decide."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from quetsach.campaign import Campaign as Plan
from quetsach.campaign import CampaignError, read_campaign
from quetsach.campaign.schedule.decision import (
    MAX_GROUNDS,
    MAX_TITLE,
    WITH_SUBJECTS,
    Decision,
    DecisionKind,
    in_force,
)
from quetsach.campaign.section import MAX_BYTES, format_at
from quetsach.core.text import LocalText
from quetsach.web.design.words import here
from quetsach.web.office.day_field import DayField
from quetsach.web.office.plans.models import FILE, Campaign

KIND_TITLES = {
    DecisionKind.BOTNETS: _("Botnets to act on"),
    DecisionKind.ISPS: _("Internet providers"),
    DecisionKind.BASELINE: _("Baseline"),
    DecisionKind.DATES: _("Dates of the plan"),
    DecisionKind.PLAN: _("The plan"),
    DecisionKind.EVALUATION: _("Evaluation published"),
    DecisionKind.OTHER: _("Another matter"),
}
RECORDED_BY_HAND = (DecisionKind.BOTNETS, DecisionKind.ISPS, DecisionKind.EVALUATION, DecisionKind.OTHER)
_SUBJECTS = {
    DecisionKind.BOTNETS: (
        _("Botnets"),
        _("Separated by commas, for families that are not in the table above: by the names of the table of families."),
    ),
    DecisionKind.ISPS: (
        _("Internet providers"),
        _("Separated by commas, for providers that are not in the table above."),
    ),
    DecisionKind.OTHER: (
        _("What the plan waits for"),
        _("Separated by commas: what the decision is about, in the words of the plan's conditions."),
    ),
}


class PlanFileForm(forms.Form):
    """A ``campaign.toml``."""

    file = forms.FileField(
        label=_("File of the plan"),
        help_text=_("A campaign.toml, as the example is and as any campaign here can be downloaded."),
        widget=forms.FileInput(attrs={"accept": ".toml"}),
    )

    def clean_file(self) -> bytes:
        """Return the file, or say at which line and in which field it is no plan."""
        content: bytes = self.cleaned_data["file"].read(MAX_BYTES + 1)
        try:
            read_campaign(content, file=FILE)
        except CampaignError as error:
            raise forms.ValidationError(str(here(format_at(error, content)))) from error
        return content

    def document(self) -> bytes:
        """Return the file."""
        content: bytes = self.cleaned_data["file"]
        return content


class ReplaceForm(PlanFileForm):
    """Another file for a plan, and why."""

    reason = forms.CharField(
        label=_("Reason for the change"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class CloneForm(forms.Form):
    """The next campaign on the plan of another."""

    key = forms.SlugField(
        label=_("Identifier"),
        max_length=60,
        help_text=_("Lower-case letters, digits and hyphens, such as spring-2027. It stays for good."),
    )
    name_vi = forms.CharField(label=_("Name in Vietnamese"), max_length=300)
    name_en = forms.CharField(label=_("Name in English"), max_length=300)
    first = DayField(
        label=_("First day of the campaign"),
        help_text=_("All other days move along by the same number of days."),
    )

    def name(self) -> LocalText:
        """Return the name in both languages."""
        return LocalText(self.cleaned_data["name_vi"], self.cleaned_data["name_en"])


class BaselineForm(forms.Form):
    """Which feeds a baseline must stand on, and why it is frozen."""

    feeds = forms.CharField(
        label=_("Feeds that the baseline must stand on"),
        help_text=_("One a line, as feed/report, such as shadowserver/event4_sinkhole. All of them must have data."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    accepts_gaps = forms.BooleanField(
        label=_("Freeze although days are missing"),
        help_text=_("Only where these days cannot be had any more; they are kept with the baseline."),
        required=False,
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Published with the archive of the campaign."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def named(self) -> tuple[str, ...]:
        """Return the feeds, each once."""
        words = self.cleaned_data["feeds"].replace(",", " ").split()
        return tuple(dict.fromkeys(words))


class CloseForm(forms.Form):
    """Why a campaign is closed although something is open."""

    reason = forms.CharField(
        label=_("Reason for closing although points are open"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class DecisionForm(forms.Form):
    """A decision as somebody writes it down; it has only the fields of its kind, so that nothing is left out unseen.

    ``rows`` are what can be ticked (with ``id`` and ``name``), in order of rank.
    """

    subjects = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    others = forms.CharField(label=_("Others"), required=False, max_length=2000)
    title = forms.CharField(label=_("Decision"), max_length=MAX_TITLE)
    grounds = forms.CharField(
        label=_("Grounds"),
        help_text=_("Why it was decided so. Published with the archive of the campaign."),
        max_length=MAX_GROUNDS,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    decided_on = DayField(label=_("Decided on"))
    decided_by = forms.CharField(label=_("Decided by"), max_length=200)
    supersedes = forms.TypedChoiceField(label=_("Takes the place of"), required=False, coerce=int, empty_value=None)

    def __init__(
        self, *arguments: Any, kind: DecisionKind, decisions: tuple[Decision, ...], rows: Sequence[Any], **named: Any
    ) -> None:
        super().__init__(*arguments, **named)
        self._rows = rows
        titles, help_text = _SUBJECTS.get(kind, ("", ""))
        if kind not in WITH_SUBJECTS:
            del self.fields["subjects"], self.fields["others"]
        else:
            ticked = self.fields["subjects"]
            assert isinstance(ticked, forms.MultipleChoiceField)  # noqa: S101
            ticked.label, ticked.choices = titles, [(row.id, here(row.name)) for row in rows]
            self.fields["others"].help_text = help_text
        replaced = [(d.number, f"{d.number}. {d.title}") for d in in_force(decisions) if d.kind is kind]
        earlier = self.fields["supersedes"]
        assert isinstance(earlier, forms.TypedChoiceField)  # noqa: S101
        earlier.choices = [("", _("none")), *replaced]
        if kind is DecisionKind.BOTNETS and replaced:  # there is one list of botnets, so the next takes its place
            earlier.choices, earlier.initial = replaced, replaced[0][0]
        if not replaced:
            del self.fields["supersedes"]

    @property
    def ticks(self) -> Iterator[tuple[Any, forms.boundfield.BoundWidget]]:
        """Yield what can be ticked, with its box."""
        return zip(self._rows, self["subjects"].subwidgets, strict=True)

    def written(self) -> dict[str, Any]:
        """Return the decision by its parts; what was ticked stands before what was written, each once."""
        sent = self.cleaned_data
        others = (part.strip() for part in sent.get("others", "").split(","))
        subjects = dict.fromkeys([*sent.get("subjects", ()), *(part for part in others if part)])
        said = {name: sent[name] for name in ("title", "grounds", "decided_on", "decided_by")}
        return {**said, "subjects": list(subjects), "supersedes": sent.get("supersedes")}


class CompareForm(forms.Form):
    """Which two campaigns."""

    left = forms.ChoiceField(label=_("One campaign"))
    right = forms.ChoiceField(label=_("The other"))

    def __init__(self, *arguments: Any, campaigns: list[Campaign], **named: Any) -> None:
        super().__init__(*arguments, **named)
        choices = [(campaign.key, here(campaign.plan.name)) for campaign in campaigns]
        for name in ("left", "right"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101
            field.choices = choices


def next_first_day(plan: Plan) -> date:
    """Suggest when the next campaign may begin: the same weekday a whole number of weeks, about a year, later."""
    return plan.phases[0].period.first + timedelta(weeks=52)
