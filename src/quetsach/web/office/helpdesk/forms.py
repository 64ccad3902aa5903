"""Forms of the help desk, public and in the office."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.helpdesk.check_result import CheckResult
from quetsach.web.office.helpdesk.selectors import provinces_today
from quetsach.web.office.helpdesk.services import MAX_TEXT
from quetsach.web.office.helpdesk.wording import KINDS
from quetsach.web.office.people.access import today
from quetsach.web.office.tree.models import Unit

_SALT = "quetsach.helpdesk.form"
_LIFETIME_SECONDS = 86_400
_TELEPHONE = re.compile(r"\+?[0-9][0-9 .\-]{6,18}[0-9]", re.ASCII)
_TEXT = forms.Textarea(attrs={"rows": 7, "maxlength": MAX_TEXT})


def form_mark() -> str:
    """Return what a form is known by when it comes back, signed so that nobody makes up one."""
    return signing.dumps(uuid4().hex, salt=_SALT)


class CaseForm(forms.Form):
    """What somebody who needs help tells. ``website`` is for programs that fill in all fields: people do not see it."""

    kind = forms.ChoiceField(
        label=_("What happened?"),
        choices=list(KINDS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what happened.")},
    )
    text = forms.CharField(
        label=_("Tell us more"),
        help_text=_(
            "In your own words: what you saw, on which device, what you tried. No passwords and no card numbers."
        ),
        max_length=MAX_TEXT,
        widget=_TEXT,
        error_messages={"required": _("Tell us in a few words.")},
    )
    province = forms.ModelChoiceField(
        label=_("Province or city (if you want to tell)"),
        queryset=Unit.objects.none(),
        required=False,
        to_field_name="key",
        empty_label=_("not chosen"),
    )
    contact = forms.CharField(
        label=_("E-mail address or telephone number (if you want to be called back)"),
        help_text=_("You can read our answer without it, with the code and the key that you get."),
        max_length=100,
        required=False,
    )
    attach = forms.BooleanField(label=_("Attach what the check page said"), required=False)
    consent = forms.BooleanField(
        label=_(
            "I agree that this centre keeps what I write here to answer me. It is erased 30 days after the case is "
            "closed, or at once when I ask."
        ),
        error_messages={"required": _("Without this tick we may not keep your message.")},
    )
    website = forms.CharField(required=False, label=_("Leave this empty"), max_length=200)
    mark = forms.CharField(widget=forms.HiddenInput, max_length=200)
    slip = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["province"].queryset = provinces_today(today(datetime.now(UTC)))  # type: ignore[attr-defined]

    def clean_contact(self) -> str:
        """Refuse what is neither an e-mail address nor a telephone number: nobody could be reached by it."""
        text = str(self.cleaned_data["contact"]).strip()
        if text and not _TELEPHONE.fullmatch(text):
            try:
                validate_email(text)
            except ValidationError as error:
                raise ValidationError(_("This is neither an e-mail address nor a telephone number.")) from error
        return text

    def clean_mark(self) -> UUID:
        """Return what this form is known by."""
        try:
            return UUID(signing.loads(self.cleaned_data["mark"], salt=_SALT, max_age=_LIFETIME_SECONDS))
        except (signing.BadSignature, ValueError, TypeError) as error:
            raise ValidationError(
                _("This form was open for too long. What you wrote is still here: send it again.")
            ) from error

    @property
    def is_of_a_program(self) -> bool:
        """Whether the field was filled in that people do not see."""
        return bool(self.data.get("website"))

    @property
    def carried(self) -> CheckResult | None:
        """What the check page had said, if the visitor comes from there."""
        return CheckResult.read(str((self.data if self.is_bound else self.initial).get("slip", "")))


class CodeForm(forms.Form):
    """The code of a case, to go to its page."""

    code = forms.CharField(label=_("Code of the case"), max_length=40)


class KeyForm(forms.Form):
    """The key of a case."""

    key = forms.CharField(
        label=_("Key of the case"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class TextForm(forms.Form):
    """A message, an answer or a note."""

    text = forms.CharField(label=_("Text"), max_length=MAX_TEXT, widget=_TEXT)


class HandOverForm(forms.Form):
    """To which unit a case goes, and why."""

    unit = forms.CharField(label=_("Unit"), max_length=40, help_text=_("Code or key, such as 31 or 31-2025."))
    text = forms.CharField(label=_("Why"), max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 3}))
