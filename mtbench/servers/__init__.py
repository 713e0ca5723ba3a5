"""Servers: the HTTP client, secrets, chat."""
