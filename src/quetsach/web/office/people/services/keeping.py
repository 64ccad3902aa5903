"""Keeping what was typed when a session has ended, and while it is typed: for that person and nobody else.

Every form of the office says for whom it was made, signed by the centre. When it comes from a session that is over, its
fields are kept, sealed, for that person: after signing in the person finds them and sends them again. Whoever else
signs in at the same machine does not. Without our signature nothing is kept, so that nobody fills the database.

Long forms that have no draft of their own are kept while they are written, by the same script as letters and returns:
a draft is never sent by itself, it is put back into its form.
"""

import json
from datetime import datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.http import QueryDict
from django.urls import translate_url
from django.utils.translation import get_language

from quetsach.web.limits import OFFICE_PATHS
from quetsach.web.office.encryption import seal, unseal
from quetsach.web.office.people.models import KeptForm, Person

MADE_FOR = "made-for"
"""The field in which a form says for whom it was made."""
KEPT_FORM = "kept-form"
"""The field in which a kept form, when it is sent again, says which one it is."""
MOST_BYTES = 512 * 1024
MOST_KEPT = 30
"""Of one person: the oldest go first."""
LIFETIME = timedelta(days=7)
"""How long a form may lie open before it is sent, and how long what it held is kept after that."""
_PURPOSE = "kept-form"
_LONGEST_PATH = 500
_SIGNER = TimestampSigner(salt="quetsach.office.made-for")
DRAFT = "draft"
"""The field in which a form says as what it is kept while it is written."""
_NOT_KEPT = frozenset({MADE_FOR, "csrfmiddlewaretoken", "autosave", KEPT_FORM})
UNTYPED = frozenset({"edition", DRAFT})
"""Fields that are kept with a form and that nobody typed."""


def made_for(person: Person, page: str = "") -> str:
    """Return what stands in a form that is made for a person, on a page of that address (with its query)."""
    return _SIGNER.sign(f"{person.pk} {page[:_LONGEST_PATH]}")


def person_of_form(mark: str) -> Person | None:
    """Return for whom a form was made; ``None`` for a mark that is not ours or too old, or of somebody who has left."""
    key, _page = _read(mark)
    return Person.objects.filter(pk=key, is_active=True).first() if key else None


def _read(mark: str) -> tuple[str, str]:
    """Return key of the person and address of the page; two empty texts for a mark that is not ours or too old."""
    try:
        key, _, page = _SIGNER.unsign(mark, max_age=LIFETIME).partition(" ")
    except BadSignature:
        return "", ""
    return key, page


@transaction.atomic
def form_keep(*, path: str, fields: QueryDict, has_files: bool, now: datetime) -> KeptForm | None:
    """Keep what a form held for the person for whom it was made.

    Args:
        path: where it was sent to, with its query.
        fields: what was sent.
        has_files: whether files came with it; they are not kept.
        now: the time (UTC).

    Returns:
        What is kept; ``None`` if nothing is: the form is not ours or too old, holds nothing, or too much.
    """
    person = person_of_form(fields.get(MADE_FOR, ""))
    return _keep(person, path, fields, now, has_files=has_files, is_draft=False) if person else None


def draft_keep(*, person: Person, fields: QueryDict, now: datetime) -> KeptForm | None:
    """Keep what somebody has written so far; ``None`` if nothing is kept: it says not as what, holds nothing, too much.

    Args:
        person: who writes.
        fields: what stands in the form.
        now: the time (UTC).
    """
    path = fields.get(DRAFT, "")
    if not path.startswith(OFFICE_PATHS):
        return None
    return _keep(person, path, fields, now, has_files=False, is_draft=True)


def draft_of(person: Person, path: str, *, now: datetime) -> KeptForm | None:
    """Return what a person has written so far in a form."""
    drafts = KeptForm.objects.filter(person=person, path=path, is_draft=True, kept_at__gt=now - LIFETIME)
    return drafts.first()


def draft_path(path: str, name: str) -> str:
    """Return as what a form of a page is kept: one for all languages."""
    return f"{translate_url(path, settings.LANGUAGE_CODE)}#{name}"


def page_of_draft(path: str) -> str:
    """Return the page on which a draft is written, in the language in which one reads; empty for no such path."""
    page = path.partition("#")[0]
    return translate_url(page, get_language() or settings.LANGUAGE_CODE) if page.startswith(OFFICE_PATHS) else ""


def drafts_drop(*, person: Person, fields: QueryDict, path: str) -> None:
    """Forget the draft of a form that was sent and taken; of a form that does not say which, all of its page."""
    drafts = KeptForm.objects.filter(person=person, is_draft=True)
    if own := fields.get(DRAFT):
        drafts.filter(path=own).delete()
    else:
        drafts.filter(path__startswith=draft_path(path, "")).delete()


def _keep(
    person: Person, path: str, fields: QueryDict, now: datetime, *, has_files: bool, is_draft: bool
) -> KeptForm | None:
    held = [[name, value] for name, values in fields.lists() if name not in _NOT_KEPT for value in values]
    text = json.dumps(held, ensure_ascii=False, separators=(",", ":"))
    is_empty = not any(value.strip() for name, value in held if name not in UNTYPED)
    if is_empty or len(text.encode()) > MOST_BYTES or len(path) > _LONGEST_PATH:
        return None
    KeptForm.objects.filter(kept_at__lt=now - LIFETIME).delete()
    kept, _is_new = KeptForm.objects.update_or_create(
        person=person,
        path=path,
        defaults={
            "content": seal(text, purpose=_PURPOSE),
            "page": _read(fields.get(MADE_FOR, ""))[1],
            "has_files": has_files,
            "is_draft": is_draft,
            "kept_at": now,
        },
    )
    spare = KeptForm.objects.filter(person=person).order_by("-kept_at").values_list("pk", flat=True)[MOST_KEPT:]
    KeptForm.objects.filter(pk__in=list(spare)).delete()
    return kept


def form_drop(*, person: Person, key: str) -> bool:
    """Forget a kept form of a person; whether there was one."""
    return bool(key.isdecimal() and KeptForm.objects.filter(person=person, pk=int(key[:18])).delete()[0])


def fields_of(kept: KeptForm) -> list[tuple[str, str]]:
    """Return names and values of a kept form; none if it was sealed by another centre."""
    text = unseal(bytes(kept.content), purpose=_PURPOSE)
    return [(name, value) for name, value in json.loads(text)] if text else []
