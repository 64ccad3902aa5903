"""The boards of the middle phase, from the published figures, the shelf of packs, letters, returns and tool reports."""

from quetsach.campaign.schedule.board import (
    Board,
    Progress,
    Ranked,
    botnets_board,
    deployment_board,
    isps_board,
    tools_board,
)
from quetsach.campaign.schedule.decision import DecisionKind, decided_botnets, in_force
from quetsach.core.pack import LocalText
from quetsach.web.api.tally import report_tally
from quetsach.web.office.campaigns.models import Campaign
from quetsach.web.office.campaigns.selectors.campaign import decisions_of
from quetsach.web.office.campaigns.selectors.evidence import shelved
from quetsach.web.office.campaigns.selectors.letters import letters_of
from quetsach.web.office.campaigns.selectors.returns import returns_of
from quetsach.web.portal.selectors import offered_files, published_snapshot
from quetsach.web.portal.snapshot import RankedRow


def boards_of(campaign: Campaign) -> tuple[Board, ...]:
    """Return the four boards as they are now."""
    decisions = decisions_of(campaign)
    botnets = decided_botnets(decisions)
    isps = [s for d in in_force(decisions) if d.kind is DecisionKind.ISPS for s in d.subjects]
    families = ranked_families()
    return (
        botnets_board(families, botnets),
        isps_board(ranked_isps(), isps),
        tools_board(botnets, {family.id: family.name for family in families}, shelved(botnets)),
        deployment_board(_channels(campaign.key)),
    )


def ranked_families() -> list[Ranked]:
    """Return the published ranking of families, from most to least."""
    snapshot = published_snapshot()
    return _ranked(snapshot.families) if snapshot else []


def ranked_isps() -> list[Ranked]:
    """Return the published ranking of Internet providers, from most to least."""
    snapshot = published_snapshot()
    return _ranked(snapshot.isps) if snapshot else []


def _ranked(rows: tuple[RankedRow, ...]) -> list[Ranked]:
    """Rows without a rank stand for several, or for what is unknown: nothing can be decided about them."""
    return [
        Ranked(row.id, row.name, row.mean_daily, row.share_percent, row.per_thousand)
        for row in rows
        if row.rank is not None
    ]


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
