"""People who ask for help, and their answers."""
