"""What the commands of the centre take, without what they do: that is imported once they run."""
