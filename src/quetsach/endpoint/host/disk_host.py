"""What hosts lack that are no running Windows, and those of which only a disk is there: common bases of ``Host``."""


class NoRunningWindows:
    """What only a running Windows has is not there."""

    __slots__ = ()

    @property
    def tasks(self) -> None:
        """Tasks are files that are read anew."""
        return

    @property
    def subscriptions(self) -> None:
        """Nothing waits for events of a management service."""
        return

    @property
    def restart_queue(self) -> None:
        """Every file can be removed at once, one that is in use too."""
        return


class DiskHost(NoRunningWindows):
    """A system that does not run."""

    __slots__ = ()

    @property
    def processes(self) -> None:
        """Nothing runs on it."""
        return

    @property
    def services(self) -> None:
        """Nothing runs on it."""
        return

    @property
    def is_live(self) -> bool:
        """It is not the running system."""
        return False
