"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.feeds import views

ADDRESS = _("feeds/")
app_name = "feeds"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.feeds, name="feeds"),
    path("nhan-tep/", views.files, name="files"),
    path("nhan-tep/<int:number>/", views.file, name="file"),
    path("dinh-dang/", views.layouts, name="layouts"),
    path("tach-rieng/", views.quarantine, name="quarantine"),
    path("tach-rieng/<str:delivery>/", views.set_aside, name="set-aside"),
    path("ten-cho-xep/", views.names, name="names"),
    path("ten-cho-xep/xep/", views.name, name="name"),
    path("ten-cho-xep/bo-xep/", views.name_undo, name="name-undo"),
    path("ten-cho-xep/danh-sach/", views.family_list, name="family-list"),
]
