"""What every back end promises of files and folders, kept by the running Windows.

Tests that need a link are left to the disks in memory (``tests/fake_ntfs.py``): Wine makes none, and says it did.
"""

import inspect

from tests.integration.endpoint.contract import test_folder_contract, test_tree_contract
from tests.integration.endpoint.contract.conftest import machine

folder = test_folder_contract.folder

__all__ = ["folder", "machine"]

for _module in (test_folder_contract, test_tree_contract):
    for _name, _test in vars(_module).items():
        if _name.startswith("test_") and "linking" not in inspect.signature(_test).parameters:
            globals()[_name] = _test
