"""Leaderboards and comparisons as text and as pages."""
