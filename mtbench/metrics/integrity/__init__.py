"""``integrity``: what must survive a translation: placeholders, tags, numbers, terms."""
