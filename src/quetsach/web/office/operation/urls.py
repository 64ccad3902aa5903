"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.operation import views

ADDRESS = _("operation/")
app_name = "operation"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.operation, name="operation"),
    path("thu/", views.test_mail, name="test-mail"),
    path("dau-thoi-gian/", views.test_time_stamp, name="test-time-stamp"),
]
