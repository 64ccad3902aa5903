"""Lists of stolen accounts: taken in by one person, let in by another, erased by either or when their time is over."""

import secrets
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from quetsach.campaign.accounts import AccountError, VictimList, read_victims
from quetsach.campaign.authority import Permission
from quetsach.core.text import LocalText, Text
from quetsach.web.office.accounts.models import Batch, Entry, Question
from quetsach.web.office.accounts.sealing import SALT_BYTES, AccountKey
from quetsach.web.office.accounts.selectors import SUBJECT, batch_of, waiting_approval
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_ask, approval_supersede
from quetsach.web.office.codes import VerificationKind, code_draw, verification_register, verification_revoke
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.selectors import root_unit

USUAL_DAYS, MOST_DAYS = 180, 366
"""How long the entries of a list are kept."""
_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Handover:
    """What whoever takes a list in says about it.

    Attributes:
        source: who handed it over.
        ground: on which legal ground.
        handed_over_on: on which day.
        text_vi: what owners are told besides, in the country's first language.
        text_en: the same in English; may be empty.
        days: how long its entries are kept.
    """

    source: str
    ground: str
    handed_over_on: date
    text_vi: str
    text_en: str
    days: int = USUAL_DAYS


def batch_take_in(*, content: bytes, told: Handover, by: Person, now: datetime) -> Batch:
    """Read and seal a list, keep it, and ask a second person to let it in.

    Args:
        content: the file; nothing of it is written anywhere but sealed.
        told: what is said about it.
        by: who takes it in.
        now: the time (UTC).

    Raises:
        AccountError: it is switched off, the file is not of the form or may not be taken, or is here already.
        AccessError: not this person's to do.
    """
    day = today(now)
    require(by, Permission.HANDLE_FEEDS, root_unit(), day=day)
    if not settings.CENTER.answers_owners:
        raise AccountError(
            Text("owners cannot be answered here: nothing is taken in"),
            code="off",
            advice=Text("have the setting account-check and a mail server set"),
        )
    found = read_victims(content, today=day)
    if not found.facts:
        raise AccountError(
            Text("no row of the file can be used"), code="empty", advice=Text("look at its first lines and columns")
        )
    key = AccountKey.read() if Entry.objects.exists() else AccountKey.make()
    batch = _batch(found, key.digest(content), told, by, now)
    entries = _sealed(found, key, batch)
    with transaction.atomic():
        if Batch.objects.filter(digest=batch.digest, ended_at=None).exists():
            raise AccountError(Text("this very file is here already"), code="known")
        batch.save()
        Entry.objects.bulk_create(entries, batch_size=_AT_ONCE)
        detail = {"source": batch.source, "records": batch.rows, "addresses": batch.addresses}
        _log(batch, "accounts-take-in", by, detail | {"until": batch.expires_on.isoformat()}, now)
        approval_ask(
            kind=SUBJECT,
            subject=f"{SUBJECT}:{batch.pk}",
            digest=batch.digest,
            title=batch.source,
            by=by,
            unit=root_unit(),
            now=now,
        )
    return batch


def _batch(found: VictimList, digest: str, told: Handover, by: Person, now: datetime) -> Batch:
    if not 1 <= told.days <= MOST_DAYS:
        raise AccountError(Text("entries are kept for 1 to {most} days", most=MOST_DAYS), code="days")
    return Batch(
        source=told.source,
        ground=told.ground,
        handed_over_on=told.handed_over_on,
        text_vi=told.text_vi,
        text_en=told.text_en,
        digest=digest,
        salt=secrets.token_bytes(SALT_BYTES),
        rows=found.rows,
        addresses=len(found.facts),
        telephones=found.telephones,
        faulty=found.faulty,
        faults=[asdict(fault) for fault in found.faults],
        by=by,
        at=now,
        expires_on=today(now) + timedelta(days=told.days),
    )


