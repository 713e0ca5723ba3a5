"""Everything that looks at a text: its language, script, word units, numbers."""
