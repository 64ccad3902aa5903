"""Which words count: those of the build, as people have reworded them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from quetsach.campaign.authority import Permission
from quetsach.campaign.wording import reworded, texts_in
from quetsach.core.text import LocalText
from quetsach.web.office.wording.models import Wording


def digest_of(text: LocalText) -> str:
    """Return the SHA-256 (hex) of a text in both languages."""
    return hashlib.sha256(f"{text.vi}\0{text.en}".encode()).hexdigest()


def newest_version(document: str) -> int:
    """Return the number of the newest version of any text of a document; 0 while nobody reworded one."""
    return Wording.objects.filter(document=document).order_by("-pk").values_list("pk", flat=True).first() or 0


def as_worded[T](document: str, record: T, *, version: int) -> T:
    """Return a build's record with what people reworded up to a version of the document."""
    if version == 0:
        return record
    built = {place: digest_of(text) for place, text in texts_in(record).items()}
    rows = Wording.objects.filter(document=document, pk__lte=version).order_by("pk")
    return reworded(record, {row.place: row.text for row in rows if row.of == built.get(row.place)})


def versions_of(document: str, place: str) -> list[Wording]:
    """Return the versions of one text, the newest first."""
    found = Wording.objects.filter(document=document, place=place).select_related("by")
    return list(found.order_by("-pk"))


# The documents whose texts people of the centre reword.


@dataclass(frozen=True, slots=True)
class Document:
    """A document: who may reword it (over the whole country), the build's record, and what its texts may leave open."""

    key: str
    title: str | Promise
    act: Permission
    built: Callable[[], object]
    places: frozenset[str]
    room: str
    has_lines: bool

    def built_texts(self) -> dict[str, LocalText]:
        """Return the texts of the build by place."""
        return texts_in(self.built())

    def texts(self) -> dict[str, LocalText]:
        """Return the texts that count now, by place."""
        return texts_in(as_worded(self.key, self.built(), version=newest_version(self.key)))


DOCUMENTS: dict[str, Document] = {}
"""By their keys; apps add theirs when the office starts."""


def register_document(document: Document) -> None:
    """Let people of the centre reword a document."""
    DOCUMENTS[document.key] = document
