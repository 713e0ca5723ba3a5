"""The article of a web page, in the templates of nine site builders."""

from __future__ import annotations

import pytest

from mtbench.documents.pages import article
from tests.support.fresh_pages import FRESH, REPORTED
from tests.support.site_pages import AROUND, DEVELOPED, KNOWN, Template, page
from tests.support.story import STORIES

# Where what stands around is marked by elements, roles or names.
MARKED = [one for one in (*KNOWN, *DEVELOPED) if one.__name__ not in ("wix", "squarespace", "bare")]


def texts(language: str) -> list[str]:
    """A headline and paragraphs enough for every kind of block."""
    return [text for story in STORIES.values() for text in story[language]]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.parametrize("template", [*KNOWN, *DEVELOPED], ids=lambda t: t.__name__)
def test_no_paragraph_of_the_article_is_lost(template: Template, language: str, seed: int) -> None:
    others = [[f"{text} ({n})" for text in texts(language)[n : n + 3]] for n in range(3)]
    made = page(template, language, texts(language), others, seed)
    found = article(made.html)[0]
    assert [text for text in found if text in made.article] == made.article


@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.parametrize("template", MARKED, ids=lambda t: t.__name__)
def test_what_stands_around_is_left_out_and_counted(template: Template, language: str) -> None:
    others = [[f"{text} ({n})" for text in texts(language)[n : n + 3]] for n in range(3)]
    made = page(template, language, texts(language), others, 0)
    found, left_out = article(made.html)
    assert list(found) == made.article
    assert sum(left_out.values()) >= len(AROUND[language]["menu"])


def test_a_class_on_the_whole_page_says_nothing_of_its_article() -> None:
    body = "".join(f"<p>{text}</p>" for text in texts("en"))
    found, left_out = article(f'<body class="has-sidebar"><div id="menu-open">{body}</div></body>')
    assert list(found) == texts("en")
    assert left_out == {}


def test_a_short_page_is_read_by_its_elements_alone() -> None:
    assert article("<nav>Home</nav><div class=x>One.</div><table><tr><td>two</table>") == (
        ("One.", "two"),
        {"navigation": 1},
    )


def test_lists_tables_and_preformatted_parts_stay() -> None:
    long = "".join(f"<p>{text}</p>" for text in texts("en")[:6])
    made = f"<main>{long}<ul><li>an item</li></ul><pre>one\n\ntwo</pre>{long}</main>"
    assert article(made)[0][6:9] == ("an item", "one", "two")


def teasers(tag: str = "div") -> str:
    return "".join(
        f'<{tag} class="card"><h3><a href="/{n}">{text[:30]}</a></h3><p>{text}</p></{tag}>'
        for n, text in enumerate(texts("it")[:3])
    )


def test_teasers_that_end_an_article_s_own_column_are_no_part_of_it() -> None:
    body = "".join(f"<p>{text}</p>" for text in texts("en") * 2)
    found, left_out = article(
        f"<div><div>{body}</div><div>Read on</div><div>{teasers()}</div></div>"
    )
    assert list(found) == texts("en") * 2
    assert left_out == {"related links": 7}


def test_boxes_with_links_within_an_article_stay() -> None:
    body = "".join(f"<p>{text}</p>" for text in texts("en"))
    found, left_out = article(f"<div>{body}{teasers()}{body}</div>")
    assert len(found) == 2 * len(texts("en")) + 6
    assert left_out == {}
    listed = "".join(
        f'<li><a href="/{n}">{n}</a> {text}</li>' for n, text in enumerate(texts("en"))
    )
    assert article(f"<div>{body}<ul>{listed}</ul></div>")[1] == {}


@pytest.mark.parametrize("template", FRESH + REPORTED, ids=lambda t: t.__name__)
def test_other_builders_pages_lose_nothing_of_the_article(template: Template) -> None:
    others = [[f"{text} ({n})" for text in texts("en")[n : n + 3]] for n in range(3)]
    made = page(template, "en", texts("en"), others, 0)
    assert [text for text in article(made.html)[0] if text in made.article] == made.article
