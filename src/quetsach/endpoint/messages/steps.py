"""What a step of a plan does and how it ended, what undo gives back, and what a trait has done to a finding."""

from collections.abc import Mapping

from quetsach.core.text import Text

STEPS: Mapping[str, Text] = {
    "quarantine-file": Text("Quarantine the file {subject}"),
    "remove-lines": Text("Remove {lines} line(s) from the file {subject}"),
    "remove-link": Text("Remove the link {subject}"),
    "stop-unit": Text("Stop the service {subject}"),
    "kill-process": Text("End process {pid} ({subject})"),
    "truncate-file": Text("Cut off what was appended to the file {subject}"),
    "remove-task": Text("Remove the scheduled task {subject}"),
    "remove-subscription": Text("Remove the WMI subscription {subject}"),
    "edit-registry": Text("Make {lines} change(s) to the registry in {subject}"),
    "unhide-folder": Text("Let the folder {subject} be seen again"),
}
"""Kind of a step -> what it does, with ``subject``, ``lines`` and ``pid``."""

OUTCOMES: Mapping[str, Text] = {
    "done": Text("done"),
    "gone": Text("it was no longer there"),
    "changed": Text("it changed after the scan, so it was left alone; scan again"),
    "failed": Text("could not be done"),
    "restored": Text("put back as it was"),
    "reinserted": Text("it has changed since; only what had been taken was put back"),
    "beside": Text("something newer has the name, so the old one was put beside it: {note}"),
    "kept": Text("left as it is: there is nothing to put back"),
}
"""How a step, or undoing it, ended; with ``note``."""

ACTIONS: Mapping[str, Text] = {
    "report": Text("report only"),
    "archive": Text("seal the whole archive, if you agree"),
    "quarantine": Text("quarantine the file"),
    "kill": Text("end the process"),
    "remove-line": Text("remove this line from the file"),
    "remove-unit": Text("remove this service"),
    "truncate": Text("cut off what was appended to the file"),
    "remove-value": Text("remove this registry value"),
    "remove-entry": Text("take this entry out of the list"),
    "restore-default": Text("set back to what the system has from the factory"),
    "remove-key": Text("remove this registry key"),
    "remove-service": Text("remove this service"),
    "remove-task": Text("remove this scheduled task"),
    "remove-subscription": Text("remove this WMI subscription"),
    "unhide": Text("let this folder be seen again"),
}
"""Action of a trait -> what is done to what it finds; ``archive`` for one that lies inside an archive."""
