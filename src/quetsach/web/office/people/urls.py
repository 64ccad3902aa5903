"""People of the office, and one's own account."""

from django.urls import URLPattern, URLResolver, include, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.people import views

_PEOPLE: list[URLPattern] = [
    path("", views.people, name="list"),
    path("moi/", views.invite, name="invite"),
    path("ban-nhap/", views.draft, name="draft"),
    path("<int:key>/", views.person, name="person"),
    path("<int:key>/vai-tro/", views.give, name="give"),
    path("<int:key>/lien-ket/", views.renew, name="renew"),
    path("<int:key>/xac-nhan/", views.vouch, name="vouch"),
    path("<int:key>/thoi-viec/", views.leave, name="leave"),
    path("vai-tro/<int:key>/thoi/", views.end, name="end"),
    path("loi-moi/<int:key>/thu-hoi/", views.withdraw, name="withdraw"),
]
_ACCOUNT: list[URLPattern] = [
    path("", views.account, name="account"),
    path("giu-lai/", views.kept_forms, name="kept-forms"),
    path("phien/gia-han/", views.extend, name="extend"),
    path("phien/", views.end_sessions, name="end-sessions"),
    path("phien/<int:key>/", views.end_session, name="end-session"),
]

app_name = "people"
urlpatterns: list[URLPattern | URLResolver] = [
    path(_("people/"), include(_PEOPLE)),
    path(_("account/"), include(_ACCOUNT)),
    path(_("sign-in/"), include([path("moi/<str:token>/", views.accept, name="accept")])),
]
