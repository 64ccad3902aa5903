"""The plan of a campaign: phases and their parts, milestones, gates, boards, decisions, its close and its next one."""
