"""The documents whose texts people of the centre reword."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.authority import Act
from quetsach.campaign.helpdesk.ready_answer import PLACES
from quetsach.campaign.publicity.facts import PLACEHOLDERS
from quetsach.campaign.wording import texts_in
from quetsach.core.pack import LocalText
from quetsach.web.office.helpdesk.ready_answers import DOCUMENT as ANSWERS
from quetsach.web.office.helpdesk.ready_answers import built_answers
from quetsach.web.office.publicity.wording import DOCUMENT as KIT
from quetsach.web.office.publicity.wording import kit_texts
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


DOCUMENTS: Mapping[str, Document] = {
    document.key: document
    for document in (
        Document(ANSWERS, _("Ready answers"), Act.ANSWER_CASES, built_answers, PLACES, "office:helpdesk:list", True),
        Document(KIT, _("Texts of kits"), Act.MAKE_KIT, kit_texts, PLACEHOLDERS, "office:publicity:list", False),
    )
}
