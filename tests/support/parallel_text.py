"""Two little stories in four languages, written for the tests."""

from __future__ import annotations

LIBRARY: tuple[dict[str, str], ...] = (
    {
        "en": "The town library reopened on Monday after two years of building work.",
        "de": "Die Stadtbücherei hat am Montag nach zwei Jahren Bauarbeiten wieder geöffnet.",
        "fr": "La bibliothèque municipale a rouvert lundi après deux ans de travaux.",
        "it": "La biblioteca comunale ha riaperto lunedì dopo due anni di lavori.",
    },
    {
        "en": "About 300 people waited in the rain to see the new reading room.",
        "de": "Rund 300 Menschen warteten im Regen, um den neuen Lesesaal zu sehen.",
        "fr": "Environ 300 personnes ont attendu sous la pluie pour voir la nouvelle salle de "
        "lecture.",
        "it": "Circa 300 persone hanno aspettato sotto la pioggia per vedere la nuova sala di "
        "lettura.",
    },
    {
        "en": "The roof is now made of glass, so that the shelves get daylight even in winter.",
        "de": "Das Dach ist jetzt aus Glas, sodass die Regale auch im Winter Tageslicht haben.",
        "fr": "Le toit est désormais en verre, si bien que les rayons ont la lumière du jour "
        "même en "
        "hiver.",
        "it": "Il tetto è di vetro, così che gli scaffali hanno luce naturale anche d'inverno.",
    },
    {
        "en": "Children may borrow ten books at a time and keep them for a month.",
        "de": "Kinder dürfen zehn Bücher auf einmal ausleihen und einen Monat behalten.",
        "fr": "Les enfants peuvent emprunter dix livres à la fois et les garder un mois.",
        "it": "I bambini possono prendere in prestito dieci libri alla volta e tenerli un mese.",
    },
    {
        "en": "The mayor said the project had cost 4 million euros, less than planned.",
        "de": "Die Bürgermeisterin sagte, das Projekt habe 4 Millionen Euro gekostet, weniger als "
        "geplant.",
        "fr": "La maire a déclaré que le projet avait coûté 4 millions d'euros, moins que prévu.",
        "it": "La sindaca ha detto che il progetto è costato 4 milioni di euro, meno del previsto.",
    },
    {
        "en": "A café on the ground floor serves coffee and soup until eight in the evening.",
        "de": "Ein Café im Erdgeschoss bietet bis acht Uhr abends Kaffee und Suppe an.",
        "fr": "Un café au rez-de-chaussée sert du café et de la soupe jusqu'à huit heures du soir.",
        "it": "Un bar al piano terra serve caffè e zuppa fino alle otto di sera.",
    },
    {
        "en": "Old newspapers can be read on screens, back to the year 1848.",
        "de": "Alte Zeitungen kann man am Bildschirm lesen, zurück bis ins Jahr 1848.",
        "fr": "Les anciens journaux peuvent être lus sur écran, jusqu'à l'année 1848.",
        "it": "I vecchi giornali si possono leggere sugli schermi, fino all'anno 1848.",
    },
    {
        "en": "Some neighbours complained about the noise of the new ventilation.",
        "de": "Einige Nachbarn beschwerten sich über den Lärm der neuen Lüftung.",
        "fr": "Certains voisins se sont plaints du bruit de la nouvelle ventilation.",
        "it": "Alcuni vicini si sono lamentati del rumore del nuovo impianto di ventilazione.",
    },
)

RESCUE: tuple[dict[str, str], ...] = (
    {
        "en": "Two climbers were rescued from a snowed-in hut early on Thursday.",
        "de": "Zwei Bergsteiger wurden am frühen Donnerstag aus einer eingeschneiten Hütte "
        "gerettet.",
        "fr": "Deux alpinistes ont été secourus tôt jeudi dans un refuge bloqué par la neige.",
        "it": "Due alpinisti sono stati salvati giovedì mattina presto da un rifugio bloccato "
        "dalla "
        "neve.",
    },
    {
        "en": "They had left the valley on Sunday in good weather and without a map.",
        "de": "Sie waren am Sonntag bei gutem Wetter und ohne Karte im Tal aufgebrochen.",
        "fr": "Ils avaient quitté la vallée dimanche par beau temps et sans carte.",
        "it": "Erano partiti dalla valle domenica con il bel tempo e senza una mappa.",
    },
    {
        "en": "During the night more than a metre of fresh snow closed the path.",
        "de": "In der Nacht versperrte mehr als ein Meter Neuschnee den Weg.",
        "fr": "Pendant la nuit, plus d'un mètre de neige fraîche a fermé le sentier.",
        "it": "Durante la notte più di un metro di neve fresca ha chiuso il sentiero.",
    },
    {
        "en": "The helicopter could not land because of the wind, so the crew lowered a rope.",
        "de": "Der Hubschrauber konnte wegen des Windes nicht landen, daher ließ die Besatzung ein "
        "Seil hinab.",
        "fr": "L'hélicoptère n'a pas pu se poser à cause du vent, l'équipage a donc descendu une "
        "corde.",
        "it": "L'elicottero non è potuto atterrare per il vento, perciò l'equipaggio ha calato una "
        "corda.",
    },
    {
        "en": "One of the men has a broken ankle; the other is unhurt.",
        "de": "Einer der Männer hat einen gebrochenen Knöchel, der andere ist unverletzt.",
        "fr": "L'un des hommes a une cheville cassée ; l'autre est indemne.",
        "it": "Uno degli uomini ha una caviglia rotta; l'altro è illeso.",
    },
    {
        "en": "They had eaten the last of their bread and melted snow to drink.",
        "de": "Sie hatten ihr letztes Brot gegessen und zum Trinken Schnee geschmolzen.",
        "fr": "Ils avaient mangé leur dernier pain et fait fondre de la neige pour boire.",
        "it": "Avevano mangiato l'ultimo pane e sciolto la neve per bere.",
    },
    {
        "en": "The mountain rescue service warns that avalanches remain likely until the weekend.",
        "de": "Die Bergwacht warnt, dass bis zum Wochenende weiter mit Lawinen zu rechnen ist.",
        "fr": "Le secours en montagne avertit que des avalanches restent probables jusqu'au "
        "week-end.",
        "it": "Il soccorso alpino avverte che le valanghe restano probabili fino al fine "
        "settimana.",
    },
    {
        "en": "Whoever goes up should call 112 in good time rather than wait for nightfall.",
        "de": "Wer aufsteigt, sollte rechtzeitig die 112 rufen, statt auf die Nacht zu warten.",
        "fr": "Quiconque monte devrait appeler le 112 à temps plutôt que d'attendre la nuit.",
        "it": "Chi sale dovrebbe chiamare il 112 per tempo invece di aspettare la notte.",
    },
)
