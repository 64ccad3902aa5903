"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.accounts import views

ADDRESS = _("stolen-accounts/")
app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.batches, name="list"),
    path("nhan/", views.take_in, name="take-in"),
    path("<int:number>/", views.batch, name="batch"),
    path("<int:number>/xoa/", views.batch_end, name="batch-end"),
]
