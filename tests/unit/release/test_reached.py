"""A download holds what the commands of a machine can ask for, and nothing of the server."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from release.contents import built, dependency_files, stdlib_files, tool_files, write_archive
from release.reached import is_reached, reached_modules, reached_packages

SOURCE = Path(__file__).parents[3] / "src"
OF_A_MACHINE = {"cli", "core", "endpoint", "installation", "packs", "storage"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the source as a wheel holds it."""
    path = tmp_path_factory.mktemp("wheel") / "quetsach-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(SOURCE.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                archive.write(file, file.relative_to(SOURCE))
        archive.writestr("quetsach/bundled/packs/eicar.qsp", b"pack")
        archive.writestr("quetsach/bundled/data/units/units.csv", b"table")
        archive.writestr("quetsach-0.1.0.dist-info/licenses/LICENSE", b"text")
        archive.writestr("quetsach-0.1.0.dist-info/RECORD", b"list")
    return path


def test_nothing_of_the_server_is_reached() -> None:
    assert {name.split(".")[1] for name in reached_modules() if "." in name} == OF_A_MACHINE
    assert reached_packages() == {"boreal", "cryptography", "tuf"}


def test_every_start_of_a_process_is_reached() -> None:
    assert {
        "quetsach.cli.scan",
        "quetsach.endpoint.scanner.worker",
        "quetsach.endpoint.scanner.memory_worker",
    } <= reached_modules()
    assert not any(name.startswith(("quetsach.cli.center", "quetsach.cli.packs")) for name in reached_modules())


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("quetsach/endpoint/locale/vi/LC_MESSAGES/messages.mo", True),
        ("quetsach/endpoint/collect/places/windows/run.toml", True),
        ("quetsach/bundled/packs/eicar.qsp", True),
        ("quetsach/bundled/trust/root.json", True),
        ("quetsach/bundled/data/countries/build.toml", True),
        ("quetsach/bundled/data/countries/vn/country.toml", True),
        ("quetsach/bundled/data/countries/vn/issuers.toml", False),
        ("quetsach/bundled/data/units/units.csv", False),
        ("quetsach/web/design/static/design/icon.svg", False),
        ("quetsach/packs/importer/__init__.py", False),
        ("quetsach-0.1.0.dist-info/licenses/LICENSE", True),
        ("quetsach-0.1.0.dist-info/RECORD", False),
    ],
)
def test_data_goes_with_its_package(inner: str, expected: bool) -> None:
    assert is_reached(inner) is expected


def test_the_tool_runs_from_an_archive_of_what_is_reached(wheel: Path, tmp_path: Path) -> None:
    write_archive(built(tool_files(wheel)), tmp_path / "tool.zip")
    words = ["-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'tool.zip')!r})\n"]
    words[-1] += "from quetsach.cli.main import main; sys.exit(main(['--help']))"
    ended = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True)
    assert "quarantine" in ended.stdout
    assert "center" not in ended.stdout


def test_the_same_files_give_the_same_archive(wheel: Path, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        write_archive(built(tool_files(wheel)), tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_the_standard_library_is_without_tests_and_builds(tmp_path: Path) -> None:
    for name in ("json/__init__.py", "test/support.py", "_sysconfigdata_x.py", "json/__pycache__/a.py", "tkinter/a.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert [inner for inner, _ in stdlib_files(tmp_path, frozenset({"tkinter"}))] == ["json/__init__.py"]


def test_of_dependencies_only_what_runs_is_taken(tmp_path: Path) -> None:
    for name in ("cffi/api.py", "tuf/api.py", "tuf/py.typed", "_cffi_backend.pyd", "pycparser/lex.py", "tuf/x.pyi"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert [inner for inner, _ in built(dependency_files(tmp_path))] == ["_cffi_backend.pyd", "tuf/api.pyc"]
