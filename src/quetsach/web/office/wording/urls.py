"""Pages of texts that people reword."""

from django.urls import URLPattern, URLResolver, path

from quetsach.web.office.wording import views

app_name = "wording"
urlpatterns: list[URLPattern | URLResolver] = [
    path("<slug:key>/", views.texts, name="texts"),
    path("<slug:key>/<str:place>/", views.text, name="text"),
]
