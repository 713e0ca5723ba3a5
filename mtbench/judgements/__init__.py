"""Human judgements: files in every shape that campaigns leave behind, read and placed."""
