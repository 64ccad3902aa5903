"""The evaluation is asked for on a page, made behind the pages by the command, and handed out as files."""

import html
import io
import re
import subprocess
import sys
import threading
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quetsach.campaign.authority import Role
from quetsach.cli.center import works
from quetsach.web.office.campaigns.services.steps import (
    MOST_KEPT,
    evaluation_ask,
    evaluation_begin,
    evaluations_recover,
    folder_of,
)
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.plans.models import EvaluationRun
from quetsach.web.office.refusal import AccessError

from .conftest import NOW, freeze

PAGE = "/van-phong/chien-dich/viet-nam-2020/danh-gia/"


def words(answer) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Let the command be a program that is given here; return a function that writes it."""

    def write(text: str) -> None:
        path = tmp_path / "command.py"
        path.write_text(text)
        monkeypatch.setattr(works, "_COMMAND", (sys.executable, str(path)))

    return write


WHOLE = """
import json, pathlib, sys
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
(out / "data").mkdir(parents=True)
for name in ("evaluation.vi.pdf", "evaluation.en.pdf", "evaluation.vi.html", "data/windows.csv"):
    (out / name).write_text(name + " of " + sys.argv[1])
print(json.dumps({"campaign": sys.argv[1], "lake": "f" * 64, "as_of": "2020-12-15", "out": str(out), "files": []}))
"""


def work(data: Path) -> int:
    return works.evaluations_work(data, threading.Event())


def test_the_page_says_what_an_evaluation_would_stand_on(signed_in, operator, campaign, data) -> None:
    client = signed_in(operator)
    page = words(client.get(PAGE))
    for said in ("Chưa chốt: mức thay đổi chỉ là tạm tính.", "Chưa có số liệu công bố", "sẽ không kết luận"):
        assert said in page
    assert "Chưa lập lần nào tại đây." in page
    freeze(data)
    (data / "campaigns" / campaign.key / "registration.json").write_text("{}")
    page = words(client.get(PAGE))
    assert "Đã chốt ngày" in page
    assert "Đã đăng ký, SHA-256" in page
    assert "quetsach center evaluate viet-nam-2020" in page


def test_who_may_publish_figures_asks_once_and_others_look_only(signed_in, person, campaign, operator) -> None:
    analyst, auditor = person(Role.ANALYST), person(Role.AUDITOR)
    seen = words(signed_in(auditor).get(PAGE))
    assert "Lập báo cáo đánh giá" not in seen
    assert "center evaluate" not in seen
    with pytest.raises(AccessError):
        evaluation_ask(campaign=campaign, by=auditor, now=NOW)
    client = signed_in(analyst)
    client.post(PAGE)
    client.post(PAGE)
    assert EvaluationRun.objects.count() == LogEntry.objects.filter(act="evaluation-ask").count() == 1
    page = words(client.get(PAGE))
    assert "Báo cáo được lập khi đến lượt." in page
    assert "Lập báo cáo đánh giá" not in page.partition("Các lần lập")[0].partition("Căn cứ")[2]


def test_an_evaluation_is_made_behind_the_pages_and_handed_out(signed_in, operator, campaign, data, command) -> None:
    command(WHOLE)
    run = evaluation_ask(campaign=campaign, by=operator, now=NOW)
    assert work(data) == 1
    run.refresh_from_db()
    assert (run.is_made, run.lake, str(run.as_of)) == (True, "f" * 64, "2020-12-15")
    client = signed_in(operator)
    assert "đã lập" in words(client.get(PAGE))
    answer = client.get(f"{PAGE}{run.pk}.vi.pdf")
    assert (answer.content, answer["Content-Type"]) == (b"evaluation.vi.pdf of viet-nam-2020", "application/pdf")
    packed = zipfile.ZipFile(io.BytesIO(client.get(f"{PAGE}{run.pk}.zip").content))
    assert f"viet-nam-2020-{run.pk}/data/windows.csv" in packed.namelist()
    assert LogEntry.objects.get(act="evaluation-make").detail == {"number": run.pk, "lake": "f" * 64}
    for path in (f"{run.pk}.de.pdf", f"{run.pk + 1}.zip", f"{run.pk + 1}.vi.pdf"):
        assert client.get(PAGE + path).status_code == 404


def test_a_command_that_fails_is_told_with_its_word_and_nothing_is_handed_out(
    signed_in, operator, campaign, data, command
) -> None:
    command("import sys; print('progress', file=sys.stderr); sys.exit('mốc so sánh đã bị sửa')")
    run = evaluation_ask(campaign=campaign, by=operator, now=NOW)
    assert work(data) == 0
    client = signed_in(operator)
    page = words(client.get(PAGE))
    assert "không lập được mốc so sánh đã bị sửa" in page
    assert client.get(f"{PAGE}{run.pk}.zip").status_code == 404
    assert not LogEntry.objects.filter(act="evaluation-make").exists()
    assert evaluation_ask(campaign=campaign, by=operator, now=NOW) != run, "it may be asked for again"


def test_a_centre_that_stops_ends_the_command_and_says_so(operator, campaign, data, command) -> None:
    command("import time; time.sleep(60)")
    stopped = threading.Event()
    run = evaluation_ask(campaign=campaign, by=operator, now=NOW)
    real = subprocess.Popen.communicate

    def stop(self, *arguments, **named):
        stopped.set()
        return real(self, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "communicate", stop)
        assert works.evaluations_work(data, stopped) == 0
    run.refresh_from_db()
    assert run.trouble == "stopped"


def test_what_was_being_made_when_the_centre_was_killed_is_ended_at_the_next_start(operator, campaign) -> None:
    run = evaluation_ask(campaign=campaign, by=operator, now=NOW)
    assert evaluation_begin(now=NOW) == run
    assert evaluations_recover(now=NOW) == 1
    run.refresh_from_db()
    assert (run.trouble, run.is_under_way) == ("stopped", False)
    assert evaluation_begin(now=NOW) is None


def test_files_of_the_newest_are_kept_and_of_older_ones_the_page_says_they_are_not(
    signed_in, operator, campaign, data, command
) -> None:
    command(WHOLE)
    runs = []
    for day in range(MOST_KEPT + 2):
        runs.append(evaluation_ask(campaign=campaign, by=operator, now=NOW + timedelta(days=day)))
        assert work(data) == 1
    kept = [run.pk for run in runs if folder_of(run, data).is_dir()]
    assert kept == [run.pk for run in runs[-MOST_KEPT:]]
    client = signed_in(operator)
    assert "không còn lưu: chỉ lưu 5 bản mới nhất" in words(client.get(PAGE))
    assert client.get(f"{PAGE}{runs[0].pk}.zip").status_code == 404


def test_the_page_of_countings_names_what_is_kept_and_from_what(signed_in, operator, campaign, data, command) -> None:
    client = signed_in(operator)
    page = words(client.get("/van-phong/so-lieu/phep-dem/"))
    assert "Chưa có phép đếm nào." in page
    freeze(data)
    command(WHOLE)
    evaluation_ask(campaign=campaign, by=operator, now=datetime.now(UTC))
    work(data)
    page = words(client.get("/van-phong/so-lieu/phep-dem/"))
    assert "Mốc so sánh đã chốt" in page
    assert "Báo cáo đánh giá đã lập" in page
    assert "trạng thái kho dữ liệu ffffffffffff" in page


def test_countings_are_for_who_may_publish_figures(signed_in, person, campaign) -> None:
    assert signed_in(person(Role.AUDITOR)).get("/van-phong/so-lieu/phep-dem/").status_code == 403
