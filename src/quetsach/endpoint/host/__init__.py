"""The machine that is looked at and acted on: its file tree, its processes, its service manager."""
