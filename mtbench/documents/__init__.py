"""Raw documents to aligned corpus files."""
