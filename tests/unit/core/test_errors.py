from quetsach.core.errors import QuetsachError


def test_an_error_says_what_where_and_what_to_do_next() -> None:
    error = QuetsachError("the header lacks src_ip", where="report.csv", hint="choose another report")
    assert error.explain() == "report.csv: the header lacks src_ip\nhint: choose another report"


def test_an_error_without_a_hint_is_one_line() -> None:
    assert QuetsachError("nothing to undo").explain() == "nothing to undo"
