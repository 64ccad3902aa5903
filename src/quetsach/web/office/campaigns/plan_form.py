"""Rows of the form of a plan: each is one phase, part, milestone, target or window as a person fills it in."""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.record import Measure
from quetsach.campaign.schedule.plan import Condition, Need, Stage
from quetsach.campaign.section import MAX_IDENTIFIER_LENGTH, MAX_TEXT_LENGTH
from quetsach.web.office.day_field import DayField

STAGES = {Stage.BEFORE: _("Before the campaign"), Stage.DURING: _("During it"), Stage.AFTER: _("After it")}
MEASURES = {
    Measure.WINDOW_ADDRESSES: _("Unique addresses of a window against the baseline"),
    Measure.NONE: _("Nothing here measures it: it is recorded only"),
}
PLAIN, BASE, YEAR_BEFORE = "", "baseline", "previous-year"
ROLES = {
    PLAIN: _("Compared with the baseline"),
    BASE: _("This is the baseline"),
    YEAR_BEFORE: _("The same days a year before, shown beside"),
}
YES_OR_NO = {
    Need.BASELINE_FROZEN: _("the baseline is frozen"),
    Need.TOOL_OFFERED: _("the tool is offered for download"),
    Need.RETURNS_PUBLISHED: _("totals of returns are published"),
    Need.EVALUATION_PUBLISHED: _("the evaluation is published"),
}
COUNTED = {
    Need.BOTNETS_DECIDED: _("botnets decided, at least"),
    Need.ISPS_ASSESSED: _("providers assessed, at least"),
    Need.PACKS_PUBLISHED: _("removal packs published, at least"),
    Need.LETTERS_ISSUED: _("letters issued, at least"),
}
MOST = 100_000
_LONGEST_NAME = 300
_FIRST, _LAST = date(2000, 1, 1), date(2100, 12, 31)


def _text(label: Any, *, rows: int = 0) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    return forms.CharField(label=label, max_length=MAX_TEXT_LENGTH if rows else _LONGEST_NAME, widget=widget)


def _day(label: Any) -> DayField:
    """Return the field of a day that a campaign can have: one of another century is a slip of the hand."""
    said = _("A campaign has days between 2000 and 2100.")
    return DayField(label=label, validators=[MinValueValidator(_FIRST, said), MaxValueValidator(_LAST, said)])


class RowForm(forms.Form):
    """One row; ``id`` is its identifier in the plan, empty for one that is new. A row left blank is no row."""

    marks: ClassVar[tuple[str, ...]] = ("name_vi", "name_en", "first", "last")
    id = forms.CharField(max_length=MAX_IDENTIFIER_LENGTH, required=False, widget=forms.HiddenInput)

    def has_changed(self) -> bool:
        """Whether anything was filled in that makes it a row."""
        return any(str(self.data.get(self.add_prefix(name), "")).strip() for name in self.marks)


class SpanForm(RowForm):
    """A row with a name and days."""

    name_vi = _text(_("Name in Vietnamese"))
    name_en = _text(_("Name in English"))
    first = _day(_("From"))
    last = _day(_("To"))

    def clean(self) -> dict[str, Any]:
        """Refuse a row that ends before it begins."""
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day is before the first."))
        return cleaned


