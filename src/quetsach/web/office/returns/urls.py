"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path

from quetsach.web.office.returns.views import assignment, board, entry, filed, form, offline, totals

_RETURN = "<int:assignment>/<slug:period>/<slug:unit>/"

app_name = "returns"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", board.returns, name="list"),
    path("giao/", assignment.assign, name="assign"),
    path("bieu-mau/", form.forms, name="forms"),
    path("bieu-mau/moi/", form.take_in, name="form-new"),
    path("bieu-mau/<slug:code>/", form.form, name="form"),
    path("bieu-mau/<slug:code>.toml", form.toml, name="form-toml"),
    path("bieu-mau/<slug:code>.json", form.as_json, name="form-json"),
    path("bieu-mau/<slug:code>.xlsx", form.xlsx, name="form-xlsx"),
    path("<int:assignment>/", assignment.assignment, name="assignment"),
    path("<int:assignment>/rut/", assignment.withdraw, name="withdraw"),
    path("<int:assignment>/theo-ke-hoach/", assignment.follow_plan, name="follow-plan"),
    path("<int:assignment>/<slug:period>/", board.own_board, name="period"),
    path("<int:assignment>/<slug:period>/cong-bo/<str:digest>/", totals.publication, name="publication"),
    path(_RETURN, filed.filed, name="filed"),
    path(f"{_RETURN}bang/", board.board, name="board"),
    path(f"{_RETURN}so-lieu/", totals.totals, name="totals"),
    path(f"{_RETURN}cong-bo/", totals.publish, name="publish"),
    path(f"{_RETURN}ghi/", entry.entry, name="entry"),
    path(f"{_RETURN}giay/", offline.paper, name="paper"),
    path(f"{_RETURN}bieu-mau.xlsx", offline.template, name="template"),
    path(f"{_RETURN}nhap/", offline.take_in, name="take-in"),
    path(f"{_RETURN}quyet-dinh/", filed.decide, name="decide"),
    path(f"{_RETURN}vang/", filed.sign_off, name="sign-off"),
    path(f"{_RETURN}gia-han/", filed.extend, name="extend"),
    path(f"{_RETURN}gia-han-cap-duoi/", filed.extend_below, name="extend-below"),
    path(f"{_RETURN}lien-ket/", filed.link, name="link"),
]
