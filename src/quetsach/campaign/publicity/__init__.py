"""Publicity: the words of a campaign, how a loudspeaker says them, and the codes that prove a sheet genuine."""
