"""What a program of Linux asks of the system is read from the program itself."""

import shutil
from pathlib import Path

import boreal
import pytest
from elftools.common.exceptions import ELFError
from release.linux.build import OLDEST_GLIBC, require_portable
from release.linux.elf import Wants, exported, is_elf, wants_of

BOREAL = next(Path(boreal.__file__).parent.glob("*.so"))


def test_a_library_names_what_it_needs() -> None:
    wants = wants_of(BOREAL)
    assert "libc.so.6" in wants.libraries
    assert (2, 2) < wants.glibc <= OLDEST_GLIBC


def test_versions_are_compared_as_numbers() -> None:
    assert Wants((), ("GLIBC_2.4", "GLIBC_2.17", "GLIBC_2.2.5", "GLIBC_PRIVATE", "GCC_3.0")).glibc == (2, 17)
    assert Wants((), ()).glibc == (0,)


def test_what_is_no_program_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("#!/bin/sh\n")
    assert not is_elf(tmp_path / "a")
    assert is_elf(BOREAL)
    with pytest.raises(ELFError):
        wants_of(tmp_path / "a")


def test_the_place_of_a_function_is_found_in_the_file() -> None:
    library = next(Path("/lib/x86_64-linux-gnu").glob("libz.so.1"))
    address, offset = exported(library, "adler32")
    code = library.read_bytes()[offset : offset + 16]
    assert address > 0
    assert any(code)
    with pytest.raises(KeyError):
        exported(library, "no_such_function")


def test_a_file_that_needs_a_newer_system_is_refused(tmp_path: Path) -> None:
    shutil.copy(shutil.which("bash") or "/bin/bash", tmp_path / "bash")  # of the system that runs the tests
    with pytest.raises(RuntimeError, match=r"bash needs (glibc 2\.|lib)"):
        require_portable(tmp_path)


def test_a_library_that_is_not_everywhere_must_be_in_the_bundle(tmp_path: Path) -> None:
    shutil.copy(BOREAL, tmp_path / "boreal.so")
    require_portable(tmp_path)
    library = next(Path("/usr/lib/x86_64-linux-gnu").glob("libstdc++.so.6"))
    shutil.copy(library, tmp_path / "other.so")
    with pytest.raises(RuntimeError, match=r"other\.so needs glibc"):
        require_portable(tmp_path)
