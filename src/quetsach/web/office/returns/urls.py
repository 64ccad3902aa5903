"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.returns.views import assignment, board, entry, returns

_RETURN = "<int:assignment>/<slug:period>/<slug:unit>/"

ADDRESS = _("returns/")
app_name = "returns"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", board.returns, name="list"),
    path("giao/", assignment.assign, name="assign"),
    path("bieu-mau/", assignment.forms, name="forms"),
    path("bieu-mau/moi/", assignment.take_in, name="form-new"),
    path("bieu-mau/<slug:code>/", assignment.form, name="form"),
    path("bieu-mau/<slug:code>.toml", assignment.toml, name="form-toml"),
    path("bieu-mau/<slug:code>.json", assignment.as_json, name="form-json"),
    path("bieu-mau/<slug:code>.xlsx", assignment.xlsx, name="form-xlsx"),
    path("<int:assignment>/", assignment.assignment, name="assignment"),
    path("<int:assignment>/rut/", assignment.withdraw, name="withdraw"),
    path("<int:assignment>/theo-ke-hoach/", assignment.follow_plan, name="follow-plan"),
    path("<int:assignment>/<slug:period>/", board.own_board, name="period"),
    path("<int:assignment>/<slug:period>/cong-bo/<str:digest>/", board.publication, name="publication"),
    path(_RETURN, returns.filed, name="filed"),
    path(f"{_RETURN}bang/", board.board, name="board"),
    path(f"{_RETURN}so-lieu/", board.totals, name="totals"),
    path(f"{_RETURN}cong-bo/", board.publish, name="publish"),
    path(f"{_RETURN}ghi/", entry.entry, name="entry"),
    path(f"{_RETURN}giay/", entry.paper, name="paper"),
    path(f"{_RETURN}bieu-mau.xlsx", entry.template, name="template"),
    path(f"{_RETURN}nhap/", entry.take_in, name="take-in"),
    path(f"{_RETURN}quyet-dinh/", returns.decide, name="decide"),
    path(f"{_RETURN}vang/", returns.sign_off, name="sign-off"),
    path(f"{_RETURN}gia-han/", returns.extend, name="extend"),
    path(f"{_RETURN}gia-han-cap-duoi/", returns.extend_below, name="extend-below"),
    path(f"{_RETURN}lien-ket/", returns.link, name="link"),
]
