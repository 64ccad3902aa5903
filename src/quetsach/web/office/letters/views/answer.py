"""How a page answers: what a service refused, and files."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from quetsach.core.errors import QuetsachError
from quetsach.web.office.people.access import AccessError

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def attempt(request: HttpRequest, act: Callable[[], object], told: str) -> bool:
    """Do something and tell how it went; a refusal that the person may know of is told, others go on to the door."""
    try:
        act()
    except AccessError:
        raise
    except QuetsachError as error:
        messages.error(request, error.explain().replace("\nhint: ", "; "))
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
