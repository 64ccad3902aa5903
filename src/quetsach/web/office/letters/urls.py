"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path

from quetsach.web.office.letters.views import (
    following,
    received,
    versions,
    writing,
)
from quetsach.web.office.letters.views import (
    mail as post,
)

app_name = "letters"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", writing.letters, name="list"),
    path("moi/", writing.begin, name="begin"),
    path("den/", received.inbox, name="inbox"),
    path("den/<int:pk>/", received.received, name="received"),
    path("den/<int:pk>/ban-in.pdf", received.received_pdf, name="received-pdf"),
    path("den/<int:pk>/tep/<int:number>/", received.received_file, name="received-file"),
    path("so/", following.register, name="register"),
    path("thu/", post.mail, name="mail"),
    path("thu/<int:pk>/", post.settle, name="settle"),
    path("da-cong-bo/<slug:campaign>/", following.published, name="published"),
    path("<int:pk>/", writing.letter, name="letter"),
    path("<int:pk>/sua/", writing.edit, name="edit"),
    path("<int:pk>/ban/<int:number>/", versions.version, name="version"),
    path("<int:pk>/ban-in.pdf", writing.pdf, name="pdf"),
    path("<int:pk>/ban-thao.docx", writing.docx, name="docx"),
    path("<int:pk>/trinh/", writing.submit, name="submit"),
    path("<int:pk>/ban-hanh/", writing.issue, name="issue"),
    path("<int:pk>/mau/", writing.keep, name="keep"),
    path("<int:pk>/tep/", writing.attach, name="attach"),
    path("<int:pk>/tep/<int:number>/", writing.attachment, name="attachment"),
    path("<int:pk>/trao-doi.json", following.exchange, name="exchange"),
    path("<int:pk>/gui/", following.send, name="send"),
    path("<int:pk>/tien-do/", following.progress, name="progress"),
]
