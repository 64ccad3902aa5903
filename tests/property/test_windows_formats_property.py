"""What was written in a form of Windows is read back; what was not gives nothing, or text, never an error."""

import string
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.endpoint.collect.windows.drive import collected

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, RegistryAnchor
from quetsach.endpoint.collect.windows.binary import Instance, carve, subscriptions, texts_of
from quetsach.endpoint.collect.windows.registry import entries_of
from quetsach.endpoint.collect.windows.startup_files import parse_autorun_entry, parse_shortcut
from quetsach.endpoint.collect.windows.tasks import TaskAction, parse_actions, parse_job, parse_task
from quetsach.packs.specimen.formats import (
    build_actions,
    build_instance,
    build_job,
    build_shortcut,
    build_task,
)
from quetsach.packs.specimen.hive import build_hive
from quetsach.packs.specimen.windows import CONFIG, RUN

letters = string.ascii_letters + string.digits + "\\:.-_%() àảãăắđệơữ"
texts = st.text(letters, min_size=1, max_size=40).map(str.strip).filter(bool)
lines = st.text(letters + "'&<>\"", max_size=40).map(str.strip)
junk = st.binary(max_size=300)


@given(texts, st.text(letters, max_size=30).map(str.strip), st.text(letters, max_size=30), junk)
def test_a_shortcut_is_read_back_whatever_follows_it(target: str, arguments: str, folder: str, after: bytes) -> None:
    found = parse_shortcut(build_shortcut(wide_path=target, arguments=arguments, folder=folder) + after)
    assert found is not None
    assert (found.target, found.arguments, found.folder) == (target, arguments, folder)


@given(st.lists(texts.filter(lambda text: "\\" not in text), min_size=1, max_size=6))
def test_the_items_of_a_shortcut_spell_its_path(names: list[str]) -> None:
    found = parse_shortcut(build_shortcut(items=names))
    assert found is not None
    assert found.target == "\\".join(["C:", *names])


@given(texts, lines, lines, st.lists(st.integers(0, 7), max_size=5))
def test_a_job_is_read_back(program: str, arguments: str, author: str, triggers: list[int]) -> None:
    job = parse_job(build_job(program, arguments, author=author, triggers=triggers))
    assert job is not None
    assert (job.program, job.arguments, job.author) == (program, arguments, author)
    assert bool(job.triggers) == bool(triggers)


@given(texts.filter(lambda text: " " not in text), lines, lines, st.booleans())
def test_a_task_is_read_back(command: str, arguments: str, author: str, hidden: bool) -> None:
    task = parse_task(build_task(escape(command), escape(arguments), author=escape(author), hidden=hidden))
    assert task is not None
    assert task.actions == (TaskAction(f"{command} {arguments}".strip()),)
    assert (task.author, task.is_hidden) == (author, hidden)


@given(texts.filter(lambda text: " " not in text), lines, junk)
def test_cached_actions_are_read_back(command: str, arguments: str, after: bytes) -> None:
    found = parse_actions(build_actions(command, arguments) + after)
    assert found[0] == TaskAction(f"{command} {arguments}".strip())


@given(st.sampled_from([b"open", b"SHELLEXECUTE", b"Shell\\Auto\\command"]), st.text(letters, max_size=40), junk)
def test_an_entry_of_autorun_is_found_between_lines_of_junk(name: bytes, value: str, noise: bytes) -> None:
    wanted = (name, value.strip().encode())
    content = noise + b"\n" + name + b"=" + value.strip().encode() + b"\r\n" + noise
    assert wanted in [parse_autorun_entry(line) for line in content.split(b"\n")]


@given(
    st.lists(st.text(string.printable.strip() + "ắđệ", min_size=2, max_size=40), min_size=1, max_size=4),
    st.binary(max_size=64),
    junk,
    junk,
)
def test_an_instance_of_wmi_is_carved_out_of_anything(
    texts: list[str], sid: bytes, before: bytes, after: bytes
) -> None:
    content = before + build_instance("CommandLineEventConsumer", *texts, sid=bytes(2) + sid) + after
    assert Instance("CommandLineEventConsumer", tuple(texts)) in [instance for _, instance in carve(content)]


