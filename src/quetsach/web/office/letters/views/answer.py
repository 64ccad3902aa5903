"""How a page answers with a file."""

from django.http import HttpResponse

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


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
