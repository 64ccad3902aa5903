"""The documents whose texts people of the centre reword."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from quetsach.campaign.authority import Act
from quetsach.campaign.wording import texts_in
from quetsach.core.pack import LocalText
from quetsach.web.office.wording.selectors import as_worded, newest_version


@dataclass(frozen=True, slots=True)
class Document:
    """A document: who may reword it (over the whole country), the build's record, and what its texts may leave open."""

    key: str
    title: str | Promise
    act: Act
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
