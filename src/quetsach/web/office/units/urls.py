"""Pages of this room of the office. Units have one part of the path, everything else two."""

from django.urls import URLPattern, URLResolver, path

from quetsach.web.office.units.views import change, contact, group, table, tree

app_name = "units"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", tree.units, name="list"),
    path("tep/xuat/", table.export, name="export"),
    path("tep/nhap/", table.bring, name="import"),
    path("tep/xem-truoc/", table.preview, name="preview"),
    path("nhom/tat-ca/", group.groups, name="groups"),
    path("<slug:key>/", tree.unit, name="unit"),
    path("<slug:key>/sua/", change.edit, name="edit"),
    path("<slug:key>/them/", change.add, name="add"),
    path("<slug:key>/chuyen/", change.move, name="move"),
    path("<slug:key>/ket-thuc/", change.close, name="close"),
    path("<slug:key>/nhom/", change.join, name="join"),
    path("<slug:key>/lien-he/", contact.new, name="contact-new"),
    path("<slug:key>/lien-he/<int:number>/", contact.change, name="contact"),
    path("<slug:key>/lien-he/<int:number>/xoa/", contact.remove, name="contact-remove"),
]
