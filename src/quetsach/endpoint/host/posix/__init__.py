"""Back ends that need POSIX: the running Linux, and the folders and files that mounted disks are read by."""
