"""Pages that the public opens without signing in; their addresses begin at the root of the site.

They are printed on paper, so they are the same for ever; ``/en/`` before them gives English.
"""

from django.urls import URLPattern, URLResolver, path

from quetsach.web.office.publicity import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("xac-minh/", views.verify, name="verify"),
    path("xac-minh/<str:code>/", views.verification, name="verification"),
    path("t/<slug:key>", views.visit, name="visit"),
]
