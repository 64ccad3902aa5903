"""The queue as it is set up, and messages of whoever can reach it."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.centre.queue import QueueError
from quetsach.centre.queue.landing import FILE, Ticket, load_queue

GOOD = Ticket("0" * 32, "a" * 64, 7, "plain", None, "2026-11-01.csv")


def written(data: Path, text: str) -> Path:
    (data / FILE).write_text(text)
    return data


def test_a_single_machine_needs_no_queue(tmp_path: Path) -> None:
    with pytest.raises(QueueError, match="no queue") as told:
        load_queue(tmp_path)
    assert "center ingest" in told.value.hint


def test_servers_of_this_machine_need_no_keys(tmp_path: Path) -> None:
    queue = load_queue(written(tmp_path, 'servers = ["nats://127.0.0.1:4222"]\nfolder = "/srv/deliveries"\n'))
    assert (queue.replicas, queue.ack_seconds, queue.context(), queue.password()) == (3, 60, None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('servers = ["nats://10.20.0.1:4222"]\nfolder = "/srv/d"\n', "tls:// alone"),
        ('servers = ["tls://10.20.0.1:4222"]\nfolder = "/srv/d"\n', "whom to trust"),
        ('servers = ["tls://10.20.0.1:4222", "nats://127.0.0.1:4222"]\nfolder = "/srv/d"\n', "servers are written"),
        ('servers = ["nats://me:secret@127.0.0.1:4222"]\nfolder = "/srv/d"\n', "name or password"),
        ('servers = ["nats://127.0.0.1:4222"]\nfolder = "srv/d"\n', "absolute path"),
        ('servers = ["nats://127.0.0.1:4222"]\nfolder = "/srv/d"\nreplicas = 0\n', "1 to 5"),
        ('servers = ["nats://127.0.0.1:4222"]\nfolder = "/srv/d"\nca = "ca.pem"\n', "no file"),
        ('servers = ["nats://127.0.0.1:4222"]\nfolder = "/srv/d"\nreplica = 3\n', "replica"),
        ('servers = []\nfolder = "/srv/d"\n', "servers are written"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(QueueError, match=said) as told:
        load_queue(written(tmp_path, text))
    assert told.value.where.startswith(FILE)


def test_a_message_says_what_was_sent() -> None:
    assert Ticket.from_json(GOOD.to_json()) == GOOD


def test_a_delivery_is_known_by_what_it_is_and_not_by_where_it_landed() -> None:
    fields = json.loads(GOOD.to_json())
    assert Ticket(**fields | {"file": "1" * 32}).id == GOOD.id
    assert len({Ticket(**fields | more).id for more in ({}, {"report": "a"}, {"feed": "b"}, {"sha256": "b" * 64})}) == 4


@pytest.mark.parametrize(
    "more",
    [
        {"file": "../" + "0" * 29},
        {"file": "0" * 33},
        {"sha256": "A" * 64},
        {"size_bytes": True},
        {"feed": "plain.>"},
        {"report": "*"},
        {"report": 5},
        {"name": ""},
        {"name": "a\nb"},
        {"name": None},
        {"more": 1},
    ],
)
def test_a_field_that_cannot_be_so_is_refused(more: dict[str, object]) -> None:
    with pytest.raises(QueueError, match="not a message"):
        Ticket.from_json(json.dumps(json.loads(GOOD.to_json()) | more).encode())


@given(st.binary(max_size=99) | st.dictionaries(st.text(), st.text(), max_size=3).map(lambda v: json.dumps(v).encode()))
def test_whatever_else_comes_is_refused(content: bytes) -> None:
    with pytest.raises(QueueError):
        Ticket.from_json(content)


@pytest.mark.parametrize("content", [b"[" * 8000, b" " * 9000])
def test_a_deep_or_long_message_is_refused(content: bytes) -> None:
    with pytest.raises(QueueError):
        Ticket.from_json(content)


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o707])
def test_a_folder_that_others_can_use_is_refused(mode: int, tmp_path: Path) -> None:
    queue = load_queue(written(tmp_path, f'servers = ["nats://127.0.0.1:4222"]\nfolder = "{tmp_path}"\n'))
    queue.landed.mkdir(mode=0o700)
    queue.require_folder()
    queue.landed.chmod(mode)
    with pytest.raises(QueueError, match="others can look into it"):
        queue.require_folder()
