"""What a kept form is called, and what its fields are: read from the very page on which it stood, in its words.

A form says for which page it was made. When its person has signed in again, that page is asked for once more, as that
person, and its title, the labels of its fields and the texts of their choices are taken from it. So what is shown here
is always what the page says, and no form needs a second list of its words. A page that no longer opens gives nothing.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.contrib.messages.storage.base import BaseStorage
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect
from django.urls import resolve, reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.core.errors import QuetsachError
from quetsach.web.design.words import day
from quetsach.web.limits import SMALL_BODY_BYTES
from quetsach.web.office.people.models import KeptForm
from quetsach.web.office.people.services.keeping import MOST_BYTES, form_keep

_OWN = ("h1", "legend", "option", "label", "title", "button")
"""Elements whose text is taken."""


@dataclass(slots=True)
class Field:
    """A field of a page: the texts that name it, and what its values stand for."""

    kind: str
    legend: str = ""
    label: str = ""
    choices: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was typed or chosen, in the words of its page."""

    label: str
    text: str


@dataclass(slots=True)
class PageWords(HTMLParser):
    """Title, labels and choices of a page.

    ``fields`` are by name; a name that several forms of a page have keeps the words of the first.
    """

    title: str = ""
    fields: dict[str, Field] = field(default_factory=dict)
    _ids: dict[str, tuple[Field, str]] = field(default_factory=dict)
    _labels: dict[str, str] = field(default_factory=dict)
    _legend: str = ""
    _select: Field | None = None
    _open: list[tuple[str, dict[str, str], list[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a field, or begin to take a text."""
        given = {name: value or "" for name, value in attrs}
        if tag == "fieldset":
            self._legend = ""
        if tag in ("input", "select", "textarea", "button") and given.get("name"):
            kind = given.get("type", "text") if tag == "input" else tag
            found = self.fields.setdefault(given["name"], Field(kind, self._legend, given.get("aria-label", "")))
            self._ids.setdefault(given.get("id", ""), (found, given.get("value", "on")))
            self._select = found if tag == "select" else None
        if tag in _OWN:
            self._open.append((tag, given, []))

    def handle_data(self, data: str) -> None:
        """Take a text for every element that is open."""
        for _tag, _given, texts in self._open:
            texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        """Keep the text of an element."""
        if tag == "fieldset":
            self._legend = ""
        if not self._open or self._open[-1][0] != tag:
            return
        _tag, given, texts = self._open.pop()
        text = " ".join("".join(texts).split())
        if tag == "title":
            self.title = text.rpartition(" · ")[0] or text
        elif tag == "legend":
            self._legend = text
        elif tag == "label":
            self._labels.setdefault(given.get("for", ""), text)
        elif tag == "option" and self._select is not None:
            self._select.choices.setdefault(given.get("value", text), text)
        elif tag == "button" and given.get("name"):
            self.fields[given["name"]].choices.setdefault(given.get("value", ""), text)

    def close(self) -> None:
        """Give every label to its field, or to the choice of a field that it names."""
        HTMLParser.close(self)
        for key, text in self._labels.items():
            if key in self._ids:
                found, value = self._ids[key]
                if found.kind in ("radio", "checkbox"):
                    found.choices.setdefault(value, text)
                found.label = found.label or text

    def rows(self, sent: Sequence[tuple[str, str]]) -> list[Row]:
        """Return what was sent as labels and texts; what the page holds unseen is left out."""
        rows = []
        for name, value in sent:
            known = self.fields.get(name)
            if known is None or known.kind == "hidden" or not value.strip():
                continue
            label = known.legend if known.kind in ("radio", "checkbox") else known.label or known.legend
            text = day(value) if known.kind == "date" else known.choices.get(value, value)
            rows.append(Row(label, text))
        return rows


class _Unsaid(BaseStorage):
    """Messages of a page that nobody sees: those that wait for the person stay where they are."""

    def _get(self, *_args: object, **_kwargs: object) -> tuple[list[object], bool]:
        return [], True

    def _store(self, *_args: object, **_kwargs: object) -> list[object]:
        return []


def page_words(request: HttpRequest, page: str) -> PageWords:
    """Ask for a page of the office as whoever asks now, and return its words.

    Args:
        request: of somebody who is signed in.
        page: the address that the centre itself wrote into the form, with its query.

    Returns:
        The words; empty ones if the page is gone, not this person's any more, or no page.
    """
    words = PageWords()
    address = urlsplit(page)
    with translation.override(translation.get_language_from_path(address.path) or "vi"):
        try:
            match = resolve(address.path)
            answer = match.func(_asking(request, address.path, address.query), *match.args, **match.kwargs)
        except (Http404, PermissionDenied, QuetsachError):
            return words
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        if isinstance(answer, HttpResponse) and answer.status_code == 200 and is_page:
            words.feed(answer.content.decode())
            words.close()
    return words


def _asking(request: HttpRequest, path: str, query: str) -> HttpRequest:
    asking = copy(request)
    asking.method, asking.path, asking.path_info = "GET", path, path
    asking.META = request.META | {"REQUEST_METHOD": "GET", "QUERY_STRING": query}
    asking.GET, asking.POST = QueryDict(query), QueryDict()
    asking._messages = _Unsaid(asking)  # type: ignore[attr-defined]  # noqa: SLF001  (where Django looks for them)
    return asking


# What happens to a form that comes when its session has ended: it is kept, the person is told, and finds it again.

_WAIT_SECONDS = 3600
KEPT = _("Your session has ended. What you typed is kept for you, but not saved yet: sign in to send it again.")
KEPT_HERE = _("This page was opened in a session that has ended. What you typed is kept, but not saved yet.")
KEPT_BUT_FILES = _(
    "Your session has ended. What you typed is kept for you, but not saved yet: sign in to send it again. "
    "Files have to be chosen once more."
)
NOTHING_SAVED = _("Your session had ended before this was sent. Nothing was saved.")


def to_sign_in(request: HttpRequest, *, had_session: bool, may_keep: bool) -> HttpResponse:
    """Lead to the page of signing in, with what was typed in safe keeping.

    Args:
        request: what came; its body is bounded.
        had_session: whether the browser showed a session that was ours: only then, or where something is kept, is there
            a message, for a message needs a session.
        may_keep: whether forms of this address hold what may be kept; never passwords and codes.
    """
    if request.method in {"GET", "HEAD"}:
        return redirect_to_login(request.get_full_path())
    most = 3 * MOST_BYTES if had_session else SMALL_BODY_BYTES  # of others, the server does not take more in
    kept = keep(request) if may_keep and _length(request) <= most else None
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"said": str(_told(kept))}, status=401)
    if kept is None:
        if had_session:
            _tell(request, NOTHING_SAVED)
        return redirect("account_login")
    _tell(request, _told(kept))
    return redirect_to_login(reverse("office:people:kept-forms"))


def keep(request: HttpRequest) -> KeptForm | None:
    """Keep the fields of a form, for the person for whom it was made; ``None`` if nothing is kept."""
    try:
        fields, has_files = request.POST, bool(request.FILES)
    except (RequestDataTooBig, MultiPartParserError, UnreadablePostError):
        return None
    return form_keep(path=request.get_full_path(), fields=fields, has_files=has_files, now=datetime.now(UTC))


def _length(request: HttpRequest) -> int:
    return int(request.META.get("CONTENT_LENGTH") or 0)


def _told(kept: KeptForm | None) -> str | Promise:
    if kept is None:
        return NOTHING_SAVED
    return KEPT_BUT_FILES if kept.has_files else KEPT


def _tell(request: HttpRequest, what: str | Promise) -> None:
    request.session.set_expiry(_WAIT_SECONDS)
    messages.warning(request, str(what))
