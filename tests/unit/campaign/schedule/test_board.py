from quetsach.campaign.schedule.status import (
    Progress,
    Ranked,
    RowState,
    Shelved,
    botnets_board,
    deployment_board,
    isps_board,
    tools_board,
)
from quetsach.core.text import LocalText


def _ranked(identifier: str, mean: float = 100, rate: float | None = 1.5) -> Ranked:
    return Ranked(identifier, LocalText(identifier, identifier), mean, 5.0, rate)


def test_decided_botnets_are_done_and_the_other_large_ones_open() -> None:
    board = botnets_board([_ranked("a"), _ranked("b"), _ranked("c")], ["c", "a"], {})
    assert [(row.id, row.state) for row in board.rows] == [
        ("c", RowState.DONE),
        ("a", RowState.DONE),
        ("b", RowState.OPEN),
    ]
    assert "3" in board.rows[0].note.en


def test_once_ten_are_decided_the_others_are_no_work_any_more() -> None:
    ranking = [_ranked(f"f{n:02}") for n in range(12)]
    board = botnets_board(ranking, [f"f{n:02}" for n in range(1, 11)], {})
    assert (board.done, board.total, board.state) == (10, 10, RowState.DONE)
    assert [row.id for row in board.rows if row.state is RowState.ASIDE] == ["f00"]


def test_what_comes_by_itself_is_no_work() -> None:
    board = deployment_board([Progress("a", LocalText("x", "x"), 7, 0, is_work=False)])
    assert board.rows[0].state is RowState.ASIDE


def test_only_the_ten_largest_ask_for_a_decision() -> None:
    assert len(botnets_board([_ranked(f"f{n:02}") for n in range(25)], [], {}).rows) == 10


def test_a_decided_botnet_that_is_not_seen_any_more_stays_on_the_board() -> None:
    (row,) = botnets_board([], ["gone"], {"gone": LocalText("Gone", "Gone")}).rows
    assert (row.figures, row.state) == ((None, None), RowState.DONE)


def test_a_provider_without_a_rate_is_open_and_says_why() -> None:
    board = isps_board([_ranked("x", rate=None), _ranked("y"), _ranked("z")], ["z"])
    assert [row.state for row in board.rows] == [RowState.OPEN, RowState.BEGUN, RowState.DONE]
    assert "announced" in board.rows[0].note.en


def test_a_pack_that_only_recognises_is_begun_and_one_that_removes_is_done() -> None:
    packs = {"a": Shelved("a", 5, 0), "b": Shelved("b", 5, 3)}
    board = tools_board(["a", "b", "c"], {}, packs)
    assert [row.state for row in board.rows] == [RowState.BEGUN, RowState.DONE, RowState.OPEN]
    assert (board.done, board.state) == (1, RowState.BEGUN)


def test_a_channel_is_done_when_all_that_was_expected_is_there() -> None:
    name = LocalText("x", "x")
    board = deployment_board([Progress("a", name, 5, 5), Progress("b", name, 1, 5), Progress("c", name, 0, 0)])
    assert [row.state for row in board.rows] == [RowState.DONE, RowState.BEGUN, RowState.OPEN]
    assert board.rows[1].figures == (1, 5, 20.0)


def test_an_empty_board_is_open() -> None:
    assert tools_board([], {}, {}).state is RowState.OPEN
