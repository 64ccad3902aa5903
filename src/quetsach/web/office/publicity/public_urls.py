"""Pages that the public opens without signing in; their addresses begin at the root of the site.

They are printed on paper, so they are the same for ever; ``/en/`` before them gives English.
"""

from django.urls import URLPattern, URLResolver, path

from quetsach.web.office.publicity import public_views

urlpatterns: list[URLPattern | URLResolver] = [
    path("xac-minh/", public_views.verify, name="verify"),
    path("xac-minh/<str:code>/", public_views.verification, name="verification"),
    path("t/<slug:key>", public_views.visit, name="visit"),
]
