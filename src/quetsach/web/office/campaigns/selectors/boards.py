"""The boards of the middle phase, from the published figures, the shelf of packs, letters, returns and tool reports."""

from django.conf import settings

from quetsach.campaign.schedule.board import (
    Board,
    Progress,
    botnets_board,
    deployment_board,
    isps_board,
    tools_board,
)
from quetsach.campaign.schedule.decision import DecisionKind, decided_botnets, in_force
from quetsach.centre.tables import load_families
from quetsach.core.pack import LocalText
from quetsach.web.api.tally import report_tally
from quetsach.web.office.campaigns.selectors.evidence import shelved
from quetsach.web.office.campaigns.selectors.letters import letters_of
from quetsach.web.office.campaigns.selectors.rankings import own_rankings
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.plans.selectors import decisions_of
from quetsach.web.office.returns.selectors.publication import returns_of
from quetsach.web.portal.selectors import offered_files


def boards_of(campaign: Campaign) -> tuple[Board, ...]:
    """Return the four boards as they are now."""
    decisions = decisions_of(campaign)
    botnets = decided_botnets(decisions)
    isps = [s for d in in_force(decisions) if d.kind is DecisionKind.ISPS for s in d.subjects]
    rankings, names = own_rankings(campaign.plan), _names()
    return (
        botnets_board(rankings.families if rankings else (), botnets, names),
        isps_board(rankings.isps if rankings else (), isps),
        tools_board(botnets, names, shelved(botnets)),
        deployment_board(_channels(campaign.key)),
    )


def _names() -> dict[str, LocalText]:
    return {key: LocalText(f.name, f.name) for key, f in load_families(settings.CENTER.data).families.items()}


def _channels(key: str) -> list[Progress]:
    tool = next(iter(offered_files()), None)
    letters = letters_of(key)
    channels = [
        Progress(
            "tool",
            LocalText("Công cụ cung cấp để tải về", "Tool offered for download"),
            int(tool is not None),
            1,
            LocalText(f"phiên bản {tool.version}", f"version {tool.version}") if tool else LocalText("", ""),
        ),
        Progress(
            "letters",
            LocalText("Nơi nhận công văn đã xác nhận", "Recipients of letters that acknowledged"),
            sum(letter.acknowledged for letter in letters),
            sum(letter.addressed for letter in letters),
            LocalText(f"{len(letters)} công văn", f"{len(letters)} letters"),
        ),
    ]
    returns = returns_of(key)
    channels.append(
        Progress(
            "returns",
            LocalText("Báo cáo đã phê duyệt", "Returns approved"),
            returns.approved if returns else 0,
            returns.expected if returns else 0,
            LocalText("", "") if returns else LocalText("chưa công bố", "not published"),
        )
    )
    tally = report_tally()
    channels.append(
        Progress(
            "reports",
            LocalText("Máy gửi báo cáo của công cụ (tự nguyện)", "Machines that sent the tool's report (voluntary)"),
            tally.installs if tally else 0,
            0,
            LocalText(f"{tally.reports} lượt chạy", f"{tally.reports} runs") if tally else LocalText("", ""),
            is_work=False,
        )
    )
    return channels