def _sealed(found: VictimList, key: AccountKey, batch: Batch) -> list[Entry]:
    """Return the entries, in the order of what they are found by: that of the file would tell about rows."""
    made = [
        Entry(batch=batch, look_up=key.look_up(address), facts=key.seal(facts, address=address, salt=bytes(batch.salt)))
        for address, facts in found.facts.items()
    ]
    return sorted(made, key=lambda entry: bytes(entry.look_up))


# What the second person does.


def batch_check(approval: Approval) -> None:
    """Refuse to let in what is erased.

    Raises:
        AccountError: it is.
    """
    if batch_of(approval) is None:
        raise AccountError(Text("the list is erased"), code="gone")


@transaction.atomic
def batch_let_in(approval: Approval, now: datetime) -> None:
    """Let owners be answered from a list, and give its mails a code that the public may ask about."""
    batch = batch_of(approval)
    if batch is None or batch.agreed_at is not None:
        return
    batch.agreed_by, batch.agreed_at, batch.code = approval.decided_by, now, code_draw()
    batch.save(update_fields=["agreed_by", "agreed_at", "code"])
    root = root_unit()
    verification_register(
        kind=VerificationKind.MAIL,
        code=batch.code,
        issuer=LocalText(root.name_vi, root.name_en),
        title=_both(Text("Answer by mail to the owner of a stolen account, who asked for it")),
        asks=_both(
            Text(
                "To clean the device first, then to change passwords. The mail never asks for a password, a code or "
                "money, and comes only after somebody asked on our page."
            )
        ),
        issued_on=today(now),
        url="",
        now=now,
    )


def _both(text: Text) -> LocalText:
    return LocalText(text.vi, text.en)


# Erasing.


def batch_erase(*, batch: Batch, reason: str, by: Person, now: datetime) -> None:
    """Erase all entries of a list, for a reason that stays with its counts.

    Raises:
        AccountError: no reason is given, or it is erased.
        AccessError: not this person's to do.
    """
    require(by, Permission.HANDLE_FEEDS, root_unit(), day=today(now))
    if not reason.strip():
        raise AccountError(Text("a reason is needed"), code="reason", advice=Text("it stays in the log"))
    if not _erased(batch, reason.strip(), by, now):
        raise AccountError(Text("the list is erased"), code="gone")
    _empty_journal()


@transaction.atomic
def _erased(batch: Batch, reason: str, by: Person | None, now: datetime) -> bool:
    batch = Batch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if batch.ended_at is not None:
        return False
    left, _of = batch.entries.all().delete()
    batch.ended_at, batch.ended_because = now, reason
    batch.save(update_fields=["ended_at", "ended_because"])
    if approval := waiting_approval(batch):
        approval_supersede(approval=approval, reason=reason, by=by, now=now)
    if batch.code:
        ended = Text("The list that such mails answered from is erased; no new ones are sent.")
        verification_revoke(code=batch.code, reason=ended.in_language(settings.LANGUAGE_CODE), now=now)
    _log(batch, "accounts-erase", by, {"addresses": left, "reason": reason}, now)
    return True


def accounts_purge(*, now: datetime) -> int:
    """Erase lists whose time is over or that were refused, and questions that nobody could answer in time.

    Returns:
        How many lists were erased.
    """
    questions = Question.objects.all()
    if settings.CENTER.answers_owners:
        questions = questions.filter(expires_at__lte=now)
    questions.delete()
    erased = 0
    for batch in Batch.objects.filter(ended_at=None):
        refused = Approval.objects.filter(kind=SUBJECT, subject=f"{SUBJECT}:{batch.pk}", is_granted=False).first()
        if batch.expires_on <= today(now):
            reason = Text("its time was over")
        elif refused is not None:
            reason = Text("refused by the second person")
        else:
            continue
        erased += _erased(batch, reason.in_language(settings.LANGUAGE_CODE), None, now)
    if erased:
        _empty_journal()
    return erased


def _empty_journal() -> None:
    """Let what was erased go out of SQLite's file and its journal, as far as nobody reads just now."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _log(batch: Batch, act: str, by: Person | None, detail: dict[str, Any], now: datetime) -> None:
    log_append(by=by, act=act, subject=f"{SUBJECT}:{batch.pk}", unit=root_unit(), detail=detail, now=now)
