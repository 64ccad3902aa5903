"""Campaigns: phases, gates, boards, decisions."""
