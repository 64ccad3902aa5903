"""Trials within a provider: who gets the measure is drawn by lot, among customers or among days."""
