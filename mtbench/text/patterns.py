"""Patterns of what stands in texts of any language. Every one takes time linear in the text."""

from __future__ import annotations

import re

LETTER = re.compile(r"[^\W\d_]")
LETTERS = re.compile(r"[^\W\d_]+")
NO_LETTER_OR_DIGIT = re.compile(r"[\W_]+")
NO_LETTER = re.compile(r"[\W\d_]+")
WORD = re.compile(r"\w+")
DIGIT = re.compile(r"\d")
DIGITS = re.compile(r"\d+")
NO_DIGIT = re.compile(r"\D+")

# An address on the web or of mail. Looking behind keeps the search linear: no address begins
# inside a word.
_WEB = r"(?:https?://|www\.)[^\s<>\"'«»“”)\]]+"
_MAIL = r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]*\w"
URL = re.compile(_WEB)
ADDRESS = re.compile(rf"{_WEB}|{_MAIL}")
# What says nothing of a text's language: addresses, handles, hashtags, variables, numbers.
NOISE = re.compile(rf"{_WEB}|{_MAIL}|[@#$]\w+|\d+")

# Of Chinese characters and kana, for use within brackets.
HAN_RANGES = "\u2e80-\u2fff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
HAN = re.compile(f"[{HAN_RANGES}]")
CLOSING = "\"'”’»“)\\]」』"
SENTENCE_END = ".!?…。！？؟।"
