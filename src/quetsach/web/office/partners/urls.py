"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.partners import views

ADDRESS = _("partners/")
app_name = "partners"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.listing, name="list"),
    path("moi/", views.add, name="add"),
    path("<slug:key>/", views.partner, name="partner"),
    path("<slug:key>/phuong-phap/", views.declare, name="declare"),
    path("<slug:key>/tep/", views.send, name="send"),
    path("<slug:key>/tep/<int:number>/", views.delivery, name="delivery"),
    path("<slug:key>/ma/", views.token, name="token"),
    path("<slug:key>/ma/<int:number>/thu-hoi/", views.revoke, name="revoke"),
]
