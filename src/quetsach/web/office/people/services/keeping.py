"""Keeping what was typed when a session has ended: for the person for whom the form was made, and nobody else.

Every form of the office says for whom it was made, signed by the centre. When it comes from a session that is over, its
fields are kept, sealed, for that person: after signing in the person finds them and sends them again. Whoever else
signs in at the same machine does not. Without our signature nothing is kept, so that nobody fills the database.
"""

import json
from datetime import datetime, timedelta

from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.http import QueryDict

from quetsach.web.office.people.models import KeptForm, Person
from quetsach.web.office.sealing import seal, unseal

MADE_FOR = "made-for"
"""The field in which a form says for whom it was made."""
KEPT_FORM = "kept-form"
"""The field in which a kept form, when it is sent again, says which one it is."""
MOST_BYTES = 512 * 1024
MOST_KEPT = 10
"""Of one person: the oldest go first."""
LIFETIME = timedelta(days=7)
"""How long a form may lie open before it is sent, and how long what it held is kept after that."""
_PURPOSE = "kept-form"
_SIGNER = TimestampSigner(salt="quetsach.office.made-for")
_NOT_KEPT = frozenset({MADE_FOR, "csrfmiddlewaretoken", "autosave", KEPT_FORM})


def made_for(person: Person) -> str:
    """Return what stands in a form that is made for a person."""
    return _SIGNER.sign(str(person.pk))


def person_of_form(mark: str) -> Person | None:
    """Return for whom a form was made; ``None`` for a mark that is not ours or too old, or of somebody who has left."""
    try:
        key = _SIGNER.unsign(mark, max_age=LIFETIME)
    except BadSignature:
        return None
    return Person.objects.filter(pk=key, is_active=True).first()


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
    held = [[name, value] for name, values in fields.lists() if name not in _NOT_KEPT for value in values]
    text = json.dumps(held, ensure_ascii=False, separators=(",", ":"))
    is_empty = not any(value.strip() for name, value in held if name != "edition")
    if person is None or is_empty or len(text.encode()) > MOST_BYTES or len(path) > 500:
        return None
    KeptForm.objects.filter(kept_at__lt=now - LIFETIME).delete()
    kept, _is_new = KeptForm.objects.update_or_create(
        person=person,
        path=path,
        defaults={"content": seal(text, purpose=_PURPOSE), "has_files": has_files, "kept_at": now},
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
