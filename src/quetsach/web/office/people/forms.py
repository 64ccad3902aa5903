"""Forms about people, and allauth's in our words; each says to the browser what its fields are for."""

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateByCodeForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.authority import Role
from quetsach.web.office.people.models import ROLE_TITLES, Person
from quetsach.web.office.tree.models import Unit

CODE_LENGTH = 12
"""Longer than any code: six digits of an app, eight of a recovery code, and blanks between them."""


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


def _unadorned(field: forms.Field, label: Any, **attributes: Any) -> None:
    """Name a field; a placeholder is no label."""
    field.label, field.help_text = label, ""
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attributes)


class SignInForm(LoginForm):  # type: ignore[misc]
    """E-mail address and password."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _unadorned(self.fields["login"], _("E-mail address"), autocomplete="username", autofocus=True)
        _unadorned(self.fields["password"], _("Password"))


class PasswordAgainForm(ReauthenticateForm):  # type: ignore[misc]
    """The password once more."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _unadorned(self.fields["password"], _("Password"), autofocus=True)


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    """A code from an app, or a recovery code."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _name_code(self.fields["code"])


class CodeAgainForm(ReauthenticateByCodeForm):  # type: ignore[misc]
    """A code once more."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _name_code(self.fields["code"])


class AppForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new app."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _unadorned(self.fields["code"], _("Code that the app shows"), inputmode="numeric", maxlength=CODE_LENGTH)
        self.fields["code"].widget.attrs["class"] = "short"


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey; each of ours can be used alone."""

    passwordless = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _unadorned(self.fields["name"], _("Name of the device"), maxlength=60)

    def clean(self) -> dict[str, Any]:
        """Keep the name short; that the device checked who holds it was demanded when it was asked."""
        cleaned: dict[str, Any] = super().clean()
        cleaned["name"] = str(cleaned.get("name", ""))[:60]
        return cleaned


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """The present password and a new one."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _unadorned(self.fields["oldpassword"], _("Present password"))
        _unadorned(self.fields["password1"], _("New password"))
        self.fields["password1"].help_text = password_rules()
        _unadorned(self.fields["password2"], _("New password once more"))


def password_rules() -> str:
    """Return the rules for passwords as one text, in the language of the page."""
    return " ".join(str(text) for text in password_validators_help_texts())


def _name_code(field: forms.Field) -> None:
    _unadorned(field, _("Code"), inputmode="numeric", maxlength=CODE_LENGTH, autofocus=True)
    field.widget.attrs["class"] = "short"
    field.help_text = _("From your authenticator app, or one of your recovery codes.")
