"""Pages of the help desk: those of the office, and those of people who ask, printed on paper and the same for ever."""

from django.urls import URLPattern, URLResolver, path

from quetsach.web.office.helpdesk import public_views, views

app_name = "helpdesk"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.listing, name="list"),
    path("so-lieu/", views.counted, name="counted"),
    path("<str:code>/", views.case, name="case"),
    path("<str:code>/buoc/", views.step, name="step"),
]
PUBLIC: list[URLPattern | URLResolver] = [
    path("giup-do/", public_views.ask, name="help"),
    path("giup-do/tim/", public_views.find, name="help-find"),
    path("giup-do/<str:code>/", public_views.case, name="help-case"),
]
