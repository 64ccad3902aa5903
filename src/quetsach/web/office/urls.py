"""Addresses of the office, and those that its rooms have among the public ones.

The first part is in the language of the page, what follows is the same in both. What is printed on paper is the same
for ever, in every language; ``/en/`` before it gives English.
"""

from django.urls import URLPattern, URLResolver, include, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office import views
from quetsach.web.office.approvals import views as approvals
from quetsach.web.office.audit import views as audit
from quetsach.web.office.campaigns.views import campaigns, decisions, plans
from quetsach.web.office.helpdesk import public_views as help_for_people
from quetsach.web.office.helpdesk import views as helpdesk
from quetsach.web.office.letters.views import drafts, following, link, received
from quetsach.web.office.operation import views as operation
from quetsach.web.office.packs import views as packs
from quetsach.web.office.partners import views as partners
from quetsach.web.office.publicity import views as publicity
from quetsach.web.office.returns.views import assignment, board, entry, returns
from quetsach.web.office.returns.views.entry import entry_by_link
from quetsach.web.office.units import views as units
from quetsach.web.office.wording import views as wording

type Addresses = list[URLPattern | URLResolver]

_APPROVALS: Addresses = [
    path("", approvals.approvals, name="list"),
    path("<int:key>/", approvals.approval, name="approval"),
    path("<int:key>/quyet-dinh/", approvals.decide, name="decide"),
]
_AUDIT: Addresses = [path("", audit.entries, name="list")]
_CAMPAIGNS: Addresses = [
    path("", campaigns.campaign_list, name="list"),
    path("moi/", plans.begin, name="begin"),
    path("moi/tep/", plans.begin_from_file, name="begin-from-file"),
    path("moi/mau.toml", plans.example, name="example"),
    path("so-sanh/", campaigns.comparison, name="compare"),
    path("de-nghi/<str:asked>/", campaigns.asked, name="asked"),
    path("<slug:key>/", campaigns.overview, name="overview"),
    path("<slug:key>/bang/", campaigns.boards, name="boards"),
    path("<slug:key>/ke-hoach/", plans.change, name="change"),
    path("<slug:key>/tep/", plans.replace, name="replace"),
    path("<slug:key>/ke-hoach.toml", campaigns.plan_file, name="plan-file"),
    path("<slug:key>/quyet-dinh/", decisions.decisions, name="decisions"),
    path("<slug:key>/quyet-dinh/moi/", decisions.kinds, name="decide"),
    path("<slug:key>/quyet-dinh/moi/<slug:kind>/", decisions.decide, name="decide-on"),
    path("<slug:key>/mo/<slug:phase>/", campaigns.open_gate, name="open-gate"),
    path("<slug:key>/moc-so-sanh/", decisions.baseline, name="baseline"),
    path("<slug:key>/danh-gia/", decisions.evaluation, name="evaluation"),
    path("<slug:key>/danh-gia/<int:number>.zip", decisions.evaluation_files, name="evaluation-files"),
    path("<slug:key>/danh-gia/<int:number>.<slug:language>.pdf", decisions.evaluation_pdf, name="evaluation-pdf"),
    path("<slug:key>/ket-thuc/", campaigns.close, name="close"),
    path("<slug:key>/tiep-theo/", campaigns.clone, name="clone"),
    path("<slug:key>/luu-tru.zip", campaigns.archive, name="archive"),
]
_HELPDESK: Addresses = [
    path("", helpdesk.listing, name="list"),
    path("so-lieu/", helpdesk.counted, name="counted"),
    path("<str:code>/", helpdesk.case, name="case"),
    path("<str:code>/buoc/", helpdesk.step, name="step"),
]
_LETTERS: Addresses = [
    path("", drafts.letters, name="list"),
    path("moi/", drafts.begin, name="begin"),
    path("den/", received.inbox, name="inbox"),
    path("den/<int:pk>/", received.received, name="received"),
    path("den/<int:pk>/ban-in.pdf", received.received_pdf, name="received-pdf"),
    path("den/<int:pk>/tep/<int:number>/", received.received_file, name="received-file"),
    path("so/", following.register, name="register"),
    path("thu/", following.mail, name="mail"),
    path("thu/<int:pk>/", following.settle, name="settle"),
    path("da-cong-bo/<slug:campaign>/", following.published, name="published"),
    path("<int:pk>/", drafts.letter, name="letter"),
    path("<int:pk>/sua/", drafts.edit, name="edit"),
    path("<int:pk>/ban/<int:number>/", drafts.version, name="version"),
    path("<int:pk>/ban-in.pdf", drafts.pdf, name="pdf"),
    path("<int:pk>/ban-thao.docx", drafts.docx, name="docx"),
    path("<int:pk>/trinh/", drafts.submit, name="submit"),
    path("<int:pk>/ban-hanh/", drafts.issue, name="issue"),
    path("<int:pk>/mau/", drafts.keep, name="keep"),
    path("<int:pk>/tep/", drafts.attach, name="attach"),
    path("<int:pk>/tep/<int:number>/", drafts.attachment, name="attachment"),
    path("<int:pk>/trao-doi.json", following.exchange, name="exchange"),
    path("<int:pk>/gui/", following.send, name="send"),
    path("<int:pk>/tien-do/", following.progress, name="progress"),
]
_OPERATION: Addresses = [
    path("", operation.operation, name="operation"),
    path("thu/", operation.test_mail, name="test-mail"),
    path("dau-thoi-gian/", operation.test_time_stamp, name="test-time-stamp"),
]
_PACKS: Addresses = [path("", packs.packs, name="packs")]
_PARTNERS: Addresses = [
    path("", partners.listing, name="list"),
    path("moi/", partners.add, name="add"),
    path("<slug:key>/", partners.partner, name="partner"),
    path("<slug:key>/phuong-phap/", partners.declare, name="declare"),
    path("<slug:key>/tep/", partners.send, name="send"),
    path("<slug:key>/tep/<int:number>/", partners.delivery, name="delivery"),
    path("<slug:key>/ma/", partners.token, name="token"),
    path("<slug:key>/ma/<int:number>/thu-hoi/", partners.revoke, name="revoke"),
]
_PUBLICITY: Addresses = [
    path("", publicity.kit_list, name="list"),
    path("den-voi/", publicity.reach, name="reach"),
    path("<int:number>/", publicity.kit, name="kit"),
    path("<int:number>/loi-van/", publicity.texts, name="texts"),
    path("<int:number>/tep/<path:name>", publicity.kit_file, name="file"),
    path("<int:number>/tai-ve/", publicity.kit_download, name="download"),
    path("<int:number>/trinh/", publicity.kit_submit, name="submit"),
    path("<int:number>/thu-hoi/", publicity.kit_revoke, name="revoke"),
]
_RETURN = "<int:assignment>/<slug:period>/<slug:unit>/"
_RETURNS: Addresses = [
    path("", board.returns, name="list"),
    path("giao/", assignment.assign, name="assign"),
    path("bieu-mau/", assignment.forms, name="forms"),
    path("bieu-mau/moi/", assignment.take_in, name="form-new"),
    path("bieu-mau/<slug:code>/", assignment.form, name="form"),
    path("bieu-mau/<slug:code>.toml", assignment.toml, name="form-toml"),
    path("bieu-mau/<slug:code>.json", assignment.as_json, name="form-json"),
    path("bieu-mau/<slug:code>.xlsx", assignment.xlsx, name="form-xlsx"),
    path("<int:assignment>/", assignment.assignment, name="assignment"),
    path("<int:assignment>/rut/", assignment.withdraw, name="withdraw"),
    path("<int:assignment>/theo-ke-hoach/", assignment.follow_plan, name="follow-plan"),
    path("<int:assignment>/<slug:period>/", board.own_board, name="period"),
    path("<int:assignment>/<slug:period>/cong-bo/<str:digest>/", board.publication, name="publication"),
    path(_RETURN, returns.filed, name="filed"),
    path(f"{_RETURN}bang/", board.board, name="board"),
    path(f"{_RETURN}so-lieu/", board.totals, name="totals"),
    path(f"{_RETURN}cong-bo/", board.publish, name="publish"),
    path(f"{_RETURN}ghi/", entry.entry, name="entry"),
    path(f"{_RETURN}giay/", entry.paper, name="paper"),
    path(f"{_RETURN}bieu-mau.xlsx", entry.template, name="template"),
    path(f"{_RETURN}nhap/", entry.take_in, name="take-in"),
    path(f"{_RETURN}quyet-dinh/", returns.decide, name="decide"),
    path(f"{_RETURN}vang/", returns.sign_off, name="sign-off"),
    path(f"{_RETURN}gia-han/", returns.extend, name="extend"),
    path(f"{_RETURN}gia-han-cap-duoi/", returns.extend_below, name="extend-below"),
    path(f"{_RETURN}lien-ket/", returns.link, name="link"),
]
_UNITS: Addresses = [
    path("", units.units, name="list"),
    path("tep/xuat/", units.export, name="export"),
    path("tep/nhap/", units.bring, name="import"),
    path("tep/xem-truoc/", units.preview, name="preview"),
    path("nhom/tat-ca/", units.groups, name="groups"),
    path("<slug:key>/", units.unit, name="unit"),
    path("<slug:key>/sua/", units.edit, name="edit"),
    path("<slug:key>/them/", units.add, name="add"),
    path("<slug:key>/chuyen/", units.move, name="move"),
    path("<slug:key>/ket-thuc/", units.close, name="close"),
    path("<slug:key>/nhom/", units.join, name="join"),
    path("<slug:key>/lien-he/", units.new, name="contact-new"),
    path("<slug:key>/lien-he/<int:number>/", units.change, name="contact"),
    path("<slug:key>/lien-he/<int:number>/xoa/", units.remove, name="contact-remove"),
]
_WORDING: Addresses = [
    path("<slug:key>/", wording.texts, name="texts"),
    path("<slug:key>/<str:place>/", wording.text, name="text"),
]

