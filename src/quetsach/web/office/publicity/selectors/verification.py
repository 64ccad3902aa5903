"""Answering what the public asks about a code."""

from dataclasses import dataclass
from datetime import date, datetime

from quetsach.core.pack import LocalText
from quetsach.web.office.approvals.services import is_approved
from quetsach.web.office.codes.models import Verification, VerificationKind
from quetsach.web.office.letters.document.demonstration import AUTHORITY
from quetsach.web.office.publicity.models import Kit


@dataclass(frozen=True, slots=True)
class Genuine:
    """What is known about a code that is ours. ``revoked_at`` is set when the thing no longer holds.

    ``signatures`` are ``None`` where nobody noted whether the thing was signed, and empty where it was not;
    ``is_signed_in_force`` says that all its certificates are known to have been within their term then.
    """

    code: str
    kind: VerificationKind
    issuer: LocalText
    title: LocalText
    asks: LocalText
    issued_on: date
    url: str
    signatures: list[dict[str, str]] | None
    is_signed_in_force: bool
    revoked_at: datetime | None
    revoked_because: str


def genuine(code: str) -> Genuine | None:
    """Return what the public may know about a code as ``read_code`` gives it; ``None`` if it is not (yet) ours."""
    found = Verification.objects.filter(code=code).select_related("kit").first()
    if found is None or (found.kind == VerificationKind.KIT and not kit_is_released(found.kit)):
        return None
    return Genuine(
        code=found.code,
        kind=VerificationKind(found.kind),
        issuer=found.issuer,
        title=found.title,
        asks=found.asks,
        issued_on=found.issued_on,
        url=found.url,
        signatures=found.signatures,
        is_signed_in_force=_was_in_force(found.signatures or [], found.registered_at),
        revoked_at=found.revoked_at,
        revoked_because=found.revoked_because,
    )


def _was_in_force(signatures: list[dict[str, str]], at: datetime) -> bool:
    """Whether all certificates were within their term at a time.

    Not so where there is none, their days were not noted, or one is of nobody, made to show signing with.
    """
    return bool(signatures) and all(
        "until" in one
        and one["authority"] != AUTHORITY
        and datetime.fromisoformat(one["first"]) <= at < datetime.fromisoformat(one["until"])
        for one in signatures
    )


def kit_is_released(kit: Kit) -> bool:
    """Whether a second person let exactly this kit out."""
    return is_approved(kind="kit", subject=kit.log_subject, digest=kit.sha256)
