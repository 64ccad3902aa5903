"""A path of a running Windows, shown to a person and written by them, is that path again."""

from hypothesis import given
from hypothesis import strategies as st

from quetsach.endpoint.artefact import windows_text
from quetsach.endpoint.host.nt.names import inside_path_of, tree_path_of

NAMES = st.text(st.characters(exclude_characters='<>:"/\\|?*\0', exclude_categories=["Cc"]), min_size=1).filter(
    lambda name: not name.endswith((".", " ")) and not name.startswith(" ")
)
PATHS = st.lists(NAMES, max_size=6)
DRIVES = st.sampled_from(["", "/D:", "/Z:"])


@given(DRIVES, PATHS, st.sampled_from(["C:\\", "D:\\work", "C:\\Users\\Ân"]))
def test_what_is_shown_is_what_is_meant(drive: str, names: list[str], current: str) -> None:
    path = (drive + "".join(f"/{name}" for name in names) or "/").encode("utf-8", "surrogatepass")
    shown = windows_text(path).decode("utf-8", "surrogatepass")
    assert tree_path_of(shown, current=current, system_drive="C:") == path
    if not drive:
        assert inside_path_of(shown) == path


@given(st.text(), st.sampled_from(["C:\\", "D:\\work"]))
def test_any_text_is_an_absolute_path_inside_or_refused(text: str, current: str) -> None:
    from quetsach.endpoint import ScanError

    try:
        path = tree_path_of(text, current=current, system_drive="C:")
    except ScanError:
        return
    assert path.startswith(b"/")
    assert b"\0" not in path
    assert b"\\" not in path
