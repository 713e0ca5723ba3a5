"""How high an encoder's cosines are: measured on a few sentences in four languages."""

from __future__ import annotations

from mtbench.encoders.packaged import SentenceEncoder

LEAST = 0.1  # between translations and other texts; below, an encoder does not tell them apart
# Paragraphs of one document have more in common than the sentences below, and so have their
# translations. By how much, as a share of the distance, is taken from the embedded encoder:
# 0.04 and 0.75 below, 0.15 and 0.85 over the documents that the aligner was fitted on.
_WITHIN = (0.156, 0.142)

_SAMPLE = (
    (
        "The ferry to the island leaves at eight in the morning.",
        "Il traghetto per l'isola parte alle otto di mattina.",
        "Die Fähre zur Insel fährt um acht Uhr morgens ab.",
        "Le ferry pour l'île part à huit heures du matin.",
    ),
    (
        "Unemployment fell to 5.2 per cent last year, the ministry said.",
        "L'anno scorso la disoccupazione è scesa al 5,2 per cento, ha detto il ministero.",
        "Die Arbeitslosigkeit sank voriges Jahr auf 5,2 Prozent, teilte das Ministerium mit.",
        "Le chômage est tombé à 5,2 pour cent l'an dernier, a indiqué le ministère.",
    ),
    (
        "Click the button to save the file in another folder.",
        "Fate clic sul pulsante per salvare il file in un'altra cartella.",
        "Klicken Sie auf die Schaltfläche, um die Datei in einem anderen Ordner zu speichern.",
        "Cliquez sur le bouton pour enregistrer le fichier dans un autre dossier.",
    ),
    (
        "My grandmother used to bake bread with nuts every Sunday.",
        "Mia nonna faceva ogni domenica il pane con le noci.",
        "Meine Großmutter backte jeden Sonntag Brot mit Nüssen.",
        "Ma grand-mère faisait du pain aux noix tous les dimanches.",
    ),
    (
        "The team lost the final after a penalty shoot-out.",
        "La squadra ha perso la finale ai calci di rigore.",
        "Die Mannschaft verlor das Finale im Elfmeterschießen.",
        "L'équipe a perdu la finale aux tirs au but.",
    ),
    (
        "Researchers found a new species of frog in the rainforest.",
        "I ricercatori hanno trovato una nuova specie di rana nella foresta pluviale.",
        "Forscher haben im Regenwald eine neue Froschart entdeckt.",
        "Des chercheurs ont découvert une nouvelle espèce de grenouille dans la forêt tropicale.",
    ),
)


def sample_cosines(encoder: SentenceEncoder) -> tuple[float, float]:
    """Mean cosine of sentences that have nothing in common, and of translations."""
    texts = [text for versions in _SAMPLE for text in versions]
    languages = len(_SAMPLE[0])
    vectors = encoder.encode(texts)
    cosines = vectors @ vectors.T
    same: list[float] = []
    other: list[float] = []
    for one in range(len(texts)):
        for two in range(one + 1, len(texts)):
            if one % languages != two % languages:
                translation = one // languages == two // languages
                (same if translation else other).append(float(cosines[one, two]))
    return sum(other) / len(other), sum(same) / len(same)


def usual_cosines(low: float, high: float) -> tuple[float, float]:
    """What the aligner should take for usual within documents, from the cosines of the sample."""
    distance = max(high - low, LEAST)
    return round(low + _WITHIN[0] * distance, 3), round(low + (1 + _WITHIN[1]) * distance, 3)
