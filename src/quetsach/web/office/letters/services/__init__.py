"""What is done to letters: drafted, issued, sent, acknowledged, reminded of; and their mail."""
