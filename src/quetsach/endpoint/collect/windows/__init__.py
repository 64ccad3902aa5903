"""What a Windows machine runs and when, read from its disk and its hives: one module for each form it is kept in."""
