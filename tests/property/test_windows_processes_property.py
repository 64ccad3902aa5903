"""What processes of Windows say of themselves is material of malware: nothing of it may raise."""

from hypothesis import example, given
from hypothesis import strategies as st
from tests.fake_windows_processes import BLOCK, PARAMETERS, Played, PlayedCalls

from quetsach.endpoint.host.nt.names import is_of_the_tree, tree_path
from quetsach.endpoint.host.nt.process_calls import Parameters, parameters_of, pieces_of

DRIVES = {r"\Device\HarddiskVolume3": "C:", r"\Device\HarddiskVolume31": "E:"}
TEXT = st.text(st.characters(exclude_categories=())) | st.text('"\\ :/.CcDd?e')


@given(TEXT)
def test_the_pieces_of_a_command_line_are_what_was_written(text: str) -> None:
    pieces = pieces_of(text)
    assert all(pieces)
    joined = b" ".join(pieces).decode("utf-8", "surrogatepass")
    assert "".join(joined.split()) == "".join(text.partition("\0")[0].split())
    assert pieces_of(joined) == pieces


@given(TEXT)
@example("\\\\")
@example("\\Device\\")
def test_any_name_of_the_kernel_gives_a_path(name: str) -> None:
    path = tree_path(name, DRIVES, "C:")
    assert path.startswith(b"/") or not name
    assert b"//" not in path
    is_of_the_tree(path)


@given(
    st.dictionaries(st.sampled_from([BLOCK + 0x20, PARAMETERS + 0x38, PARAMETERS + 0x70, 0, 8]), st.binary(max_size=64))
)
def test_any_memory_gives_parameters(memory: dict[int, bytes]) -> None:
    calls = PlayedCalls(Played(1, started=1, memory=memory))
    assert isinstance(parameters_of(calls, calls.open(1, 0x410)), Parameters)
