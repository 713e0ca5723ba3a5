"""Small documents in several languages that are translations of each other."""

from __future__ import annotations

import functools
from pathlib import Path

from mtbench.encoders.packaged import EmbeddedEncoder

STORIES: dict[str, dict[str, list[str]]] = {
    "lighthouse": {
        "en": [
            "The lighthouse on the cape was lit for the first time in 1847, after nine years "
            "of work.",
            "Its lamp burned whale oil and could be seen from twenty miles away. The keeper "
            "climbed "
            "the stairs four times a night.",
            "Today the tower belongs to the town, which opens it to visitors every Sunday in "
            "summer.",
        ],
        "it": [
            "Il faro sul capo fu acceso per la prima volta nel 1847, dopo nove anni di lavori.",
            "La sua lampada bruciava olio di balena e si vedeva da venti miglia di distanza. Il "
            "guardiano saliva le scale quattro volte per notte.",
            "Oggi la torre appartiene al comune, che la apre ai visitatori ogni domenica d'estate.",
        ],
        "de": [
            "Der Leuchtturm auf dem Kap wurde 1847 nach neun Jahren Bauzeit zum ersten Mal "
            "entzündet.",
            "Seine Lampe brannte mit Walöl und war aus zwanzig Meilen Entfernung zu sehen. Der "
            "Wärter stieg viermal in der Nacht die Treppe hinauf.",
            "Heute gehört der Turm der Stadt, die ihn im Sommer jeden Sonntag für Besucher öffnet.",
        ],
    },
    "bakery": {
        "en": [
            "The oldest bakery of the village closes at the end of March.",
            "Its owner, Marta Keller, is 71 years old and found nobody who wants to get up "
            "at two in "
            "the morning.",
            "The recipe for her rye bread will be printed in the parish magazine.",
        ],
        "it": [
            "Il forno più antico del paese chiude alla fine di marzo.",
            "La proprietaria, Marta Keller, ha 71 anni e non ha trovato nessuno che voglia alzarsi "
            "alle due di notte.",
            "La ricetta del suo pane di segale sarà pubblicata sul bollettino parrocchiale.",
        ],
        "de": [
            "Die älteste Bäckerei des Dorfes schließt Ende März.",
            "Ihre Besitzerin, Marta Keller, ist 71 Jahre alt und hat niemanden gefunden, der "
            "um zwei "
            "Uhr morgens aufstehen will.",
            "Das Rezept für ihr Roggenbrot wird im Gemeindeblatt abgedruckt.",
        ],
    },
}


def write(folder: Path, name: str, paragraphs: list[str]) -> str:
    """Writes a document, a blank line between its paragraphs; returns its path."""
    path = folder / name
    path.write_text("\n\n".join(paragraphs) + "\n", encoding="utf-8")
    return str(path)


def write_stories(folder: Path, *languages: str) -> list[str]:
    """Writes every story in some languages; returns the paths. Names say nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        write(folder, f"{index}{place}.txt", versions[language])
        for index, versions in enumerate(STORIES.values())
        for place, language in enumerate(languages)
    ]


@functools.cache
def encoder() -> EmbeddedEncoder:
    """The embedded encoder, loaded once for all tests of a process."""
    return EmbeddedEncoder()
