"""Forms of letters."""

from typing import Any, ClassVar

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.letters.letter import DocumentKind
from quetsach.web.design.words import here
from quetsach.web.office.day_field import DueField
from quetsach.web.office.editions import Difference, edition_of
from quetsach.web.office.letters.content import written
from quetsach.web.office.letters.models import Letter, Template
from quetsach.web.office.letters.selectors.draft import NEEDED
from quetsach.web.office.plans.selectors import campaigns
from quetsach.web.office.tree.models import Unit

ANNEXES = 3
"""How many annexes the form has places for."""


def _campaign_field(kept: str) -> forms.ChoiceField:
    """Offer the campaigns by name, none, and the one that the letter has already."""
    names = {"": "–"} | {campaign.key: here(campaign.plan.name) for campaign in campaigns()}
    return forms.ChoiceField(choices=list(({kept: kept} | names).items()), required=False, label=_("Campaign"))


class BeginForm(forms.Form):
    """Whose letter, and what it begins with: a template for such letters, the fitting one chosen already."""

    def __init__(self, *arguments: Any, units: list[Unit], purposes: tuple[str, ...], **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["campaign"] = _campaign_field(self.initial.get("campaign", ""))
        writing = Unit.objects.filter(pk__in=[unit.pk for unit in units]).order_by("code")
        templates = Template.objects.filter(Q(unit=None) | Q(unit__in=units), purpose__in=purposes).order_by("title")
        fitting = templates.filter(purpose=purposes[0], language=self.initial.get("language", "vi"))
        own = None if purposes[0] == DocumentKind.NEW else fitting.first()
        self.fields["unit"] = forms.ModelChoiceField(
            writing, to_field_name="key", label=_("Unit that writes"), empty_label="–"
        )
        self.fields["template"] = forms.ModelChoiceField(
            templates,
            required=False,
            to_field_name="code",
            label=_("Begin with"),
            empty_label=_("an empty page"),
            initial=own and own.code,
        )
        self.order_fields(["unit", "template", "campaign"])


class LetterForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic class when it runs
    """What a letter says. Its annexes are pairs of a title and a text.

    A draft is kept half-written; what a letter needs is asked for when a second person is.
    """

    mark = _("* needed before the letter can be submitted for approval")

    class Meta:
        """The written fields in the order of the paper."""

        model = Letter
        fields: ClassVar = [
            "superior", "agency", "sign", "place", "subject", "addressees", "body", "signer_powers", "signer_title",
            "signer_name", "copies", "drafting", "address", "campaign", "due", "asks", "language",
        ]  # fmt: skip
        labels: ClassVar = NEEDED | {
            "superior": _("Agency above"),
            "signer_powers": _("Signed on behalf of"),
            "copies": _("Copies to"),
            "drafting": _("Drafting unit and copies kept"),
            "address": _("Address at the foot"),
            "due": _("Answer by"),
            "asks": _("What it asks, in one sentence"),
            "language": _("Language"),
        }
        help_texts: ClassVar = {
            "sign": _("Behind the number, in capitals: STTTT-CNTT"),
            "subject": _("Without “Re”"),
            "addressees": _("One a line"),
            "body": _("A line is a paragraph. **bold**, *italic*, # heading, | table |"),
            "signer_powers": _(
                "One a line, as in “KT. GIÁM ĐỐC” (for the Director); empty for the head's own signature"
            ),
            "copies": _("One a line, without “as above”"),
            "drafting": _("As in “CNTT (05)”"),
            "due": _("Units that have not acknowledged are reminded before and after this day"),
            "asks": _("Shown on the public page on which anybody checks that the letter is genuine"),
        }
        field_classes: ClassVar = {"due": DueField}
        widgets: ClassVar = {
            "addressees": forms.Textarea(attrs={"rows": 4}),
            "body": forms.Textarea(attrs={"rows": 18}),
            "copies": forms.Textarea(attrs={"rows": 4}),
            "signer_powers": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["campaign"] = _campaign_field(self.instance.campaign)
        self.fields["edition"] = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)
        self.initial["edition"] = edition_of(written(self.instance))
        self.clash: list[Difference] = []
        annexes = self.instance.annexes if self.instance else []
        for number in range(1, max(ANNEXES, len(annexes)) + 1):
            annex = annexes[number - 1] if number <= len(annexes) else {}
            title, text = _("Annex %(number)s: title"), _("Annex %(number)s: text")
            self.fields[f"annex_title_{number}"] = forms.CharField(
                label=title % {"number": number}, required=False, max_length=300, initial=annex.get("title", "")
            )
            self.fields[f"annex_body_{number}"] = forms.CharField(
                label=text % {"number": number},
                required=False,
                max_length=50_000,
                initial=annex.get("body", ""),
                widget=forms.Textarea(attrs={"rows": 6}),
            )
        for name, field in self.fields.items():
            field.required = False
            field.is_needed = name in NEEDED  # type: ignore[attr-defined]  # the page marks it

    def content(self) -> dict[str, Any]:
        """Return what was written, for ``letter_save``."""
        content = {name: self.cleaned_data[name] for name in self.Meta.fields}
        content["language"] = content["language"] or self.initial["language"]
        content["annexes"] = [
            {"title": self.cleaned_data[f"annex_title_{n}"], "body": self.cleaned_data[f"annex_body_{n}"]}
            for n in self._numbers()
            if self.cleaned_data[f"annex_title_{n}"] or self.cleaned_data[f"annex_body_{n}"]
        ]
        return content

    def _numbers(self) -> list[int]:
        return [int(name.rpartition("_")[2]) for name in self.fields if name.startswith("annex_title_")]
