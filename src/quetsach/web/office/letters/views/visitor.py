"""Who asks, when, and how a refusal by a service is told on the page that comes next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from quetsach.core.errors import QuetsachError
from quetsach.web.office.people.access import AccessError, today
from quetsach.web.office.people.models import Person

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True)
class Visitor:
    """The person who asks, the moment, and its day in Viet Nam."""

    person: Person
    now: datetime
    day: date

    @classmethod
    def of(cls, request: HttpRequest) -> "Visitor":
        """Return who asks; the door has let nobody else in."""
        now = datetime.now(UTC)
        return cls(cast("Person", request.user), now, today(now))


def attempt(request: HttpRequest, act: Callable[[], object], told: str) -> bool:
    """Do something and tell how it went; a refusal that the person may know of is told, others go on to the door."""
    try:
        act()
    except AccessError:
        raise
    except QuetsachError as error:
        messages.error(request, error.explain().replace("\nhint: ", ". "))
        return False
    messages.success(request, told)
    return True


def pdf_answer(content: bytes, name: str) -> HttpResponse:
    """Return a PDF to be shown, under the number of its letter."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{_file_name(name)}.pdf"'
    return response


def docx_answer(content: bytes, name: str) -> HttpResponse:
    """Return a DOCX to be kept, under the number of its letter."""
    response = HttpResponse(content, content_type=_DOCX)
    response["Content-Disposition"] = f'attachment; filename="{_file_name(name)}.docx"'
    return response


def _file_name(name: str) -> str:
    return name.replace("/", "-").encode("ascii", "ignore").decode() or "letter"
