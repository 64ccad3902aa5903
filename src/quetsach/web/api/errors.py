"""Why and in what form the interface for programs says no, in words that the sender can act on."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Schema
from ninja.errors import ValidationError

from quetsach.core.errors import QuetsachError

# Why the interface for programs refuses something, in words that the sender can act on.


class SubmissionError(QuetsachError):
    """A tool report cannot be taken as it is.

    Args:
        status: the HTTP status that says so.
        code: a word that programs can rely on.
        retry_after_seconds: when to try again; 0 if trying again does not help.
        what, where, hint: as in :class:`~quetsach.core.errors.QuetsachError`.
    """

    def __init__(
        self, what: str, *, status: int, code: str, where: str = "", hint: str = "", retry_after_seconds: int = 0
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.retry_after_seconds = retry_after_seconds
        self.status = status
        self.code = code


# How the interface for programs says no: always in the same form, whatever the reason.


class Refusal(Schema):
    """Why a request was not taken: a word for programs, a sentence and a remedy for people."""

    error: str
    explanation: str
    where: str
    hint: str


def refuse(status: int, error: str, explanation: str, *, where: str = "", hint: str = "") -> JsonResponse:
    """Return a refusal; anybody's page may read why, as it may read what is there."""
    refusal = Refusal(error=error, explanation=explanation, where=where, hint=hint)
    return JsonResponse(refusal.model_dump(), status=status, headers={"Access-Control-Allow-Origin": "*"})


def not_valid(_request: HttpRequest, error: ValidationError | type[ValidationError]) -> HttpResponse:
    """Name the first parameter that is not what it should be."""
    first = error.errors[0] if isinstance(error, ValidationError) and error.errors else {}
    where = ".".join(str(part) for part in first.get("loc", ()))
    return refuse(422, "not-valid", str(first.get("msg", "the request is not what it should be")), where=where)


def unknown(_request: HttpRequest, rest: str) -> HttpResponse:  # noqa: ARG001  (the address is not repeated to its sender)
    """Say that there is nothing at an address of the interface."""
    return refuse(404, "not-found", "there is nothing at this address", hint="GET /api/v1/ names what there is")
