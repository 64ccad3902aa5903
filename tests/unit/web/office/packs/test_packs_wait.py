"""Packs go to everybody when one person asks and another agrees, and exactly those."""

import dataclasses
import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.centre import lay_out
from tests.unit.web.office.conftest import NOW

from quetsach.cli.main import main
from quetsach.packs import change, container
from quetsach.packs.change import change_digest, changes_of, offered_of
from quetsach.packs.container import read_folder
from quetsach.packs.load import load_pack, parse_pack
from quetsach.packs.repository_folder import RepositoryFolder
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_decide
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.packs.selectors import waiting_packs

type Capture = pytest.CaptureFixture[str]
PAGE = "/van-phong/goi-nhan-dien/"
SHELF = Path(__file__).parents[5] / "packs"
OLD, NEW, NEWER = "2026.01.01", "2026.02.02", "2026.03.03"


@pytest.fixture
def data(settings, db, tmp_path: Path, units, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A centre of two people, whose first packs are published."""
    for name in ("QUETSACH_DATA", "DJANGO_SETTINGS_MODULE"):
        monkeypatch.setenv(name, "")
    lay_out(tmp_path)
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path, publication="two-people")
    assert main(["packs", "keys", "new", "--out", str(tmp_path / "keys")]) == 0
    assert publish(tmp_path, OLD) == 0
    return tmp_path


def shelf_of(data: Path, version: str) -> Path:
    """Return a shelf with a real pack under a version of our choice."""
    shelf = data / f"shelf-{version}"
    shutil.copytree(SHELF / "eicar", shelf / "eicar", dirs_exist_ok=True)
    head = shelf / "eicar" / "pack.toml"
    lines = head.read_text("utf-8").splitlines()
    head.write_text("\n".join(f'version = "{version}"' if one.startswith("version") else one for one in lines))
    return shelf


def publish(data: Path, version: str, *words: str) -> int:
    return packs(data, "publish", "--packs", str(shelf_of(data, version)), *words)


def packs(data: Path, command: str, *words: str) -> int:
    return main(["packs", command, *words, "--out", str(data / "repository"), "--keys", str(data / "keys")])


def general(data: Path) -> list[str]:
    return sorted(RepositoryFolder(data / "repository").published("packs"))


@pytest.fixture
def agreed(person: Callable, signed_in: Callable) -> Callable[[], None]:
    """Return what lets one person ask on the page for what waits, and another agree."""
    one, other = person("analyst"), person("operator")
    page = signed_in(one)

    def agree() -> None:
        waiting = waiting_packs()
        assert waiting is not None
        page.post(PAGE, {"digest": waiting.digest})
        approval = Approval.objects.get(digest=waiting.digest, is_granted=None)
        approval_decide(approval=approval, is_granted=True, reason="", by=other, now=NOW)

    return agree


def test_the_first_packs_go_out_by_themselves(data: Path) -> None:
    assert general(data) == [f"eicar-{OLD}.qsp"]


def test_newer_packs_go_out_only_after_two_people(data: Path, agreed: Callable, capsys: Capture) -> None:
    assert publish(data, NEW) == 1
    assert general(data) == [f"eicar-{OLD}.qsp"]
    agreed()
    assert publish(data, NEW) == 0
    assert general(data) == [f"eicar-{NEW}.qsp"]
    assert waiting_packs() is None


def test_the_command_says_what_waits_and_where_to_agree(data: Path, capsys: Capture) -> None:
    publish(data, NEW)
    told = capsys.readouterr().err
    waiting = waiting_packs()
    assert waiting is not None
    assert f"eicar-{NEW}.qsp" in told
    assert PAGE in told
    assert waiting.digest in told


def test_what_was_asked_for_is_not_enough(data: Path, person, signed_in) -> None:
    publish(data, NEW)
    waiting = waiting_packs()
    assert waiting is not None
    signed_in(person("analyst")).post(PAGE, {"digest": waiting.digest})
    assert publish(data, NEW) == 1


def test_packs_that_changed_since_need_a_new_approval(data: Path, agreed: Callable) -> None:
    publish(data, NEW)
    agreed()
    assert publish(data, NEWER) == 1
    assert general(data) == [f"eicar-{OLD}.qsp"]


def test_a_question_about_other_packs_is_taken_back(data: Path, person, signed_in) -> None:
    publish(data, NEW)
    waiting = waiting_packs()
    assert waiting is not None
    signed_in(person("analyst")).post(PAGE, {"digest": waiting.digest})
    publish(data, NEWER)
    assert Approval.objects.get().is_overtaken


def test_going_back_to_what_everybody_had_needs_an_approval_of_its_own(data: Path, agreed: Callable) -> None:
    for version in (NEW, NEWER):
        publish(data, version)
        agreed()
        assert publish(data, version) == 0
    assert publish(data, NEW) == 1
    assert general(data) == [f"eicar-{NEWER}.qsp"]


def test_the_canary_ring_waits_for_nobody_and_its_promotion_for_two(data: Path, agreed: Callable) -> None:
    assert publish(data, NEW, "--ring", "canary") == 0
    assert packs(data, "promote") == 1
    assert general(data) == [f"eicar-{OLD}.qsp"]
    agreed()
    assert packs(data, "promote") == 0
    assert general(data) == [f"eicar-{NEW}.qsp"]


def test_renewing_signatures_waits_for_nobody(data: Path) -> None:
    assert packs(data, "publish") == 0


def test_packs_signed_elsewhere_and_carried_here_wait_as_well(
    data: Path, tmp_path_factory: pytest.TempPathFactory, agreed: Callable, capsys: Capture
) -> None:
    away = tmp_path_factory.mktemp("away")
    for name in ("repository", "keys"):
        shutil.copytree(data / name, away / name)
    assert publish(away, NEW, "--offline") == 0
    for name in ("targets", "metadata"):
        shutil.copytree(away / "repository" / name, data / "repository" / name, dirs_exist_ok=True)
    assert packs(data, "publish") == 0
    assert "chờ người thứ hai đồng ý" in capsys.readouterr().err
    assert general(data) == [f"eicar-{OLD}.qsp"]
    agreed()
    assert packs(data, "publish") == 0
    assert general(data) == [f"eicar-{NEW}.qsp"]


def test_taking_back_waits_for_nobody_and_stands_in_the_log(data: Path) -> None:
    reasons = ("--reason-vi", "Nhận nhầm.", "--reason-en", "A mistake.")
    assert packs(data, "withdraw", "eicar", *reasons) == 0
    assert packs(data, "unwithdraw", "eicar") == 0
    acts = list(LogEntry.objects.filter(subject="packs:eicar").order_by("number").values_list("act", flat=True))
    assert acts == ["packs-withdraw", "packs-unwithdraw"]


def test_what_went_out_stands_in_the_log(data: Path) -> None:
    entry = LogEntry.objects.get(act="packs-publish")
    assert entry.detail["packs"] == [f"eicar-{OLD}.qsp"]


def test_where_keys_alone_decide_nothing_waits(data: Path, settings) -> None:
    settings.CENTER = dataclasses.replace(settings.CENTER, publication="automatic")
    assert publish(data, NEW) == 0


def test_a_repository_of_no_centre_asks_nobody(tmp_path: Path) -> None:
    assert main(["packs", "keys", "new", "--out", str(tmp_path / "keys")]) == 0
    assert publish(tmp_path, OLD) == 0
    assert publish(tmp_path, NEW) == 0


def test_the_page_shows_what_would_change(data: Path, person, signed_in) -> None:
    publish(data, NEW)
    waiting = waiting_packs()
    assert waiting is not None
    text = signed_in(person("analyst")).get(PAGE).content.decode()
    assert all(part in text for part in (OLD, NEW, waiting.digest))


def test_no_page_names_a_setting(data: Path, person, signed_in, settings) -> None:
    settings.CENTER = dataclasses.replace(settings.CENTER, publication="automatic")
    text = signed_in(person("analyst")).get("/en/office/packs/").content.decode()
    assert "no second person is asked" in text
    assert "two-people" not in text


def test_a_damaged_repository_is_told_on_the_page_and_mended_by_publishing_again(data: Path, person, signed_in) -> None:
    (path,) = (data / "repository" / "targets" / "packs").iterdir()
    path.write_bytes(b"damaged")
    page = signed_in(person("analyst")).get(PAGE)
    assert page.status_code == 200
    assert "damaged" in page.content.decode()
    assert publish(data, OLD) == 0
    assert general(data) == [f"eicar-{OLD}.qsp"]


def test_who_decides_is_led_to_the_packs(data: Path, person, signed_in) -> None:
    publish(data, NEW)
    waiting = waiting_packs()
    assert waiting is not None
    signed_in(person("analyst")).post(PAGE, {"digest": waiting.digest})
    key = Approval.objects.get().pk
    assert PAGE in signed_in(person("operator")).get(f"/van-phong/phe-duyet/{key}/").content.decode()


@pytest.mark.parametrize("role", ["press", "auditor"])
def test_who_does_not_publish_packs_has_no_say(data: Path, person, signed_in, role: str) -> None:
    assert signed_in(person(role)).get(PAGE).status_code == 403


def packed(version: str, *, rule: str = "") -> bytes:
    content = dict(read_folder(SHELF / "eicar"))
    head = content["pack.toml"].decode().splitlines()
    content["pack.toml"] = "\n".join(f'version = "{version}"' if x.startswith("version") else x for x in head).encode()
    if rule:
        content["rules.yar"] += f"\nrule {rule} {{ condition: false }}\n".encode()
    return container.pack(content)


def test_a_change_names_the_rules_that_differ() -> None:
    before, after = {f"eicar-{OLD}.qsp": packed(OLD)}, {f"eicar-{NEW}.qsp": packed(NEW, rule="another_one")}
    (change,) = changes_of(before, after)
    assert (change.added, change.changed, change.removed) == (("another_one",), (), ())
    (back,) = changes_of(after, before)
    assert back.removed == ("another_one",)


def test_the_digest_is_that_of_what_sha256sum_prints() -> None:
    content = packed(NEW)
    line = f"+ {hashlib.sha256(content).hexdigest()}  eicar-{NEW}.qsp\n"
    changes = changes_of({}, {f"eicar-{NEW}.qsp": content})
    assert change_digest(changes) == hashlib.sha256(line.encode()).hexdigest()
    assert change_digest(()) == ""


def test_what_is_published_is_named_without_reading_its_rules() -> None:
    content = read_folder(SHELF / "eicar") | {"rules.yar": b"rules that nobody compiles"}
    files = {f"eicar-{version}.qsp": container.pack(content) for version in (OLD, NEW)}
    named = [(pack.family, pack.title.vi, pack.file.name, pack.file.sha256) for pack in offered_of(files)]
    newest = f"eicar-{NEW}.qsp"
    title = load_pack(SHELF / "eicar").name.vi
    assert named == [("eicar", title, newest, hashlib.sha256(files[newest]).hexdigest())]


def test_packs_are_named_as_people_name_them_and_sums_are_folded(data: Path, person, signed_in) -> None:
    assert publish(data, NEW) == 1
    page = signed_in(person("analyst")).get(PAGE).content.decode()
    name = load_pack(SHELF / "eicar").name.vi
    assert page.count(f'<th scope="row">{name}</th>') == 2  # waiting, and published
    assert f"<td>{OLD}</td>" in page
    shown = re.sub(r"<details.*?</details>", "", page, flags=re.DOTALL)
    assert re.search(r"[0-9a-f]{64}", page)
    assert not re.search(r">[0-9a-f]{64}<", shown)


def test_packs_that_wait_are_read_once_however_often_somebody_looks(
    data: Path, person, signed_in, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries
) -> None:
    publish(data, NEW)
    page = signed_in(person("analyst"))
    read: list[str] = []
    monkeypatch.setattr(change, "parse_pack", lambda content, where: read.append(where) or parse_pack(content, where))
    change._read.cache_clear()
    first = page.get(PAGE)
    assert f"eicar-{NEW}.qsp" in read
    read.clear()
    with django_assert_max_num_queries(25):
        again = page.get(PAGE)
    assert read == []
    assert NEW in first.content.decode()
    assert NEW in again.content.decode()
