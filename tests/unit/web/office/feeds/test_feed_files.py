"""A file of a feed is uploaded on a page and taken in behind it: by whom, once, with every record accounted for."""

import gzip
import io
import lzma
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation
from tests.unit.web.office.feeds.conftest import NOW, csv

from quetsach import storage
from quetsach.campaign.authority import Role
from quetsach.centre.centre import Centre
from quetsach.centre.publication import due
from quetsach.cli.main import main
from quetsach.web import limits
from quetsach.web.office.feeds import services
from quetsach.web.office.feeds.models import FeedFile, FileState
from quetsach.web.office.feeds.selectors import reasons_of
from quetsach.web.office.feeds.services import MOST_ATTEMPTS, MOST_WAITING, FeedFileError, file_receive, files_work
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.refusal import AccessError

PAGE = "/van-phong/nguon-du-lieu/nhan-tep/"
MIXED = csv("14.160.0.1", "14.160.0.1", "14.160.0.2", "192.168.1.1", "geheim")


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.csv", content)
    return packed.getvalue()


def work() -> int:
    return files_work(clock=lambda: datetime.now(UTC))


def after(file: FeedFile) -> FeedFile:
    return FeedFile.objects.get(pk=file.pk)


def accepted(data: Path) -> int:
    with Centre(data).view() as view:
        return sum(one.accepted for one in view.deliveries())


def lying(data: Path) -> list[str]:
    return sorted(path.name for path in (data / "uploads").iterdir() if path.name != ".lock")


def test_a_file_waits_on_the_disk_and_is_taken_in_as_by_the_command(upload, centre: Path, tmp_path: Path) -> None:
    file = upload(MIXED, report="honeypot-hn")
    assert (file.state, lying(centre)) == (FileState.WAITING, [file.place])
    assert work() == 1
    done = after(file)
    assert (done.state, lying(centre)) == (FileState.DONE, [])
    totals = done.totals
    assert (totals["records"], totals["accepted"], totals["duplicates"], totals["quarantined"]) == (5, 2, 1, 2)
    assert dict(reasons_of(done)) == {"reserved_ip": 1, "bad_ip": 1}
    (tmp_path / "other").mkdir()
    (tmp_path / "feed.csv").write_bytes(MIXED)
    words = ["--feed", "plain", "--report", "honeypot-hn", "--data", str(tmp_path / "other")]
    main(["center", "ingest", str(tmp_path / "feed.csv"), *words])
    with Centre(centre).view() as ours, Centre(tmp_path / "other").view() as theirs:
        (one,), (other,) = ours.deliveries(), theirs.deliveries()
    assert (one.id, one.file, one.days, one.quarantined) == (other.id, other.file, other.days, other.quarantined)


def test_what_is_new_makes_the_figures_due_and_what_is_known_does_not(upload, centre: Path) -> None:
    upload(MIXED)
    work()
    assert due.is_due(centre)
    (centre / "publication" / "due").unlink()
    again = upload(MIXED)
    work()
    assert not due.is_due(centre)
    assert after(again).totals == after(again).totals | {"accepted": 0, "duplicates": 3, "quarantined": 2}
    assert accepted(centre) == 2


@pytest.mark.parametrize(
    ("role", "unit"), [(None, "tw"), (Role.PRESS, "tw"), (Role.AUDITOR, "tw"), (Role.APPROVER, "31-2025")]
)
def test_nobody_uploads_outside_the_duty(centre: Path, person, role: Role | None, unit: str) -> None:
    by = person(role, unit)
    with pytest.raises(AccessError):
        file_receive(feed="plain", report="", name="f.csv", chunks=[MIXED], by=by, now=NOW)
    assert not (centre / "uploads").exists()


def test_the_log_says_who_with_which_bytes_and_what_came_of_it(upload) -> None:
    file = upload(MIXED, report="honeypot-hn")
    work()
    first, second = LogEntry.objects.filter(subject="feed:plain").order_by("pk")
    assert (first.act, first.detail["sha256"], first.detail["report"]) == ("feed-upload", file.sha256, "honeypot-hn")
    assert (second.act, second.detail["accepted"], second.detail["quarantined"]) == ("feed-take-in", 2, 2)
    assert first.person == second.person == file.by


@pytest.mark.parametrize("name", ["../../lake/x.csv", "..\\x.csv", "/etc/x.csv", "x\0\n.csv", "x" * 500, ""])
def test_a_name_from_outside_names_nothing_on_our_disk(upload, centre: Path, name: str) -> None:
    file = upload(MIXED, name=name)
    assert lying(centre) == [file.place]
    assert file.place.isalnum()
    assert not set("/\\\0\n") & set(file.name)
    work()
    assert after(file).state is FileState.DONE
    assert {path.name for path in centre.iterdir()} <= {
        "uploads",
        "lake",
        "publication",
        "log-head.json",
        "log-head.lock",
    }


