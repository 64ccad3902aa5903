"""The queue of mail that goes out: what is in it, how it is handed over, and what became of each."""
