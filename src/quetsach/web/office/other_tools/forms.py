"""The form of an entry of the catalogue. What it makes is read as a list's file is, so that both refuse the same."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.tool_catalogue import (
    ID,
    LINK,
    LONGEST_ID,
    LONGEST_LINK,
    Advised,
    Checked,
    CheckedHow,
    OtherTool,
    Platform,
    ToolKind,
)
from quetsach.core.text import LocalText
from quetsach.web.office.day_field import DayField
from quetsach.web.office.other_tools.selectors import families_with_pages
from quetsach.web.published.other_tools import CHECKED_MEANS, KIND_TITLES, PLATFORM_TITLES

_LINE = 300
_SENTENCE = 1000


def _whole(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """Return a pattern for all of a field: Django looks whether it is anywhere in it."""
    return re.compile(rf"\A(?:{pattern.pattern})\Z")


def _area(language: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": 3, "lang": language})


def _ticks(label: Any, titles: Any) -> forms.MultipleChoiceField:
    choices = [(key.value, title) for key, title in titles.items()]
    return forms.MultipleChoiceField(label=label, choices=choices, widget=forms.CheckboxSelectMultiple)


class ReasonForm(forms.Form):
    """Why a change is asked for; ``before`` is the edition that the person looked at."""

    before = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    reason = forms.CharField(
        label=_("Reason for this change"),
        max_length=_SENTENCE,
        help_text=_("Whoever agrees reads it, and it stands in the log."),
    )


class ToolForm(forms.Form):
    """What the catalogue says of one tool."""

    before = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    id = forms.RegexField(
        _whole(ID),
        label=_("Identifier"),
        max_length=LONGEST_ID,
        help_text=_("Small letters, digits and '-'. It never changes."),
    )
    name = forms.CharField(label=_("Name of the tool"), max_length=_LINE)
    vendor = forms.CharField(label=_("Maker"), max_length=_LINE)
    kinds = _ticks(_("What it does"), KIND_TITLES)
    platforms = _ticks(_("On which devices"), PLATFORM_TITLES)
    about_vi = forms.CharField(label=_("What one has to know, in Vietnamese"), max_length=_SENTENCE, widget=_area("vi"))
    about_en = forms.CharField(label=_("What one has to know, in English"), max_length=_SENTENCE, widget=_area("en"))
    price_vi = forms.CharField(label=_("Price and terms, in Vietnamese"), max_length=_LINE)
    price_en = forms.CharField(label=_("Price and terms, in English"), max_length=_LINE)
    link = forms.RegexField(
        _whole(LINK),
        label=_("Link to the maker's own page"),
        max_length=LONGEST_LINK,
        help_text=_("Starts with https:// and names a server of the public Internet."),
    )
    checksums = forms.RegexField(
        _whole(LINK),
        label=_("Page with the maker's checksums"),
        max_length=LONGEST_LINK,
        required=False,
        help_text=_("Only where the maker has one."),
    )
    families = forms.CharField(
        label=_("Families that it is advised for"),
        max_length=_SENTENCE,
        required=False,
        help_text=_("As in the addresses of their pages, with commas between, such as sality, virut."),
    )
    reason_vi = forms.CharField(label=_("Why for these, in Vietnamese"), max_length=_SENTENCE, required=False)
    reason_en = forms.CharField(label=_("Why for these, in English"), max_length=_SENTENCE, required=False)
    source = forms.CharField(label=_("Who says so"), max_length=_SENTENCE, required=False)
    checked_on = DayField(label=_("Checked on"))
    checked_how = forms.ChoiceField(
        label=_("How it was checked"), choices=[(how.value, means) for how, means in CHECKED_MEANS.items()]
    )
    checked_by = forms.CharField(
        label=_("Checked by"),
        max_length=_LINE,
        help_text=_("The public pages show it: write the office, not a person."),
    )
    reason = forms.CharField(
        label=_("Reason for this change"),
        max_length=_SENTENCE,
        help_text=_("Whoever agrees reads it, and it stands in the log."),
    )

    def __init__(self, *arguments: Any, tool: OtherTool | None = None, **named: Any) -> None:
        super().__init__(*arguments, **{"initial": _values(tool) if tool else {}} | named)
        self._known = frozenset(tool.families) if tool else frozenset()
        if tool:
            del self.fields["id"]

    def clean_families(self) -> tuple[str, ...]:
        """Return the families; one without a page is refused, unless it stood there before."""
        written = str(self.cleaned_data["families"]).replace(",", " ").split()
        found = tuple(dict.fromkeys(written))
        strange = set(found) - families_with_pages() - self._known
        if strange:
            raise ValidationError(_("no family has a page of this name: %(name)s"), params={"name": min(strange)})
        return found

    def clean(self) -> dict[str, Any]:
        """Require a reason and its source where families are named."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if found.get("families"):
            for name in ("reason_vi", "reason_en", "source"):
                if not found.get(name) and name not in self.errors:
                    self.add_error(name, _("Needed where families are named."))
        for name in ("link", "checksums"):
            if ".." in (found.get(name) or ""):
                self.add_error(name, _("This address holds two dots in a row."))
        return found

    def tool(self, key: str = "") -> OtherTool:
        """Return what was filled in, as an entry with that id, or the one of the form."""
        told = self.cleaned_data
        advised = Advised(told["families"], LocalText(told["reason_vi"], told["reason_en"]), told["source"])
        return OtherTool(
            id=key or told["id"],
            name=told["name"],
            vendor=told["vendor"],
            kinds=tuple(ToolKind(kind) for kind in told["kinds"]),
            platforms=tuple(Platform(platform) for platform in told["platforms"]),
            about=LocalText(_line(told["about_vi"]), _line(told["about_en"])),
            price=LocalText(told["price_vi"], told["price_en"]),
            link=told["link"],
            checksums=told["checksums"],
            advised=advised if told["families"] else None,
            checked=Checked(told["checked_on"], CheckedHow(told["checked_how"]), told["checked_by"]),
        )


def _line(text: str) -> str:
    """Return a text in one line: an area for writing lets people break it."""
    return " ".join(text.split())


def _values(tool: OtherTool) -> dict[str, Any]:
    values = {name: getattr(tool, name) for name in ("id", "name", "vendor", "link", "checksums")}
    values |= {"kinds": list(tool.kinds), "platforms": list(tool.platforms), "before": tool.edition}
    values |= {"about_vi": tool.about.vi, "about_en": tool.about.en}
    values |= {"price_vi": tool.price.vi, "price_en": tool.price.en}
    values |= {"checked_on": tool.checked.on, "checked_how": tool.checked.how, "checked_by": tool.checked.by}
    if tool.advised:
        values |= {"families": ", ".join(tool.advised.families), "source": tool.advised.source}
        values |= {"reason_vi": tool.advised.reason.vi, "reason_en": tool.advised.reason.en}
    return values
