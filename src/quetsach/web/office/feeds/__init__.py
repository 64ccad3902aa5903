"""The feeds: until when their data go, what was set aside and why, which names wait for an analyst."""