def test_mails_and_compressed_files_are_taken_in_as_by_the_command(upload) -> None:
    mail = EmailMessage(policy.SMTP)
    mail["From"] = "feed@example.test"
    mail.set_content("Báo cáo hôm nay.")
    mail.add_attachment(MIXED, "text", "csv", filename="a.csv", cte="base64")
    files = [
        upload(bytes(mail), name="mail.eml", report="honeypot-hn"),
        upload(lzma.compress(MIXED), name="a.csv.xz", report="other"),
    ]
    assert work() == 2
    assert [[one["name"] for one in after(file).taken] for file in files] == [["mail.eml/a.csv"], ["a.csv.xz"]]
    assert [after(file).totals["records"] for file in files] == [5, 5]


def test_the_name_tells_the_report_as_it_does_for_the_command(upload) -> None:
    file = upload(csv("14.160.0.1"), name="2026-11-01-scan_exchange-vn.csv", feed="shadowserver")
    work()
    (one,) = after(file).refused
    assert one["name"] == "2026-11-01-scan_exchange-vn.csv"


@pytest.mark.parametrize(
    ("feed", "report", "field"),
    [("nobody", "", "feed"), ("plain", "Ổ/../x", "report"), ("shadowserver", "event9", "report")],
)
def test_what_is_wrong_before_a_byte_is_read_is_refused_at_once(upload, feed: str, report: str, field: str) -> None:
    with pytest.raises(FeedFileError) as refused:
        upload(MIXED, feed=feed, report=report)
    assert refused.value.field == field


def test_too_large_is_refused_while_it_arrives_and_nothing_is_kept(
    centre: Path, person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "FEED_FILE_BYTES", 10 << 20)
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * (1 << 20)

    with pytest.raises(FeedFileError):
        file_receive(feed="plain", report="", name="f", chunks=endless(), by=person(Role.ANALYST), now=NOW)
    assert (taken, lying(centre), FeedFile.objects.count()) == (11, [], 0)


def test_an_empty_file_and_one_too_many_are_refused(upload, centre: Path) -> None:
    with pytest.raises(FeedFileError):
        upload(b"")
    for number in range(MOST_WAITING):
        upload(csv(f"14.160.0.{number}"))
    with pytest.raises(FeedFileError):
        upload(csv("14.161.0.1"))
    assert len(lying(centre)) == MOST_WAITING
    assert work() == MOST_WAITING


def test_the_same_file_twice_waits_once(upload, centre: Path) -> None:
    assert upload(MIXED) == upload(MIXED)
    other = upload(MIXED, report="honeypot-hn")
    assert len(lying(centre)) == 2
    work()
    assert after(other).totals["accepted"] == 2  # another source saw the same


def test_of_an_archive_each_file_is_told(upload) -> None:
    file = upload(zipped(one=csv("14.160.0.1"), same=csv("14.160.0.1"), bad=b"a,b\n1,2\n"), name="all.zip")
    work()
    done = after(file)
    assert done.state is FileState.PARTLY
    assert [(one["name"], one["accepted"], one["duplicates"]) for one in done.taken] == [
        ("all.zip/one.csv", 1, 0),
        ("all.zip/same.csv", 0, 1),
    ]
    (refused,) = done.refused
    assert refused["name"] == "all.zip/bad.csv"
    assert set(refused["refused"]) == {"vi", "en"}


@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"0" * (64 << 20)), zipped(x=b"0" * (64 << 20)), b"\x1f\x8bxx", b"PK\x03\x04xx", b"\xff\xfea"],
    ids=["bomb in gzip", "bomb in zip", "cut gzip", "cut zip", "UTF-16"],
)
def test_a_hostile_file_is_refused_and_holds_no_other_up(upload, centre: Path, content: bytes) -> None:
    bad, good = upload(content, name="bad.zip"), upload(MIXED)
    assert work() == 2
    assert (after(bad).state, after(good).state) == (FileState.REFUSED, FileState.DONE)
    assert "uploads" not in str(after(bad).outcomes)
    assert LogEntry.objects.filter(act="feed-refuse").count() == 1
    assert lying(centre) == []


