"""The measure loop's house: what a centre does with its lake, whoever asks for it (command, office, timer)."""
