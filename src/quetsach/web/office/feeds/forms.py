"""The forms with which a file of a feed is uploaded, and a name placed."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.centre.placing import MOST_CHARACTERS, Decided
from quetsach.core.family_list import FORMS
from quetsach.web.design.words import here
from quetsach.web.limits import FEED_FILE_BYTES
from quetsach.web.office.feeds.selectors import NameHere, families_known, layouts_here

_LONGEST_NAME = 200


def _feeds() -> list[tuple[str, str | Promise]]:
    layouts = layouts_here()
    return [(feed, here(layouts.of_feed(feed)[0].title)) for feed in layouts.feeds()]


class FeedFileForm(forms.Form):
    """A file, and where it comes from."""

    feed = forms.ChoiceField(label=_("Feed"), choices=_feeds)
    report = forms.CharField(
        label=_("Report"),
        max_length=48,
        required=False,
        help_text=_(
            "Of Shadowserver leave it empty: the file's name or columns tell. Of a plain CSV, and of events of "
            "IntelMQ, write the name of their source, such as honeypot-hn."
        ),
    )
    file = forms.FileField(
        label=_("File"),
        max_length=_LONGEST_NAME,
        help_text=_(
            "A file of CSV or JSON, or such files compressed, in a zip or in a mail (.eml); at most %(most)s MiB."
        ),
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        file = self.fields["file"]
        file.help_text = file.help_text % {"most": FEED_FILE_BYTES >> 20}


_NEW = "+"
"""The choice of a family that is not known here; no identifier can be called so."""
_LISTS = {"certtools": _("malware_name_mapping of certtools (CSV)"), "misp-galaxy": _("galaxy of MISP (JSON)")}


class FamilyListForm(forms.Form):
    """A list of others that says which names are of one family."""

    form = forms.ChoiceField(label=_("Kind of list"), choices=[(form, _LISTS[form]) for form in FORMS])
    file = forms.FileField(label=_("File"), max_length=_LONGEST_NAME)


def _placeable() -> list[tuple[str, str | Promise]]:
    families = [(family.id, family.name) for family in families_known()]
    return [("", _("choose")), *families, (_NEW, _("another family, named below"))]


class PlacingForm(forms.Form):
    """Which family a name is of, and why."""

    family = forms.ChoiceField(label=_("Family"), choices=_placeable)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=MOST_CHARACTERS,
        help_text=_("What shows that the name is of this family, such as a report with its address."),
    )
    new_id = forms.RegexField(
        r"^[a-z0-9]+(?:-[a-z0-9]+)*$",
        label=_("Identifier of a new family"),
        max_length=48,
        required=False,
        help_text=_("Small letters, digits and '-'. Only where the family is not in the list above."),
    )
    name = forms.CharField(label=_("Name of a new family"), max_length=MOST_CHARACTERS, required=False)
    platform = forms.CharField(
        label=_("Platform of a new family"),
        max_length=MOST_CHARACTERS,
        required=False,
        help_text=_("Such as windows, linux, android or iot."),
    )

    def __init__(self, one: NameHere, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if one.proposed and one.proposed.state == "proposed":
            [(family, where), *_more] = one.proposed.families
            self.initial = {"family": family, "reason": where}

    def clean(self) -> dict[str, Any]:
        """Require the particulars of a family that is new."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if found.get("family") == _NEW:
            for field in ("new_id", "name", "platform"):
                if not found.get(field) and field not in self.errors:
                    self.add_error(field, _("A new family needs this."))
        return found

    def decided(self, spelling: str) -> Decided:
        """Return what was decided."""
        told = self.cleaned_data
        if told["family"] == _NEW:
            return Decided(spelling, told["new_id"], told["reason"], told["name"], told["platform"])
        return Decided(spelling, told["family"], told["reason"])


class UndoForm(forms.Form):
    """Why a decision is taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=MOST_CHARACTERS)
