import json

import pytest

from quetsach.cli.output import print_json, print_json_list


@pytest.mark.parametrize("values", [[], [{"a": 1}], [{"lời": "x\u2028\ny"}, {}, [1, [2]]]])
def test_a_list_printed_value_by_value_is_the_list(values: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    print_json(values)
    whole = capsys.readouterr().out
    print_json_list(iter(values))
    assert capsys.readouterr().out == whole
    assert json.loads(whole) == values
