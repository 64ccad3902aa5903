"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.campaigns.views import campaigns, decisions, plans

ADDRESS = _("campaigns/")
app_name = "campaigns"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", campaigns.campaign_list, name="list"),
    path("moi/", plans.begin, name="begin"),
    path("moi/tep/", plans.begin_from_file, name="begin-from-file"),
    path("moi/mau.toml", plans.example, name="example"),
    path("so-sanh/", campaigns.comparison, name="compare"),
    path("de-nghi/<str:asked>/", campaigns.asked, name="asked"),
    path("<slug:key>/", campaigns.overview, name="overview"),
    path("<slug:key>/bang/", campaigns.boards, name="boards"),
    path("<slug:key>/ke-hoach/", plans.change, name="change"),
    path("<slug:key>/tep/", plans.replace, name="replace"),
    path("<slug:key>/ke-hoach.toml", campaigns.plan_file, name="plan-file"),
    path("<slug:key>/quyet-dinh/", decisions.decisions, name="decisions"),
    path("<slug:key>/quyet-dinh/moi/", decisions.kinds, name="decide"),
    path("<slug:key>/quyet-dinh/moi/<slug:kind>/", decisions.decide, name="decide-on"),
    path("<slug:key>/mo/<slug:phase>/", campaigns.open_gate, name="open-gate"),
    path("<slug:key>/moc-so-sanh/", decisions.baseline, name="baseline"),
    path("<slug:key>/danh-gia/", decisions.evaluation, name="evaluation"),
    path("<slug:key>/danh-gia/<int:number>.zip", decisions.evaluation_files, name="evaluation-files"),
    path("<slug:key>/danh-gia/<int:number>.<slug:language>.pdf", decisions.evaluation_pdf, name="evaluation-pdf"),
    path("<slug:key>/ket-thuc/", campaigns.close, name="close"),
    path("<slug:key>/tiep-theo/", campaigns.clone, name="clone"),
    path("<slug:key>/luu-tru.zip", campaigns.archive, name="archive"),
]