def test_what_an_attempt_took_in_before_it_broke_off_counts_as_of_this_file(
    upload, centre: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = upload(zipped(one=csv("14.160.0.1"), same=csv("14.160.0.1"), two=csv("14.160.0.2")), name="all.zip")
    with monkeypatch.context() as patched:
        patched.setattr(services, "_end", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            work()
    assert accepted(centre) == 2
    assert work() == 1
    done = after(file)
    assert (done.attempts, [one["accepted"] for one in done.taken]) == (2, [1, 0, 1])
    assert accepted(centre) == 2


@pytest.mark.parametrize(("small_bytes", "there"), [(0, 1), (1 << 16, 2)])  # these are taken in together
def test_a_stop_between_two_files_of_an_archive_costs_no_attempt(
    small_bytes: int, there: int, upload, centre: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quetsach.lake.intake.SMALL_BYTES", small_bytes)
    file = upload(zipped(one=csv("14.160.0.1"), two=csv("14.160.0.2")), name="all.zip")
    answers = iter([False, True])
    assert files_work(clock=lambda: NOW, is_stopped=lambda: next(answers, True)) == 0
    assert (after(file).state, after(file).attempts, accepted(centre)) == (FileState.RUNNING, 0, there)
    work()
    assert (after(file).state, [one["accepted"] for one in after(file).taken]) == (FileState.DONE, [1, 1])


def test_a_file_that_ends_the_work_each_time_is_given_up_and_told(upload, centre: Path) -> None:
    file = upload(MIXED)
    FeedFile.objects.filter(pk=file.pk).update(attempts=MOST_ATTEMPTS, begun_at=NOW)
    work()
    assert after(file).state is FileState.REFUSED
    assert "3 lần" in after(file).outcomes[0]["refused"]["vi"]
    assert lying(centre) == []


def test_two_workers_do_not_take_the_same_file(upload, centre: Path) -> None:
    upload(MIXED)
    with storage.locked(centre / "uploads" / ".lock"):
        assert work() == 0
    assert work() == 1


def test_what_a_killed_request_left_behind_goes_a_day_later(upload, centre: Path) -> None:
    waiting = upload(MIXED)
    (centre / "uploads" / "tmpx.upload.csv").write_bytes(b"x")
    services._sweep(centre / "uploads", now=NOW + timedelta(hours=1))
    assert len(lying(centre)) == 2
    services._sweep(centre / "uploads", now=NOW + timedelta(days=2))
    assert lying(centre) == [waiting.place]


def sent(client, content: bytes, **others: str):
    fields = {"feed": "plain", "report": "", "file": SimpleUploadedFile("tệp tháng 11.csv", content), **others}
    return client.post(PAGE, fields)


def test_a_page_tells_how_it_goes_and_what_it_came_to(centre: Path, person, signed_in) -> None:
    client = signed_in(person(Role.ANALYST, name="Lan"))
    assert "128 MiB" in client.get(PAGE).content.decode()
    answer = sent(client, MIXED)
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert "data-follow" in page
    assert "chờ đến lượt" in page
    work()
    page = client.get(answer["Location"]).content.decode()
    assert "data-follow" not in page
    assert "Địa chỉ không thuộc Internet công cộng" in page
    assert "Lan" in client.get(PAGE).content.decode()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_refusal_is_told_in_the_language_of_the_page(centre: Path, person, signed_in, upload, language: str) -> None:
    file = upload(gzip.compress(b"0" * (64 << 20)), name="bad.gz")
    work()
    with translation.override(language):
        path = reverse("office:feeds:file", args=[file.pk])
    page = signed_in(person(Role.PRESS)).get(path).content.decode()
    assert {"vi": "nén", "en": "unpacks to far more"}[language] in page


def test_a_form_that_is_wrong_says_so_and_takes_nothing(centre: Path, person, signed_in) -> None:
    client = signed_in(person(Role.ANALYST))
    assert sent(client, MIXED, report="Ổ").status_code == 422
    assert sent(client, b"").status_code == 422
    assert client.post(PAGE, {"feed": "plain"}).status_code == 422
    assert FeedFile.objects.count() == 0


def test_the_press_sees_what_became_of_a_file_and_uploads_none(upload, person, signed_in) -> None:
    file = upload(MIXED)
    client = signed_in(person(Role.PRESS))
    assert 'type="file"' not in client.get(PAGE).content.decode()
    assert client.get(f"{PAGE}{file.pk}/").status_code == 200
    assert sent(client, MIXED).status_code == 403
    assert FeedFile.objects.count() == 1


def test_the_addresses_that_may_take_much_are_those_of_the_page() -> None:
    for language in ("vi", "en"):
        with translation.override(language):
            path = reverse("office:feeds:files")
        assert limits.most_body_bytes(path) > limits.FEED_FILE_BYTES
        assert limits.most_body_bytes(f"{path}1/") == limits.OFFICE_BODY_BYTES
