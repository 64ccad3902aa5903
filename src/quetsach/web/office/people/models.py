"""People of the office, their duties, and invitations to join."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.authority import Role
from quetsach.core.errors import QuetsachError
from quetsach.web.office.tree.models import Unit

# What roles are called, and what each is for.

ROLE_TITLES: Mapping[Role, str | Promise] = {
    Role.OPERATOR: _("Operator"),
    Role.ANALYST: _("Malware analyst"),
    Role.PRESS: _("Press officer"),
    Role.AUDITOR: _("Auditor"),
    Role.APPROVER: _("Approver"),
    Role.EDITOR: _("Editor"),
    Role.VIEWER: _("Viewer"),
}
ROLE_PURPOSES: Mapping[Role, str | Promise] = {
    Role.OPERATOR: _("runs the campaign and the tree of units; may do everything, but never approve alone"),
    Role.ANALYST: _("publishes signed packs and figures of the centre"),
    Role.PRESS: _("publishes figures, makes publicity kits, answers people who ask for help"),
    Role.AUDITOR: _("reads everything and the log, changes nothing"),
    Role.APPROVER: _("issues letters, approves returns and manages people of a unit and of all below it"),
    Role.EDITOR: _("writes and handles letters, enters returns, makes publicity kits of a unit and of all below it"),
    Role.VIEWER: _("sees a unit and all below it"),
}


# What can go wrong with people and their duties.


class PeopleError(QuetsachError):
    """A person, a duty or an invitation cannot be changed so. The text is for the person at the desk."""


class PersonManager(BaseUserManager["Person"]):
    """Makes people; addresses are kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """Make a person; without a password nobody can sign in with one."""
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> "Person":
        """Find a person by address, however it is written."""
        return self.get(email=(username or "").strip().lower())


class Person(AbstractBaseUser):
    """Somebody who works in the office. The e-mail address is the login.

    ``brought_by`` gave the link with which the account was opened last; ``None`` is the centre's command line.
    ``vouched_by`` is another who looked at whom it belongs to.
    """

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=100)
    title = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=2, choices=[("vi", "Tiếng Việt"), ("en", "English")], default="vi")
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    left_at = models.DateTimeField(null=True, blank=True)
    brought_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    vouched_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_vouched(self) -> bool:
        """Whether two others know that this is a person of his own: who gave him the link, and who vouched.

        Links of the centre's command line need nobody else.
        """
        return self.brought_by_id is None or self.vouched_by_id is not None


class DutyQuerySet(models.QuerySet["Duty"]):
    """Duties of a day."""

    def on(self, day: date) -> Self:
        """Keep what is held on a day."""
        return self.filter(models.Q(until=None) | models.Q(until__gt=day), first__lte=day)


class Duty(models.Model):
    """A role that a person holds over a unit from a day on; ``until`` is the first day without it (Viet Nam)."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="duties")
    role = models.CharField(max_length=10, choices=[(role.value, role.value) for role in Role])
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="duties")
    given_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="given_duties")
    first = models.DateField()
    until = models.DateField(null=True, blank=True)

    objects = DutyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.person}: {self.role} {self.unit}"

    @property
    def role_title(self) -> str | Promise:
        """What the role is called."""
        return ROLE_TITLES[Role(self.role)]


class Invitation(models.Model):
    """A link with which somebody joins, or sets password and second factor anew. Only its digest is kept."""

    email = models.EmailField()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="invitations")
    role = models.CharField(max_length=10, blank=True, choices=[(role.value, role.value) for role in Role])
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    given_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="given_invitations")
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    digest = models.CharField(max_length=64, unique=True)
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.email

    @property
    def role_title(self) -> str | Promise:
        """What the role that it offers is called."""
        return ROLE_TITLES[Role(self.role)]


class KeptForm(models.Model):
    """What somebody sent from a form after the session had ended, or has written so far (``is_draft``).

    It is kept for that person alone until it is sent. Of a draft ``path`` is the page in Vietnamese with the name of
    the form behind a ``#``; else it is where the form was sent to. ``content`` is sealed with the centre's secret:
    names and values of the fields, without tokens and files. ``page`` is where the form stood.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="kept_forms")
    path = models.CharField(max_length=500)
    page = models.CharField(max_length=500, blank=True, default="")
    content = models.BinaryField()
    has_files = models.BooleanField(default=False)
    is_draft = models.BooleanField(default=False)
    kept_at = models.DateTimeField()

    class Meta:
        """The newest of each page is enough."""

        ordering: ClassVar = ["-kept_at"]
        constraints: ClassVar = [models.UniqueConstraint("person", "path", name="one_kept_form_a_page")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.path}"
