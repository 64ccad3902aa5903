"""The management service of the running Windows is asked through its classes of COM.

Wine has no subscriptions and cannot put objects there: reading is tried with what it has.
"""

import os
import sys
from pathlib import Path

import pytest

from quetsach.endpoint.host.nt.ffi.com import NativeWmi
from quetsach.endpoint.host.nt.services import NtSubscriptions
from quetsach.endpoint.host.port import StoredObject, Subscription


def test_objects_have_their_path_and_their_text() -> None:
    own = [one for one in NativeWmi().objects("root\\cimv2", "Win32_Process") if f'"{os.getpid()}"' in one.path]
    assert [one.path for one in own] == [f'Win32_Process.Handle="{os.getpid()}"']
    assert Path(sys.executable).name in own[0].text
    assert own[0].text.strip().startswith("instance of Win32_Process")


@pytest.mark.parametrize(("namespace", "kind"), [("root\\cimv2", "NoSuchClass"), ("root\\nowhere", "__EventFilter")])
def test_what_is_not_there_has_no_objects(namespace: str, kind: str) -> None:
    assert list(NativeWmi().objects(namespace, kind)) == []


def test_a_machine_without_subscriptions_has_none() -> None:
    subscriptions = NtSubscriptions(NativeWmi())
    assert subscriptions.read(Subscription("CommandLineEventConsumer", "x", "y")) == ()
    assert not subscriptions.holds(StoredObject("root\\subscription", '__EventFilter.Name="x"', "x"))
