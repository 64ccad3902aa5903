"""What becomes of a letter's mail, written down as what happened to the letter on its way."""

from quetsach.campaign.letters.course import Happening
from quetsach.web.office.letters.models import Dispatch
from quetsach.web.office.letters.services.events import event_add
from quetsach.web.office.log.services import log_append
from quetsach.web.office.mail.models import MessageKind
from quetsach.web.office.mail.services.outcome import DeliveryStatus, Outcome
from quetsach.web.office.people.access import today
from quetsach.web.office.tree.models import Contact


def mail_heard(outcome: Outcome) -> None:
    """Note what became of a mail, in the caller's transaction; mail that belongs to no letter is nothing to it."""
    message = outcome.message
    if (dispatch := message.dispatch) is None:
        return
    is_letter = message.kind == MessageKind.LETTER
    match outcome.status:
        case DeliveryStatus.SENT if is_letter:
            event_add(dispatch=dispatch, kind=Happening.SENT, at=message.handed_at or outcome.at, via="mail")
        case DeliveryStatus.DELIVERED:
            event_add(dispatch=dispatch, kind=Happening.DELIVERED, at=outcome.at, via="mail")
        case DeliveryStatus.FAILED:
            if is_letter:
                event_add(dispatch=dispatch, kind=Happening.BOUNCED, at=outcome.at, via="mail", reason=outcome.reason)
            _failed(outcome, dispatch)


def _failed(outcome: Outcome, dispatch: Dispatch) -> None:
    if outcome.is_address:
        tried = Contact.objects.filter(unit=dispatch.to_unit, email__iexact=outcome.message.recipient, bounced_on=None)
        tried.update(bounced_on=today(outcome.at))
    if outcome.is_notice:
        log_append(
            by=None,
            act="letter-bounce",
            subject=dispatch.letter.log_subject,
            unit=dispatch.to_unit,
            detail={"dispatch": dispatch.pk, "reason": outcome.reason},
            now=outcome.at,
        )
