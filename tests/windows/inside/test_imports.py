"""Every module of the tool that people download can be imported on Windows."""

import importlib

import pytest
from tests.windows.modules import OF_LINUX, modules_of_the_tool


@pytest.mark.parametrize("name", modules_of_the_tool(but=OF_LINUX))
def test_a_module_can_be_imported(name: str) -> None:
    importlib.import_module(name)
