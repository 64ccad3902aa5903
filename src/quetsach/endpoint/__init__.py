"""The tool people download: look, plan, act, verify, undo, report."""
