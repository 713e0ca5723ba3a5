"""Documents as they come from the web, made from rows of parallel text: what aligns is known.

From each language's version of a story some paragraphs are missing, some are run together with the
next, and boilerplate that is itself parallel stands among them; stories and languages are shuffled.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Row = Mapping[str, str]

BOILERPLATE: tuple[dict[str, str], ...] = (
    {
        "en": "Subscribe to our free newsletter and never miss a story.",
        "de": "Abonnieren Sie unseren kostenlosen Newsletter und verpassen Sie keinen Artikel.",
        "fr": "Abonnez-vous à notre lettre d'information gratuite et ne manquez aucun article.",
        "it": "Iscriviti alla nostra newsletter gratuita e non perdere nessun articolo.",
    },
    {
        "en": "This website uses cookies to improve your experience. Accept all",
        "de": "Diese Website verwendet Cookies, um Ihr Erlebnis zu verbessern. Alle annehmen",
        "fr": "Ce site utilise des cookies pour améliorer votre expérience. Tout accepter",
        "it": "Questo sito usa i cookie per migliorare la tua esperienza. Accetta tutti",
    },
    {
        "en": "All rights reserved. Reproduction only with written permission.",
        "de": "Alle Rechte vorbehalten. Nachdruck nur mit schriftlicher Genehmigung.",
        "fr": "Tous droits réservés. Reproduction uniquement avec autorisation écrite.",
        "it": "Tutti i diritti riservati. Riproduzione solo con autorizzazione scritta.",
    },
    {
        "en": "Share this page with your friends",
        "de": "Teilen Sie diese Seite mit Ihren Freunden",
        "fr": "Partagez cette page avec vos amis",
        "it": "Condividi questa pagina con i tuoi amici",
    },
    {
        "en": "Home > Documentation > Help",
        "de": "Startseite > Dokumentation > Hilfe",
        "fr": "Accueil > Documentation > Aide",
        "it": "Pagina iniziale > Documentazione > Aiuto",
    },
    {
        "en": "Read also: the ten most popular articles of the week",
        "de": "Lesen Sie auch: die zehn beliebtesten Artikel der Woche",
        "fr": "À lire aussi : les dix articles les plus lus de la semaine",
        "it": "Leggi anche: i dieci articoli più popolari della settimana",
    },
    {
        "en": "Was this page helpful? Tell us what we can do better.",
        "de": "War diese Seite hilfreich? Sagen Sie uns, was wir besser machen können.",
        "fr": "Cette page vous a-t-elle aidé ? Dites-nous ce que nous pouvons améliorer.",
        "it": "Questa pagina ti è stata utile? Dicci che cosa possiamo migliorare.",
    },
    {
        "en": "Advertisement",
        "de": "Anzeige",
        "fr": "Publicité",
        "it": "Pubblicità",
    },
)


@dataclass(frozen=True)
class NoisyDocument:
    """One language's version of a story.

    Attributes:
        language: Its tag.
        story: Number of its story.
        paragraphs: What it says.
        rows: For each paragraph the rows it is made of; none for boilerplate.
    """

    language: str
    story: int
    paragraphs: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]

    def write(self, path: Path) -> None:
        """The document as a text file."""
        path.write_text("\n\n".join(self.paragraphs) + "\n", encoding="utf-8")


def make_documents(
    stories: Sequence[Sequence[Row]],
    seed: int,
    *,
    missing: float = 0.06,
    merged: float = 0.10,
    boilerplate: int = 4,
    strangers: int = 0,
    others: Sequence[Row] = (),
    one_side: bool = False,
) -> list[NoisyDocument]:
    """One document for each story and language, in random order.

    Args:
        stories: Rows of each story: language → text.
        seed: Of all that is random.
        missing: Share of paragraphs that are missing.
        merged: Share of paragraphs that are run together with the next.
        boilerplate: Boilerplate lines in each version.
        strangers: How many paragraphs at most, of its own alone, stand before and after a version.
        others: Where those come from.
        one_side: Whether such a paragraph is missing, or run together, in one version alone, drawn
            at random; else each version draws for itself, so that two versions differ about twice
            as often as either share says.
    """
    chance = random.Random(seed)
    found = []
    for number, rows in enumerate(stories):
        languages = sorted(rows[0])
        lacking, joined = (
            _drawn(share, len(rows), languages, chance) if one_side else {}
            for share in (missing, merged)
        )
        for language in languages:
            parts = [
                ((k,), row[language])
                for k, row in enumerate(rows)
                if (lacking.get(k) != language if one_side else chance.random() >= missing)
            ]
            blocks: list[tuple[tuple[int, ...], str]] = []
            joins = False
            for ids, text in parts:
                if joins:
                    before = blocks.pop()
                    blocks.append((before[0] + ids, f"{before[1]} {text}"))
                    joins = False
                else:
                    blocks.append((ids, text))
                    joins = joined.get(ids[0]) == language if one_side else chance.random() < merged
            for line in chance.sample(BOILERPLATE, boilerplate):
                blocks.insert(chance.randint(0, len(blocks)), ((), line[language]))
            for place in (0, len(blocks)) if strangers else ():
                own = chance.sample(list(others), chance.randint(0, strangers))
                blocks[place:place] = [((), row[language]) for row in own]
            found.append(
                NoisyDocument(
                    language, number, tuple(t for _, t in blocks), tuple(ids for ids, _ in blocks)
                )
            )
    chance.shuffle(found)
    return found


def _drawn(
    share: float, rows: int, languages: Sequence[str], chance: random.Random
) -> dict[int, str]:
    """A share of the rows, each with one language drawn for it."""
    return {k: chance.choice(languages) for k in range(rows) if chance.random() < share}


Bead = tuple[tuple[int, ...], tuple[int, ...]]


def gold_beads(left: NoisyDocument, right: NoisyDocument) -> tuple[set[Bead], set[Bead]]:
    """What an aligner should find between two versions of a story.

    Returns:
        The smallest runs of paragraphs that say exactly the same on both sides; and those that
        overlap but do not say the same (a paragraph run together with one the other side lacks),
        which are no translations of each other.
    """
    whole: set[Bead] = set()
    partial: set[Bead] = set()
    there = [set(ids) for ids in left.rows], [set(ids) for ids in right.rows]
    done: set[int] = set()
    for start, ids in enumerate(there[0]):
        if start in done or not ids:
            continue
        one, two = {start}, set[int]()
        while True:
            rows = set().union(*(there[0][i] for i in one), *(there[1][j] for j in two))
            grown = (
                {i for i, group in enumerate(there[0]) if group & rows},
                {j for j, group in enumerate(there[1]) if group & rows},
            )
            if grown == (one, two):
                break
            one, two = grown
        done |= one
        if two:
            rows_left = set().union(*(there[0][i] for i in one))
            rows_right = set().union(*(there[1][j] for j in two))
            same = rows_left == rows_right
            (whole if same else partial).add((tuple(sorted(one)), tuple(sorted(two))))
    return whole, partial
