"""How far a metric is to be believed: its agreement with human scores, and estimates from few."""
