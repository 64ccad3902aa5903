"""A download holds every module that its commands can ask for, whether by a statement or by its name."""

import ast
from pathlib import Path

import pytest

import quetsach
from release import reached

SOURCE = Path(quetsach.__file__).parent


@pytest.mark.parametrize("module", ["quetsach.cli.desktop", "quetsach.cli.failure", "quetsach.cli.scan"])
def test_what_a_command_of_a_machine_loads_by_name_is_in_the_download(module: str) -> None:
    assert module in reached.reached_modules()


def test_what_only_a_centre_or_a_stick_needs_is_not_in_the_download() -> None:
    found = [name for name in reached.reached_modules() if name.startswith(("quetsach.web", "quetsach.rescue"))]
    assert found == []


def test_a_name_that_is_not_written_out_is_one_that_is_known() -> None:
    """Whatever else is put together at run time would be missing from a download without a word."""
    built = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in {"import_module", "__import__"}
        and not isinstance(node.args[0], ast.Constant)
    }
    # The commands of the table; what the self-test tries, which is imported elsewhere; acts and rooms of a centre.
    assert built == {"cli/main.py", "cli/self_test.py", "cli/center/acts.py", "web/office/urls.py"}
