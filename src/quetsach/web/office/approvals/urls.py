"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.approvals import views

ADDRESS = _("approvals/")
app_name = "approvals"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.approvals, name="list"),
    path("<int:key>/", views.approval, name="approval"),
    path("<int:key>/quyet-dinh/", views.decide, name="decide"),
]
