"""Pages of campaigns in the office."""

from django.urls import URLPattern, URLResolver, path

from quetsach.web.office.campaigns import acts, baseline_views, decision_views, evaluation_views, plan_views, views

app_name = "campaigns"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.campaign_list, name="list"),
    path("moi/", plan_views.begin, name="begin"),
    path("moi/tep/", plan_views.begin_from_file, name="begin-from-file"),
    path("moi/mau.toml", plan_views.example, name="example"),
    path("so-sanh/", views.comparison, name="compare"),
    path("de-nghi/<str:asked>/", views.asked, name="asked"),
    path("<slug:key>/", views.overview, name="overview"),
    path("<slug:key>/bang/", views.boards, name="boards"),
    path("<slug:key>/ke-hoach/", plan_views.change, name="change"),
    path("<slug:key>/tep/", plan_views.replace, name="replace"),
    path("<slug:key>/ke-hoach.toml", views.plan_file, name="plan-file"),
    path("<slug:key>/quyet-dinh/", decision_views.decisions, name="decisions"),
    path("<slug:key>/quyet-dinh/moi/", decision_views.kinds, name="decide"),
    path("<slug:key>/quyet-dinh/moi/<slug:kind>/", decision_views.decide, name="decide-on"),
    path("<slug:key>/mo/<slug:phase>/", acts.open_gate, name="open-gate"),
    path("<slug:key>/moc-so-sanh/", baseline_views.baseline, name="baseline"),
    path("<slug:key>/danh-gia/", evaluation_views.evaluation, name="evaluation"),
    path("<slug:key>/danh-gia/<int:number>.zip", evaluation_views.evaluation_files, name="evaluation-files"),
    path(
        "<slug:key>/danh-gia/<int:number>.<slug:language>.pdf", evaluation_views.evaluation_pdf, name="evaluation-pdf"
    ),
    path("<slug:key>/ket-thuc/", acts.close, name="close"),
    path("<slug:key>/tiep-theo/", acts.clone, name="clone"),
    path("<slug:key>/luu-tru.zip", views.archive, name="archive"),
]
