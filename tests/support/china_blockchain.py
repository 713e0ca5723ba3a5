"""What the card of the bundled corpus says; the files themselves come out of the build."""

from __future__ import annotations

import datetime

from mtbench.types import CorpusCard

CARD = CorpusCard(
    title="China selects blockchain pilot zones: two news stories in English, Italian, German and "
    "French",
    version="1.0",
    licence="News text of Reuters and of ITPro (Future Publishing), quoted for the evaluation of "
    "machine translation. The rights stay with the publishers; the Apache-2.0 licence of mtbench "
    "does not cover it.",
    origin={"en": "unknown", "it": "machine", "de": "machine", "fr": "unknown"},
    original_language="en",
    date=datetime.date(2022, 1, 30),
    notes="""\
A smoke test, not a benchmark: two stories, 17 paragraphs.

en-it, en-de and it-de hold seven paragraphs of one Reuters story. The Italian and the German \
text look machine-made, so that it-de measures how alike two machine outputs are. The English \
text is not the one they were translated from: it words things differently, lacks the link that \
both carry in the fifth paragraph, and its last paragraph has a broken name ("China Energy \
Commission. securities regulation" for the China Securities Regulatory Commission).

en-fr holds the title and nine paragraphs of an ITPro article. The French text comes from a \
site that republishes; whether a person or a machine translated it is not known.

The two stories report one event in different articles. French against Italian or German would \
be comparable text, not parallel text, and is therefore not here.

Pairs were aligned automatically from the raw documents by `mtbench corpus build`, which left \
out breadcrumbs, dates, image credits, an author's biography, links and every paragraph that \
only one language has. Each line carries the confidence of its alignment.
""",
    reversible=True,
)
