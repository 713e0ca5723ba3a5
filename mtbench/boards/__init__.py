"""Results to tables: leaderboards, slices, comparisons, suspicion."""
