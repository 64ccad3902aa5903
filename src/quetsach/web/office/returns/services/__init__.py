"""What is done to returns; every function checks authority and writes the log in its own transaction."""
