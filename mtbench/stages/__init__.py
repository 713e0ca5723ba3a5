"""Work that is kept as it comes: translation and scoring."""
