"""Addresses of the centre. Pages have one in each language; what programs use has one that never changes."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.utils.translation import gettext_lazy as _

from quetsach.web import operation
from quetsach.web.api.open_data import serving
from quetsach.web.api.services import unknown
from quetsach.web.api.views import api
from quetsach.web.office import urls as office
from quetsach.web.office.partners.api import router as partners_router
from quetsach.web.office.people import urls as people
from quetsach.web.office.people.sign_in_views import too_many
from quetsach.web.office.views import failed
from quetsach.web.portal import again, browser, pictures, press, views
from quetsach.web.portal.feeds import feed, site_map
from quetsach.web.repository import repository_file

api.add_router("/partners", partners_router)
urlpatterns: list[URLPattern | URLResolver] = [
    path("robots.txt", operation.robots, name="robots"),
    path("sitemap.xml", site_map, name="sitemap"),
    path(".well-known/security.txt", operation.security, name="security"),
    path("api/", serving.to_root),
    path("api/v1", serving.to_root),
    path("api/v1/", serving.root, name="api-index"),
    path("api/v1/", api.urls),
    path("api/v1/<str:name>", serving.open_file, name="open-file"),
    path("api/v1/pictures/<str:file>", pictures.picture_file, name="picture"),
    re_path(r"^api/(?P<rest>[\s\S]*)\Z", unknown),
    re_path(r"^repository/(?P<name>.+)\Z", repository_file, name="repository"),
    path("tai-ve/manifest.json", views.tool_manifest, name="tool-manifest"),
    path("tai-ve/<str:name>", views.tool_file, name="tool-file"),
    *i18n_patterns(
        path("", views.home, name="home"),
        path(_("check/"), views.check, name="check"),
        path(_("check/again/"), again.again, name="look-again"),
        path(_("check/again/code/"), again.code, name="look-again-code"),
        path(_("browser/"), browser.browser, name="browser"),
        path(_("devices/"), views.devices, name="devices"),
        path(_("devices/i-do-not-know/"), views.which_device, name="which-device"),
        path(_("devices/i-do-not-know/<question:name>/"), views.which_device, name="device-question"),
        path(_("devices/<device:kind>/"), views.device_step(0), name="device"),
        path(_("devices/<device:kind>/clean/"), views.device_step(1), name="device-clean"),
        path(_("devices/<device:kind>/prevent/"), views.device_step(2), name="device-prevent"),
        path(_("steps/"), views.moved_steps, name="moved-steps"),
        path(_("steps/<path:rest>"), views.moved_steps, name="moved-step"),
        path(_("download/"), views.download, name="download"),
        path(_("other-tools/"), views.other_tools, name="other-tools"),
        path(_("how-this-is-counted/"), views.definitions, name="definitions"),
        path(_("how-we-know/"), views.how_we_know, name="how-we-know"),
        path(_("open-data/"), views.open_data, name="open-data"),
        path(_("open-data/atom.xml"), feed, name="figures-feed"),
        path(_("figures/"), press.figures, name="figures"),
        path(_("press/"), press.press, name="press"),
        path(_("embed/"), press.frame, name="frame"),
        path(_("embed/<str:code>/"), press.frame, name="frame-of"),
        path(_("accessibility/"), views.accessibility, name="accessibility"),
        path(_("privacy/"), views.privacy, name="privacy"),
        path(_("malware/"), views.families, name="families"),
        path(_("malware/<slug:name>/"), views.family, name="family"),
        *office.PUBLIC,
        path(_("office/"), include(people.SIGN_IN)),
        path(_("office/"), include(office)),
        prefix_default_language=False,
    ),
]

handler400 = failed(400)
handler403 = views.error(403)
handler404 = failed(404)
handler500 = views.error(500)
handler429 = too_many
