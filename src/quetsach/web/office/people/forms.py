"""Forms about people."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.authority import Role
from quetsach.web.office.people.models import ROLE_TITLES, Person
from quetsach.web.office.people.sign_in.forms import password_rules
from quetsach.web.office.tree.models import Unit


class DutyForm(forms.Form):
    """A role over a unit. Where the units are few they can be chosen; otherwise the code is typed."""

    role = forms.ChoiceField(label=_("Role"))
    unit = forms.CharField(label=_("Unit"), max_length=40)

    def __init__(self, *arguments: Any, roles: list[Role], units: list[Unit] | None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["role"] = forms.ChoiceField(label=_("Role"), choices=[(r.value, ROLE_TITLES[r]) for r in roles])
        if units is None:
            self.fields["unit"].help_text = _("Code of the unit, such as 31, or its key, such as 31-2025.")
        else:
            self.fields["unit"] = forms.ChoiceField(
                label=_("Unit"),
                choices=[("", _("Choose a unit")), *((unit.key, f"{unit.name} ({unit.code})") for unit in units)],
            )


class InvitationForm(DutyForm):
    """Whom to invite, and to which duty."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    field_order = ("email", "role", "unit")


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a person says about himself."""

    class Meta:
        """Name, title and language."""

        model = Person
        fields = ("name", "title", "language")
        labels = {"name": _("Full name"), "title": _("Position"), "language": _("Language")}  # noqa: RUF012
        help_texts = {"title": _("As it stands under a letter, such as Head of Division.")}  # noqa: RUF012


class JoinForm(PersonForm):
    """What somebody says who accepts an invitation."""

    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    again = forms.CharField(
        label=_("Password once more"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *arguments: Any, email: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.email = email
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["password"].help_text = password_rules()

    def clean_password(self) -> str:
        """Hold the password against the rules."""
        password = str(self.cleaned_data["password"])
        validate_password(password, Person(email=self.email, name=self.cleaned_data.get("name", "")))
        return password

    def clean_again(self) -> str:
        """Refuse a slip of the finger: nobody sees what was typed."""
        again = str(self.cleaned_data["again"])
        if "password" in self.cleaned_data and again != self.cleaned_data["password"]:
            raise ValidationError(_("The two passwords are not the same."))
        return again
