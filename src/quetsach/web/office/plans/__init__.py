"""Campaigns as they are kept: plans, decisions, steps that were taken."""