app_name = "office"
urlpatterns: Addresses = [
    path("", views.dashboard, name="dashboard"),
    path("", include("quetsach.web.office.people.urls")),
    path(_("log/"), include((_AUDIT, "log"))),
    path(_("approvals/"), include((_APPROVALS, "approvals"))),
    path(_("units/"), include((_UNITS, "units"))),
    path(_("campaigns/"), include((_CAMPAIGNS, "campaigns"))),
    path(_("letters/"), include((_LETTERS, "letters"))),
    path(_("returns/"), include((_RETURNS, "returns"))),
    path(_("partners/"), include((_PARTNERS, "partners"))),
    path(_("publicity/"), include((_PUBLICITY, "publicity"))),
    path(_("figures/"), include("quetsach.web.office.figures.urls")),
    path(_("feeds/"), include("quetsach.web.office.feeds.urls")),
    path(_("packs/"), include((_PACKS, "packs"))),
    path(_("wording/"), include((_WORDING, "wording"))),
    path(_("operation/"), include((_OPERATION, "operation"))),
    path(_("cases/"), include((_HELPDESK, "helpdesk"))),
]
PUBLIC: Addresses = [
    path(_("campaigns/"), campaigns.campaign, name="campaign"),
    path(_("campaigns/<slug:key>/"), campaigns.campaign, name="campaign-of"),
    path(_("letter/<str:token>/"), link.letter_page, name="letter-link"),
    path(_("letter/<str:token>/open/"), link.letter_pdf, name="letter-link-open"),
    path(_("letter/<str:token>/open/<int:number>/"), link.letter_file, name="letter-link-file"),
    path("bao-cao/<str:token>/", entry_by_link, name="return-link"),
    path("xac-minh/", publicity.verify, name="verify"),
    path("xac-minh/<str:code>/", publicity.verification, name="verification"),
    path("t/<slug:key>", publicity.visit, name="visit"),
    path("giup-do/", help_for_people.ask, name="help"),
    path("giup-do/tim/", help_for_people.find, name="help-find"),
    path("giup-do/<str:code>/", help_for_people.case, name="help-case"),
]
"""What people open without signing in: campaigns, links of letters and returns, what is printed on publicity, help."""
