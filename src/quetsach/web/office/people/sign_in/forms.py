"""allauth's forms in our words; each says to the browser what its fields are for."""

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateByCodeForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts
from django.utils.translation import gettext_lazy as _

CODE_LENGTH = 12
"""Longer than any code: six digits of an app, eight of a recovery code, and blanks between them."""


def _plain(field: forms.Field, label: Any, **attributes: Any) -> None:
    """Name a field; a placeholder is no label."""
    field.label, field.help_text = label, ""
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attributes)


class SignInForm(LoginForm):  # type: ignore[misc]
    """E-mail address and password."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _plain(self.fields["login"], _("E-mail address"), autocomplete="username", autofocus=True)
        _plain(self.fields["password"], _("Password"))


class PasswordAgainForm(ReauthenticateForm):  # type: ignore[misc]
    """The password once more."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _plain(self.fields["password"], _("Password"), autofocus=True)


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
        _plain(self.fields["code"], _("Code that the app shows"), inputmode="numeric", maxlength=CODE_LENGTH)
        self.fields["code"].widget.attrs["class"] = "short"


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey; each of ours can be used alone."""

    passwordless = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _plain(self.fields["name"], _("Name of the device"), maxlength=60)

    def clean(self) -> dict[str, Any]:
        """Keep the name short; that the device checked who holds it was demanded when it was asked."""
        cleaned: dict[str, Any] = super().clean()
        cleaned["name"] = str(cleaned.get("name", ""))[:60]
        return cleaned


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """The present password and a new one."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _plain(self.fields["oldpassword"], _("Present password"))
        _plain(self.fields["password1"], _("New password"))
        self.fields["password1"].help_text = password_rules()
        _plain(self.fields["password2"], _("New password once more"))


def password_rules() -> str:
    """Return the rules for passwords as one text, in the language of the page."""
    return " ".join(str(text) for text in password_validators_help_texts())


def _name_code(field: forms.Field) -> None:
    _plain(field, _("Code"), inputmode="numeric", maxlength=CODE_LENGTH, autofocus=True)
    field.widget.attrs["class"] = "short"
    field.help_text = _("From your authenticator app, or one of your recovery codes.")
