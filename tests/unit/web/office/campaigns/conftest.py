"""The campaign of 2020 in an office with two operators."""

import dataclasses
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.centre import lay_out

from quetsach.assess import Basis, FrozenBaseline
from quetsach.campaign.authority import Role
from quetsach.campaign.schedule.decision import DecisionKind
from quetsach.cli.main import main
from quetsach.core.period import Period
from quetsach.installation import bundled
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_decide
from quetsach.web.office.campaigns.services.decisions import decision_ask, decision_draft
from quetsach.web.office.campaigns.services.plans import campaign_begin
from quetsach.web.office.people.models import Duty, Person
from quetsach.web.office.plans.models import Campaign, Decision, Passage
from quetsach.web.office.tree.models import Unit

NOW = datetime(2020, 10, 6, 3, tzinfo=UTC)
TEN = ("andromeda", "conficker", "gamut", "lethic", "necurs", "ramnit", "sality", "virut", "wannacry", "zeroaccess")


def bundled_document() -> bytes:
    """Let the middle phase wait for the tool and not for packs, which would have to be built."""
    content = (bundled("data") / "campaigns" / "viet-nam-2020" / "campaign.toml").read_bytes()
    return content.replace(b'"packs-published"\nleast = 5', b'"tool-offered"', 1)


@pytest.fixture
def data(settings, db, tmp_path: Path) -> Path:
    """Give the centre a folder of its own."""
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path)
    return tmp_path


@pytest.fixture
def operator(person: Callable[..., Person]) -> Person:
    return person(Role.OPERATOR, name="Nguyễn Văn An")


@pytest.fixture
def second(person: Callable[..., Person]) -> Person:
    return person(Role.OPERATOR, name="Trần Thị Bình")


@pytest.fixture
def campaign(data: Path, operator: Person) -> Campaign:
    return campaign_begin(document=bundled_document(), by=operator, now=NOW)


def freeze(data: Path, key: str = "viet-nam-2020") -> str:
    """Freeze a baseline and return its seal."""
    window = Period(date(2020, 6, 16), date(2020, 7, 15))
    frozen = FrozenBaseline(key, 20_145, Basis(window, ("shadowserver/event4_sinkhole",), 30, window.last), NOW)
    folder = data / "campaigns" / key
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "baseline.json").write_bytes(frozen.to_json())
    return frozen.digest


def offer_tool(data: Path) -> None:
    """Put a tool on offer."""
    (data / "tool").mkdir(exist_ok=True)
    (data / "tool" / "quetsach-1-py3-none-any.whl").write_bytes(b"x")
    (data / "tool" / "tool.json").write_text(
        '{"file_name": "quetsach-1-py3-none-any.whl", "version": "1", "size_bytes": 1, "sha256": "ab"}'
    )


def ask_botnets(campaign: Campaign, by: Person, *, supersedes: int | None = None, names=TEN, now=NOW) -> Passage:
    """Ask that a decision about botnets be recorded."""
    decision = decision_draft(
        campaign=campaign,
        kind=DecisionKind.BOTNETS,
        title="Mười mạng botnet",
        grounds="Chiếm phần lớn số địa chỉ; chín họ đã có gói bóc gỡ.",
        decided_on=date(2020, 9, 10),
        decided_by="Ban chỉ đạo",
        subjects=names,
        supersedes=supersedes,
        by=by,
        now=now,
    )
    return decision_ask(campaign=campaign, decision=decision, by=by, now=now)


def agree(passage: Passage, by: Person, now: datetime = NOW) -> None:
    """Let a second person agree to a decision."""
    approval = Approval.objects.get(kind="decision", digest=passage.sha256)
    approval_decide(approval=approval, is_granted=True, reason="", by=by, now=now)


def another(than: Person) -> Person:
    """Return a second operator."""
    found = Duty.objects.filter(role=Role.OPERATOR.value).exclude(person=than).select_related("person").first()
    if found is None:
        made = Person.objects.create_user("another@example.vn", "rất dài và khó đoán 2020", name="Người thứ hai")
        found = Duty.objects.create(
            person=made, role=Role.OPERATOR.value, unit=Unit.objects.get(key="tw"), first=date(2020, 1, 1)
        )
    return found.person


def decide_botnets(campaign: Campaign, by: Person, *, supersedes: int | None = None, names=TEN) -> Decision:
    """Let two people decide about botnets."""
    agree(ask_botnets(campaign, by, supersedes=supersedes, names=names), another(by))
    return campaign.decisions.latest("number")


def grant(passage: Passage, by: Person, now: datetime = NOW) -> None:
    approval = Approval.objects.get(subject=passage.subject, digest=passage.sha256)
    approval_decide(approval=approval, is_granted=True, reason="", by=by, now=now)


@pytest.fixture
def centre_figures(centre_data: Path, data: Path) -> Path:
    """Publish the figures of the small lake in this centre, too."""
    shutil.copytree(centre_data / "published", data / "published")
    return data


@pytest.fixture
def centre_lake(centre_data: Path, centre_figures: Path) -> Path:
    """Give this centre the small lake, too."""
    shutil.copytree(centre_data / "lake", centre_figures / "lake")
    return centre_figures


@pytest.fixture
def run(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Return a runner of commands that gives exit code, output and complaints."""
    lay_out(data)
    monkeypatch.setenv("QUETSACH_DATA", str(data))
    monkeypatch.setenv("QUETSACH_LANG", "en")

    def command(*words: str) -> tuple[int, str, str]:
        code = main(["center", "campaigns", *words, "--data", str(data)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command
