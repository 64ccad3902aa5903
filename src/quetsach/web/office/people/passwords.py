"""Words of the centre's own that no password may lean on."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from quetsach.web.office.tree.selectors import folded

_SHORTEST_WORD, _LEAST_BESIDE = 4, 8
_ALWAYS = frozenset({"quetsach", "chiendich", "madoc", "matkhau", "malware", "campaign", "password"})


def own_words() -> frozenset[str]:
    """Return the words, folded: of the software, of the centre's address and of who runs it.

    Words of under four letters are none: they are in everything.
    """
    center = settings.CENTER
    said = f"{urlsplit(center.public_url).hostname or ''} {center.controller}"
    return _ALWAYS | {word for word in map(folded, re.split(r"\W+", said)) if len(word) >= _SHORTEST_WORD}


class OwnWordsValidator:
    """Refuses a password that has fewer than eight characters beside words of the centre's own."""

    def validate(self, password: str, user: object = None) -> None:  # noqa: ARG002  (Django hands it over)
        """Hold a password against the words.

        Raises:
            ValidationError: too little of it is the person's own.
        """
        rest = folded(password)
        words = [word for word in own_words() if word in rest]
        for word in sorted(words, key=len, reverse=True):
            rest = rest.replace(word, "")
        if words and len(rest) < _LEAST_BESIDE:
            raise ValidationError(self.get_help_text(), code="password_own_words")

    def get_help_text(self) -> str:
        """Return the rule, in the language of the page."""
        return _("Words such as the name of this software, of the campaign or of your agency do not count.")
