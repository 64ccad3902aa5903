"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.publicity import views

ADDRESS = _("publicity/")
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
