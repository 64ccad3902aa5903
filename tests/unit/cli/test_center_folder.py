"""The data folder belongs to its owner, keeps the centre's rules, and is a demonstration or a real centre for good."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.centre import center as run_center
from tests.centre import lay_out, migrated

from quetsach import storage
from quetsach.centre.demonstration import DemonstrationMarker
from quetsach.cli.center import entry
from quetsach.cli.center.preparation import stamp_of
from quetsach.cli.main import main
from quetsach.core.errors import QuetsachError
from quetsach.lake import rollups
from quetsach.web import data_folder
from quetsach.web.configuration import Configuration
from quetsach.web.data_folder import FolderError, Stamp, require_private
from quetsach.web.stored_settings import (
    BY_NAME,
    SETTINGS,
    Setting,
    StoredError,
    adopt,
    in_force,
    read_stored,
    write_stored,
)

LINE = "timestamp,address,malware\n2020-06-16 01:00:00,123.16.0.7,conficker\n"
type Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "centre"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def center(data: Path, capsys: pytest.CaptureFixture[str]) -> Said:
    def run(*words: str) -> tuple[int, str, str]:
        code = main(["center", *words, "--data", str(data), "--lang", "en"])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def everything(folder: Path) -> list[Path]:
    return [folder, *folder.rglob("*")]


def test_an_ingest_under_an_open_umask_leaves_nothing_to_others(data: Path, tmp_path: Path, center: Said) -> None:
    (tmp_path / "feed.csv").write_text(LINE)
    os.umask(0)
    assert center("ingest", str(tmp_path / "feed.csv"), "--feed", "plain")[0] == 0
    assert len(everything(data)) > 5
    assert [path for path in everything(data) if path.lstat().st_mode & 0o077] == []


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701, 0o770])
def test_a_folder_that_others_may_look_into_is_refused_with_the_command_that_closes_it(
    data: Path, center: Said, mode: int
) -> None:
    lay_out(data)
    data.chmod(mode)
    code, _, said = center("lake", "rebuild")
    assert code == 1
    assert f"chmod -R go= {data}" in said


def test_an_empty_folder_of_ones_own_is_closed(data: Path) -> None:
    data.chmod(0o755)
    require_private(data)
    assert data.stat().st_mode & 0o777 == 0o700


def test_something_of_another_user_in_the_folder_is_refused(data: Path) -> None:
    lay_out(data)
    os.chown(data / "secret.key", 65534, 65534)
    with pytest.raises(FolderError) as refused:
        require_private(data)
    assert refused.value.where == str(data / "secret.key")
    assert "chown -R 0 " in refused.value.hint


def test_what_a_running_centre_takes_away_meanwhile_is_passed_over(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(data)
    left = [*data.iterdir(), data / ".log-head.json.00.unfinished", data / "center.sqlite3-wal"]
    monkeypatch.setattr(Path, "iterdir", lambda _folder: iter(left))
    require_private(data)


def test_data_of_a_newer_release_is_refused(data: Path, center: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(data)
    known = Stamp.read(data)
    assert known is not None
    for newer in (
        Stamp(False, "9.0", data_folder.FORMAT + 1, known.migrations),
        Stamp(False, "9.0", migrations=(*known.migrations, "office.people:0999_of_tomorrow")),
    ):
        newer.write(data)
        for command in (("people", "list"), ("lake", "rebuild")):
            code, _, said = center(*command)
            assert code == 1
            assert "a newer release (9.0)" in said
        with pytest.raises(FolderError, match="newer"):
            stamp_of(data, Stamp.read(data), has_demonstration=False, language="vi")


def test_data_of_an_older_release_waits_for_its_upgrade(data: Path, center: Said) -> None:
    lay_out(data)
    Stamp(False, "0.0.1", migrations=("api:0001_initial",)).write(data)
    code, _, said = center("lake", "rebuild")
    assert code == 1
    assert "of an older release (0.0.1)" in said
    assert "center up --prepare-only" in said
    (data / data_folder.FILE).unlink()  # of a release that wrote none
    assert "of an older release" in center("lake", "rebuild")[2]


def test_what_must_be_rebuilt_after_an_upgrade_is_known_and_a_first_start_rebuilds_nothing(data: Path) -> None:
    assert not stamp_of(data, None, has_demonstration=False, language="vi").is_of_older_release
    assert not stamp_of(
        data, Stamp.read(data), has_demonstration=False, language="vi"
    ).is_of_older_release  # killed, begun again
    assert Stamp(False, "0.0.1", migrations=("api:0001_initial",)).is_of_older_release
    (data / data_folder.FILE).unlink()
    storage.write(data / "secret.key", "k" * 50)  # of a release that wrote no stamp
    assert stamp_of(data, None, has_demonstration=False, language="vi").is_of_older_release
    assert stamp_of(data, Stamp.read(data), has_demonstration=False, language="vi").is_of_older_release


def test_roll_ups_that_are_made_otherwise_make_another_form_of_the_folder() -> None:
    assert (rollups.MAKING, data_folder.FORMAT) == ("4", 3), (
        "raise FORMAT with MAKING: the upgrade then builds them anew"
    )


def test_a_damaged_stamp_is_refused_and_not_taken_for_none(data: Path, center: Said) -> None:
    lay_out(data)
    for content in ("", "{", "[]", '{"format": "x"}'):
        (data / data_folder.FILE).write_text(content)
        assert "damaged" in center("lake", "rebuild")[2]


def test_an_empty_folder_becomes_a_demonstration_and_says_so(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stamp_of(data, None, has_demonstration=True, language="vi").is_demonstration
    assert capsys.readouterr().err.count("\n") == 1
    kept = Stamp.read(data)
    with pytest.raises(QuetsachError, match="stays one"):
        stamp_of(data, kept, has_demonstration=False, language="vi")


@pytest.mark.parametrize("has_stamp", [True, False])
def test_a_real_centre_stays_real_also_when_it_is_started_without_the_flag(data: Path, has_stamp: bool) -> None:
    lay_out(data)  # as an older release left it: keys, and no marker of the demonstration
    if not has_stamp:
        (data / data_folder.FILE).unlink()
    assert not stamp_of(data, Stamp.read(data), has_demonstration=True, language="vi").is_demonstration
    assert Configuration.read({"QUETSACH_DATA": str(data)}).is_real


def test_feeds_that_were_taken_in_before_the_first_start_make_a_centre_real(data: Path) -> None:
    storage.make_folder(data / "lake" / "deliveries")
    storage.write(data / "lake" / "deliveries" / "1.json", "{}")
    assert not stamp_of(data, None, has_demonstration=True, language="vi").is_demonstration


def test_a_demonstration_of_an_older_release_is_known_by_its_marker(data: Path) -> None:
    storage.write(data / "secret.key", "k" * 50)
    DemonstrationMarker("viet-nam-2020", 100, is_complete=True).write(data)
    assert stamp_of(data, None, has_demonstration=True, language="vi").is_demonstration


def test_what_the_environment_sets_at_the_first_start_is_stored_and_counts_from_then_on(data: Path) -> None:
    environment = {"QUETSACH_PUBLICATION": "two-people", "QUETSACH_PUBLIC_URL": "https://centre.example"}
    assert {setting.name for setting in adopt(environment, data)} == {"publication", "public-url"}
    read = Configuration.read({"QUETSACH_DATA": str(data)})  # as root's cron does, with nothing in its environment
    assert (read.publication, read.public_url) == ("two-people", "https://centre.example")
    assert adopt(environment, data) == ()


@pytest.mark.parametrize(
    "variable",
    ["QUETSACH_PUBLICATION=automatic", "DATABASE_URL=sqlite:////tmp/x", "QUETSACH_HTTPS=yes", "QUETSACH_PROXY_HOPS=1"],
)
def test_a_command_whose_environment_disagrees_is_refused(
    data: Path, center: Said, variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lay_out(data)
    write_stored(data, {"publication": "two-people"})
    name, _, value = variable.partition("=")
    monkeypatch.setenv(name, value)
    (tmp_path / "feed.csv").write_text(LINE)
    code, _, said = center("ingest", str(tmp_path / "feed.csv"), "--feed", "plain")
    assert code == 1
    assert f"{name} of the environment" in said
    assert "center settings set" in said
    assert not (data / "lake").exists()


@pytest.mark.parametrize("setting", [setting for setting in SETTINGS if setting.is_rule], ids=lambda s: s.name)
def test_a_later_start_takes_over_no_rule(data: Path, setting: Setting) -> None:
    write_stored(data, {})
    environment = {setting.variable: "another", "QUETSACH_CONTACT": "help@centre.example"}
    assert [taken.name for taken in adopt(environment, data)] == ["contact"]
    with pytest.raises(StoredError, match=setting.variable):
        Configuration.read({"QUETSACH_DATA": str(data), **environment})


def test_a_start_whose_environment_disagrees_is_refused_before_anything_is_done(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(data)
    write_stored(data, {})
    before = sorted(data.iterdir())
    monkeypatch.setenv("QUETSACH_PROXY_HOPS", "1")
    assert main(["center", "up", "--prepare-only", "--data", str(data)]) == 1
    assert "center settings set proxy-hops" in capsys.readouterr().err
    assert sorted(data.iterdir()) == before


@pytest.mark.parametrize("variable", ["QUETSACH_PROXY_HOPS=one", "QUETSACH_HOSTS=*", "QUETSACH_MAIL_PER_MINUTE=few"])
@pytest.mark.parametrize("stored", [None, {}], ids=["first-start", "later-start"])
def test_a_start_stores_nothing_that_cannot_be_used(
    data: Path, variable: str, stored: dict[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if stored is not None:
        write_stored(data, stored)
    monkeypatch.setenv(*variable.split("=", 1))
    assert main(["center", "up", "--prepare-only", "--no-demonstration", "--data", str(data)]) == 1
    assert read_stored(data) == stored


def test_settings_that_cannot_be_used_are_mended_by_the_command_that_changes_them(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    data = migrated(tmp_path_factory, "unusable")
    write_stored(data, {"proxy-hops": "one", "contact": "help@centre.example"})
    assert (
        run_center(data, "settings", "unset", "contact", check=False).returncode == 1
    )  # what is stored stays unusable
    assert (
        "could not be written into the office's log"
        in run_center(data, "settings", "set", "proxy-hops", "1", "--lang", "en").stderr
    )
    assert read_stored(data) == {"proxy-hops": "1", "contact": "help@centre.example"}
    assert "log" not in run_center(data, "settings", "unset", "contact", "--lang", "en").stderr


def test_a_guard_is_not_taken_away_without_the_log_where_the_settings_cannot_be_used(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    data = migrated(tmp_path_factory, "unusable")
    write_stored(data, {"https": "maybe"})
    assert run_center(data, "settings", "set", "https", "no", "--reason", "test", check=False).returncode == 1
    assert run_center(data, "settings", "set", "https", "yes").returncode == 0
    assert read_stored(data) == {"https": "yes"}


def test_a_folder_that_was_never_started_obeys_the_environment(data: Path) -> None:
    environment = {"QUETSACH_DATA": str(data), "QUETSACH_PUBLICATION": "two-people"}
    assert in_force(environment, data) == environment


@pytest.mark.parametrize("content", ["", "[]", "{", '{"unknown": "x"}', '{"https": true}'])
def test_damaged_settings_are_refused_and_not_taken_for_defaults(data: Path, content: str) -> None:
    (data / "settings.json").write_text(content)
    with pytest.raises(StoredError, match="damaged"):
        Configuration.read({"QUETSACH_DATA": str(data)})


def test_every_setting_of_the_centre_can_be_stored() -> None:
    source = Path(data_folder.__file__).with_name("configuration.py").read_text()
    named = {word for word in source.replace("'", '"').split('"') if word.startswith("QUETSACH_")} | {"DATABASE_URL"}
    of_a_process = {"QUETSACH_DATA", "QUETSACH_LOG", "QUETSACH_SERVED_AT"}
    assert named - of_a_process == {setting.variable for setting in SETTINGS}


def test_a_password_is_never_shown(data: Path, center: Said) -> None:
    lay_out(data)
    write_stored(data, {"database": "postgres://quetsach:geheim@db/quetsach", "smtp-url": "smtps://a:geheim@mail"})
    for words in (("list",), ("list", "--json"), ("show", "database"), ("show", "smtp-url", "--json")):
        code, said, _ = center("settings", *words)
        assert code == 0
        assert "geheim" not in said
        assert "***" in said


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("postgres://quetsach:geheim@db:5432/quetsach", "postgres://***@db:5432/quetsach"),
        ("postgres:///quetsach?user=u&password=geheim", "postgres:///quetsach?***"),
        ("smtp://geheim@mail", "smtp://***@mail"),
        ("https://tsa.example/stamp?key=geheim#geheim", "https://tsa.example/stamp?***"),
        ("https://tsa.example/stamp#geheim", "https://tsa.example/stamp?***"),
        ("sqlite:////srv/centre.sqlite3", "sqlite:////srv/centre.sqlite3"),
        ("smtps://mail.example:465", "smtps://mail.example:465"),
        ("smtp://u:ge/heim@mail", "***"),
        ("smtp://u:ge?heim@mail", "***"),
        ("u:geheim@mail", "***"),
        ("https://[geheim", "***"),
        ("", ""),
    ],
)
def test_of_an_address_only_scheme_host_port_and_path_are_shown(value: str, shown: str) -> None:
    assert BY_NAME["timestamp-url"].shown(value) == shown


def test_settings_are_listed_as_json_in_both_languages(data: Path, center: Said) -> None:
    lay_out(data)
    write_stored(data, {"https": "yes"})
    found = {one["name"]: one for one in json.loads(center("settings", "list", "--json")[1])}
    assert (found["https"]["value"], found["https"]["is_stored"]) == ("yes", True)
    assert all(one["meaning"]["vi"] and one["meaning"]["en"] for one in found.values())


def test_an_unknown_setting_is_refused_with_where_to_look(data: Path, center: Said) -> None:
    lay_out(data)
    write_stored(data, {})
    code, _, said = center("settings", "set", "publicaton", "automatic")
    assert code == 1
    assert "settings list" in said


def test_a_value_that_cannot_be_used_is_not_stored(data: Path, center: Said) -> None:
    lay_out(data)
    write_stored(data, {})
    assert center("settings", "set", "proxy-hops", "many")[0] == 1
    assert read_stored(data) == {}


def test_root_works_as_the_owner_of_the_data(tmp_path: Path) -> None:
    """A child process: what has become another user does not come back."""
    shared = Path(os.environ.get("TMPDIR", "/tmp")) / f"quetsach-owner-{os.getpid()}"
    shared.mkdir(mode=0o755)
    try:
        made = shared / "centre"
        made.mkdir(mode=0o700)
        os.chown(made, 65534, 65534)
        (shared / "feed.csv").write_text(LINE)
        (shared / "feed.csv").chmod(0o644)
        (shared / "secret.csv").write_text(LINE)
        (shared / "secret.csv").chmod(0o600)
        assert _as_child("ingest", str(shared / "feed.csv"), "--feed", "plain", "--data", str(made)) == 0
        assert {path.lstat().st_uid for path in everything(made)} == {65534}
        before = everything(made)
        assert _as_child("ingest", str(shared / "secret.csv"), "--feed", "plain", "--data", str(made)) == 1
        assert everything(made) == before
    finally:
        import shutil

        shutil.rmtree(shared)


def _as_child(*words: str) -> int:
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
        os._exit(main(["center", *words]))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_an_installation_that_the_owner_cannot_read_is_said_to_be(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(data, 65534, 65534)
    calls: list[str] = []
    for name in ("setgid", "setuid", "setgroups", "initgroups"):
        monkeypatch.setattr(os, name, lambda *_, name=name: calls.append(name))
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setenv("HOME", os.environ.get("HOME", "/"))
    with pytest.raises(QuetsachError, match="cannot read this installation"):
        entry.become_owner(data, ())
    assert calls[-1] == "setuid"
