"""Acts: what is done for each kind of step, and how it is undone. All are of one shape.

Every act reads the state it finds and does only what is still missing, so that it can be begun again after a crash at
any moment.
"""

from collections.abc import Mapping

from quetsach.endpoint.act import (
    file,
    hidden_folder,
    lines,
    link,
    process,
    registry,
    subscription,
    task,
    truncate,
    unit,
)
from quetsach.endpoint.act.shape import Act
from quetsach.endpoint.plan.step import (
    EditRegistry,
    KillProcess,
    QuarantineFile,
    RemoveLines,
    RemoveLink,
    RemoveSubscription,
    RemoveTask,
    StopUnit,
    Target,
    TruncateFile,
    UnhideFolder,
)

ACTS: Mapping[type[Target], Act] = {
    QuarantineFile: file.QuarantineAct(),
    RemoveLines: lines.LinesAct(),
    EditRegistry: registry.RegistryAct(),
    RemoveSubscription: subscription.SubscriptionAct(),
    RemoveTask: task.TaskAct(),
    TruncateFile: truncate.TruncateAct(),
    UnhideFolder: hidden_folder.UnhideAct(),
    RemoveLink: link.LinkAct(),
    StopUnit: unit.UnitAct(),
    KillProcess: process.ProcessAct(),
}
"""What does the steps of each kind."""
