"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.letters.views import drafts, following, received

ADDRESS = _("letters/")
app_name = "letters"
urlpatterns: list[URLPattern | URLResolver] = [
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
