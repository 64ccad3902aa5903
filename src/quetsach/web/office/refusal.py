"""How the office says what was refused: what happened, then what to do, in the language of the page."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import get_language

from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalText
from quetsach.web.design.words import here
from quetsach.web.office.editions import ClashError, show_clash

# Errors that every app of the office raises.


class AccessError(QuetsachError):
    """A person may not do this. ``is_hidden``: may not even know that the unit has such a thing (shown as 404)."""

    def __init__(self, what: str | LocalText, *, is_hidden: bool) -> None:
        super().__init__(what)
        self.is_hidden = is_hidden


type Words = Mapping[str, str | Promise]
"""What a room says by the ``code`` of an error; ``%(what)s`` stands for the error's own words."""


_REFUSED = "quetsach.refused"


def is_refused(request: HttpRequest) -> bool:
    """Whether what the request wanted was refused, though its answer leads on to another page."""
    return _REFUSED in request.META


def what_here(error: QuetsachError) -> str:
    """Return what happened, in the language of the page."""
    return str(here(error.text)) if error.text else error.what


def advice_here(error: QuetsachError) -> str:
    """Return what to do next, in the language of the page; empty where nothing can be advised."""
    return str(here(error.advice)) if error.advice else error.hint


def refusal_text(error: QuetsachError, words: Words | None = None) -> str:
    """Return a refusal as sentences for a page."""
    known = (words or {}).get(getattr(error, "code", ""))
    if known is not None:
        return str(known) % {"what": error.in_language(get_language() or "vi")}
    what = what_here(error)
    advice = advice_here(error)
    first = _ended(f"{error.where}: {what}") if error.where else _sentence(what)  # names of files stay as they are
    return f"{first} {_sentence(advice)}" if advice else first


@dataclass(frozen=True, slots=True)
class FlashErrors:
    """``with FlashErrors(request, done):`` says above the page, or in the form, that what follows was done or refused.

    ``field`` is the one of the form that a refusal is about, unless the error names another.
    After a refusal the view goes on behind the block. What a person may not even know of goes on to the middleware.
    """

    request: HttpRequest
    done: str | Promise = ""
    form: BaseForm | None = None
    field: str = ""
    words: Words | None = None

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        """Say how it went."""
        if error is None and self.done:
            messages.success(self.request, str(self.done))
        if not isinstance(error, QuetsachError) or isinstance(error, AccessError):
            return False
        self.request.META[_REFUSED] = "yes"
        if self.form is None:
            messages.error(self.request, refusal_text(error, self.words))
        else:
            if isinstance(error, ClashError):
                show_clash(self.form, error)
            field = getattr(error, "field", self.field)
            self.form.add_error(field if field in self.form.fields else None, refusal_text(error, self.words))
        return True


def _sentence(text: str) -> str:
    return _ended(f"{text[:1].upper()}{text[1:]}")


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
