"""People who ask for help: codes of cases, their states, and answers that are kept ready."""