@given(
    st.one_of(
        junk,
        st.tuples(
            st.sampled_from(
                [
                    build_shortcut(items=["a b"], arguments="x", environment="%TEMP%\\x", relative="r"),
                    build_shortcut(wide_path="C:\\á", local_path="C:\\a", folder="f"),
                    build_job("a.exe", "b", triggers=[1, 7]),
                    build_task("a.exe", "b"),
                    build_actions("a", "b", handler="01234567-89AB-CDEF-0123-456789ABCDEF"),
                    build_instance("__FilterToConsumerBinding", 'A.Name="x"', '__EventFilter.Name="y"', sid=b"12"),
                ]
            ),
            st.integers(0, 400),
            st.binary(min_size=1, max_size=8),
        ).map(lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] + len(parts[2]) :]),
    )
)
def test_broken_files_give_nothing_or_text_no_longer_than_they_are(content: bytes) -> None:
    link, job, task = parse_shortcut(content), parse_job(content), parse_task(content)
    assert link is None or len(link.command) <= 2 * len(content)
    assert job is None or len(job.program) <= len(content)
    assert task is None or len(task.author) <= len(content)
    assert sum(len(action.command) for action in parse_actions(content)) <= 2 * len(content)
    assert all(len(fields) == 6 for fields in subscriptions([instance for _, instance in carve(content)]))
    assert sum(map(len, texts_of(content))) <= len(content)


@given(st.text(letters + ",;\n", max_size=60), st.sampled_from([",", ";", "space", "multi"]))
def test_entries_are_parts_of_their_list(text: str, divider: str) -> None:
    for entry in entries_of(text, divider):
        assert entry in text
        assert entry


type Values = dict[str, tuple[int, str | bytes]]

CACHE = r"Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache"
names = st.text(st.characters(exclude_characters="\\"), max_size=12)


@settings(max_examples=40)
@given(
    st.dictionaries(names, st.tuples(st.integers(0, 0xFFFFFFFF), st.binary(max_size=40)), max_size=6),
    st.sampled_from([RUN, r"Microsoft\Windows NT\CurrentVersion\Winlogon"]),
)
def test_values_of_any_name_and_type_are_told(values: dict[str, tuple[int, bytes]], key: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / CONFIG).mkdir(parents=True)
        (root / CONFIG / "SOFTWARE").write_bytes(build_hive({key: values}))
        found = collected(root, "run", "winlogon", plants=False)
    assert all(text.replace("\n", " ").isprintable() for item in found for text in item.fields.values())
    if key == RUN:
        anchors = {item.anchor for item in found if isinstance(item, Artefact)}
        assert {(a.type, a.data) for a in anchors if isinstance(a, RegistryAnchor)} <= set(values.values())
        assert len(anchors) == len(found)


settings_of_services = st.sampled_from(
    ["ImagePath", "ServiceDll", "Start", "Type", "Group", "ObjectName", "FailureCommand"]
)
settings_of_tasks = st.sampled_from(["Id", "SD", "Path", "Actions", "Author"])
odd_values = st.tuples(
    st.sampled_from([0, 1, 2, 3, 4, 7, 11, 99]), st.one_of(st.binary(max_size=40), st.just("9" * 5_000))
)


@settings(max_examples=40)
@given(
    st.dictionaries(names, st.dictionaries(settings_of_services, odd_values), max_size=3),
    st.dictionaries(names, st.dictionaries(settings_of_tasks, odd_values), max_size=3),
)
def test_services_and_tasks_of_any_content_are_told(services: dict[str, Values], tasks: dict[str, Values]) -> None:
    system = {"Select": {"Current": (4, 1)}} | {rf"ControlSet001\Services\{name}": s for name, s in services.items()}
    cache = {rf"{CACHE}\{top}\{name}": task for name, task in tasks.items() for top in ("Tree", "Tasks")}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / CONFIG).mkdir(parents=True)
        (root / CONFIG / "SYSTEM").write_bytes(build_hive(system))
        (root / CONFIG / "SOFTWARE").write_bytes(build_hive(cache))
        found = collected(root, "services", "tasks", plants=False)
    assert all(text.replace("\n", " ").isprintable() for item in found for text in item.fields.values())
    told = [item for item in found if item.kind is ArtefactKind.SERVICE]
    assert len(told) <= len(services)
