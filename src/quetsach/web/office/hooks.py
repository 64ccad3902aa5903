"""What apps of the office have to know of each other: names for the log, what follows from a grant, texts to reword."""

from django.core.signals import request_finished
from django.utils.translation import gettext_lazy as _

from quetsach.campaign import helpdesk as helpdesk_rules
from quetsach.campaign import kit_texts
from quetsach.campaign.authority import Permission
from quetsach.web.office.accounts import selectors as account_selectors
from quetsach.web.office.accounts.services import batches
from quetsach.web.office.approvals.services import Consequence, register_consequence
from quetsach.web.office.campaigns.selectors.decisions import baseline_shown, decision_shown
from quetsach.web.office.campaigns.services import baseline, decisions
from quetsach.web.office.figures import selectors as figures_selectors
from quetsach.web.office.figures import services as figures_services
from quetsach.web.office.helpdesk import wording as answers
from quetsach.web.office.letters.selectors.letters import letter_names
from quetsach.web.office.letters.services.dispatches import mail_heard, register_returns
from quetsach.web.office.log.services import register_namer
from quetsach.web.office.mail.queue import listen
from quetsach.web.office.other_tools import selectors as other_tools
from quetsach.web.office.other_tools import services as tool_services
from quetsach.web.office.packs.selectors import pack_names
from quetsach.web.office.people import sessions
from quetsach.web.office.people.selectors import person_names
from quetsach.web.office.plans.selectors import campaign_names, decision_names
from quetsach.web.office.publicity import contents as kits
from quetsach.web.office.publicity.services import visits_flush
from quetsach.web.office.returns.selectors import asking
from quetsach.web.office.returns.services import assignment, link
from quetsach.web.office.tree.selectors import unit_names
from quetsach.web.office.wording.selectors import Document, register_document


def connect() -> None:
    """Register all of it; once, at the start."""
    _name_for_the_log()
    _carry_out_what_is_granted()
    _let_texts_be_reworded()
    sessions.keep_digests()
    sessions.log_sign_ins()
    listen(mail_heard)
    register_returns(link)
    request_finished.connect(visits_flush, dispatch_uid="quetsach.publicity.visits")


def _name_for_the_log() -> None:
    namers = {
        "accounts": account_selectors.batch_names,
        "campaign": campaign_names,
        "decision": decision_names,
        "form": asking.form_names,
        "letter": letter_names,
        "packs": pack_names,
        "person": person_names,
        "unit": unit_names,
    }
    for kind, namer in namers.items():
        register_namer(kind, namer)


def _carry_out_what_is_granted() -> None:
    register_consequence(
        "accounts",
        Consequence(
            check=batches.batch_check,
            carry_out=batches.batch_let_in,
            done=_("Granted. Owners who ask are answered from this list now."),
            template="office/accounts/asked.html",
            context=account_selectors.shown_to_approver,
        ),
    )
    register_consequence(
        "baseline",
        Consequence(
            check=baseline.baseline_check,
            carry_out=baseline.baseline_carry_out,
            done=_("Granted. The baseline is frozen; the next publication shows it."),
            template="office/campaigns/baseline_asked.html",
            context=baseline_shown,
        ),
    )
    register_consequence(
        "decision",
        Consequence(
            check=decisions.decision_check,
            carry_out=decisions.decision_carry_out,
            done=_("Granted. The decision is recorded."),
            template="office/campaigns/decision_asked.html",
            context=decision_shown,
        ),
    )
    register_consequence(
        "figures",
        Consequence(
            check=figures_services.figures_check,
            carry_out=figures_services.figures_release,
            done=_("Granted. The figures are published."),
            template="office/figures/approval.html",
            context=figures_selectors.shown_to_approver,
        ),
    )
    register_consequence(
        other_tools.SUBJECT,
        Consequence(
            check=tool_services.change_check,
            carry_out=tool_services.change_carry_out,
            done=_("Granted. The public pages show it."),
            template="office/other_tools/approval.html",
            context=other_tools.shown_to_approver,
        ),
    )
    register_consequence(
        "assignment",
        Consequence(
            check=assignment.assignment_check,
            carry_out=assignment.assignment_carry_out,
            done=_("Granted. The units owe these returns now; invitations go out by and by."),
            template="office/returns/approval.html",
            context=asking.shown_to_approver,
        ),
    )


def _let_texts_be_reworded() -> None:
    register_document(
        Document(
            answers.DOCUMENT,
            _("Ready answers"),
            Permission.ANSWER_CASES,
            answers.built_answers,
            helpdesk_rules.PLACES,
            "office:helpdesk:list",
            has_lines=True,
        )
    )
    register_document(
        Document(
            kits.DOCUMENT,
            _("Texts of kits"),
            Permission.MAKE_KIT,
            kits.kit_texts,
            kit_texts.PLACEHOLDERS,
            "office:publicity:list",
            has_lines=False,
        )
    )