class GateForm(RowForm):
    """A row that waits for conditions: one field a need, and one for what decisions must have been recorded about."""

    decisions = forms.CharField(
        label=_("decisions recorded about"),
        help_text=_("One a line: for what nothing else shows, such as a press conference."),
        max_length=MAX_TEXT_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for need, label in YES_OR_NO.items():
            self.fields[need.value] = forms.BooleanField(label=label, required=False)
        for need, label in COUNTED.items():
            self.fields[need.value] = forms.IntegerField(
                label=label, required=False, min_value=1, max_value=MOST, widget=forms.NumberInput(attrs={"min": 1})
            )

    @property
    def gate(self) -> list[forms.BoundField]:
        """The fields of the conditions, in the order in which they are shown."""
        return [self[need.value] for need in (*YES_OR_NO, *COUNTED)] + [self["decisions"]]

    @property
    def gate_is_set(self) -> bool:
        """Whether the row waits for anything."""
        return any(field.value() for field in self.gate)

    def conditions(self, earlier: Iterable[Condition] = ()) -> tuple[Condition, ...]:
        """Return the conditions; those that were there before keep their order."""
        chosen = self.cleaned_data
        asked = [Condition(need) for need in YES_OR_NO if chosen[need.value]]
        asked += [Condition(need, chosen[need.value]) for need in COUNTED if chosen[need.value]]
        subjects = dict.fromkeys(line.strip() for line in chosen["decisions"].splitlines() if line.strip())
        asked += [Condition(Need.DECISION_RECORDED, subject=subject) for subject in subjects]
        order = {(c.needs, c.subject): n for n, c in enumerate(earlier)}
        return tuple(sorted(asked, key=lambda c: order.get((c.needs, c.subject), len(order))))


class PhaseForm(SpanForm, GateForm):
    """A phase and the gate before it."""

    stage = forms.ChoiceField(label=_("Belongs to"), choices=[(s.value, title) for s, title in STAGES.items()])
    field_order = ("id", "name_vi", "name_en", "first", "last", "stage")


class PartForm(SpanForm):
    """A part of a phase; its days say of which."""


class MilestoneForm(GateForm):
    """A milestone and what must hold by its day."""

    marks = ("name_vi", "name_en", "on")
    name_vi = _text(_("Name in Vietnamese"))
    name_en = _text(_("Name in English"))
    on = _day(_("By"))
    field_order = ("id", "name_vi", "name_en", "on")


class TargetForm(RowForm):
    """A target."""

    marks = ("text_vi", "text_en", "change_percent")
    text_vi = _text(_("Target in Vietnamese"))
    text_en = _text(_("Target in English"))
    measure = forms.ChoiceField(label=_("Measured by"), choices=[(m.value, title) for m, title in MEASURES.items()])
    change_percent = forms.FloatField(
        label=_("Wanted change, in percent"),
        help_text=_("-50 halves the figure."),
        min_value=-100,
        max_value=1000,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )


class WindowForm(SpanForm):
    """A window that addresses are counted over."""

    role = forms.ChoiceField(label=_("What it is for"), choices=list(ROLES.items()), required=False)


class HeadForm(forms.Form):
    """What is said about the campaign as a whole; ``reason`` only where a plan is there already."""

    key = forms.SlugField(
        label=_("Identifier"),
        max_length=MAX_IDENTIFIER_LENGTH,
        help_text=_("Lower-case letters, digits and hyphens, such as spring-2027. It stays for good."),
    )
    name_vi = _text(_("Name in Vietnamese"))
    name_en = _text(_("Name in English"))
    summary_vi = _text(_("Summary in Vietnamese"), rows=3)
    summary_en = _text(_("Summary in English"), rows=3)
    feeds = forms.CharField(
        label=_("Feeds that the baseline must stand on"),
        help_text=_(
            "One a line, as feed/report, such as shadowserver/event4_sinkhole. May be named later, with the act."
        ),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=_("Reason for the change"),
        help_text=_("Stands in the log of decisions and in the archive of the campaign."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *arguments: Any, is_new: bool, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for name in ("revision", "reason") if is_new else ("key",):
            del self.fields[name]

    def feed_names(self) -> tuple[str, ...]:
        """Return the feeds, each once."""
        return tuple(dict.fromkeys(self.cleaned_data["feeds"].replace(",", " ").split()))


SECTIONS: dict[str, type[RowForm]] = {
    "phases": PhaseForm,
    "parts": PartForm,
    "milestones": MilestoneForm,
    "targets": TargetForm,
    "windows": WindowForm,
}
"""The lists of a plan in the order of the page."""
LIST_WORDS = {
    "phases": (
        _("Phases"),
        _("Phase"),
        _("One after the other, without overlap. A phase begins when its conditions hold and two people agree."),
        _("Add a phase"),
        _("Before this phase may begin"),
    ),
    "parts": (
        _("Parts of phases"),
        _("Part"),
        _("May be left out. A part belongs to the phase in whose days it lies."),
        _("Add a part"),
        "",
    ),
    "milestones": (
        _("Milestones"),
        _("Milestone"),
        _("May be left out. Without conditions a milestone is reached when its day comes."),
        _("Add a milestone"),
        _("Reached when"),
    ),
    "targets": (
        _("Targets"),
        _("Target"),
        _("What the campaign sets out to reach, against its baseline."),
        _("Add a target"),
        "",
    ),
    "windows": (
        _("Counting windows"),
        _("Counting window"),
        _("Spans that addresses are counted over: all of the same number of days, or they do not compare."),
        _("Add a window"),
        "",
    ),
}
"""List -> its title, what a row is called, what it is, how one is added, what its conditions are for."""
