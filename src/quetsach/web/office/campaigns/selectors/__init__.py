"""What is read about a campaign."""
