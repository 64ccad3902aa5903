"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.units import views

ADDRESS = _("units/")
app_name = "units"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.units, name="list"),
    path("tep/xuat/", views.export, name="export"),
    path("tep/nhap/", views.bring, name="import"),
    path("tep/xem-truoc/", views.preview, name="preview"),
    path("nhom/tat-ca/", views.groups, name="groups"),
    path("<slug:key>/", views.unit, name="unit"),
    path("<slug:key>/sua/", views.edit, name="edit"),
    path("<slug:key>/them/", views.add, name="add"),
    path("<slug:key>/chuyen/", views.move, name="move"),
    path("<slug:key>/ket-thuc/", views.close, name="close"),
    path("<slug:key>/nhom/", views.join, name="join"),
    path("<slug:key>/lien-he/", views.new, name="contact-new"),
    path("<slug:key>/lien-he/<int:number>/", views.change, name="contact"),
    path("<slug:key>/lien-he/<int:number>/xoa/", views.remove, name="contact-remove"),
]
