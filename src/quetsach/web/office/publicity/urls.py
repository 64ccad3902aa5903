"""Pages of publicity: those of the office, and those that the public opens without signing in.

The public ones are printed on paper, so they are the same for ever; ``/en/`` before them gives English.
"""

from django.urls import URLPattern, URLResolver, path

from quetsach.web.office.publicity import views

app_name = "publicity"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.kit_list, name="list"),
    path("den-voi/", views.reach, name="reach"),
    path("<int:number>/", views.kit, name="kit"),
    path("<int:number>/loi-van/", views.texts, name="texts"),
    path("<int:number>/tep/<path:name>", views.kit_file, name="file"),
    path("<int:number>/tai-ve/", views.kit_download, name="download"),
    path("<int:number>/trinh/", views.kit_submit, name="submit"),
    path("<int:number>/thu-hoi/", views.kit_revoke, name="revoke"),
]
PUBLIC: list[URLPattern | URLResolver] = [
    path("xac-minh/", views.verify, name="verify"),
    path("xac-minh/<str:code>/", views.verification, name="verification"),
    path("t/<slug:key>", views.visit, name="visit"),
]
