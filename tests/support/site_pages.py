"""Pages as site builders write them, around the paragraphs of a text, with what is around known.

Nine templates to develop with: six are modelled on the markup of WordPress, Wix, Squarespace,
Blogger, Drupal and Ghost; three are Joomla, a documentation site and bare elements. What stands around an article is written out in four languages.
"""

from __future__ import annotations

import html
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

AROUND: dict[str, dict[str, list[str]]] = {
    "en": {
        "menu": ["Home", "News", "About us", "Opinion and debate", "Contact", "Sign in"],
        "cookie": [
            "We use cookies to give you the best experience on our site.",
            "You can change your settings at any time, or accept all of them now.",
            "Accept all",
        ],
        "footer": [
            "© 2024 The Cape News. All rights reserved.",
            "Privacy policy",
            "The Cape News is published by Cape Media Ltd, 12 Harbour Road, and is a member of "
            "the Press Council.",
        ],
        "aside": [
            "Subscribe to our newsletter",
            "Get the most important stories of the week in your inbox every Friday morning.",
        ],
        "related": ["You may also like"],
        "comments": ["Comments", "Leave a reply", "Your email address will not be published."],
        "caption": ["The building as it stands today. Photo: Cape Archive"],
        "share": ["Share this article", "Facebook", "Print"],
    },
    "it": {
        "menu": ["Home", "Notizie", "Chi siamo", "Opinioni e dibattiti", "Contatti", "Accedi"],
        "cookie": [
            "Usiamo i cookie per offrirti la migliore esperienza sul nostro sito.",
            "Puoi cambiare le impostazioni in ogni momento, o accettarli tutti adesso.",
            "Accetta tutti",
        ],
        "footer": [
            "© 2024 Il Giornale del Capo. Tutti i diritti riservati.",
            "Informativa sulla privacy",
            "Il Giornale del Capo è pubblicato da Capo Media Srl, via del Porto 12, ed è membro "
            "del Consiglio della stampa.",
        ],
        "aside": [
            "Iscriviti alla newsletter",
            "Ricevi ogni venerdì mattina le notizie più importanti della settimana.",
        ],
        "related": ["Potrebbe interessarti anche"],
        "comments": ["Commenti", "Lascia un commento", "Il tuo indirizzo non sarà pubblicato."],
        "caption": ["L'edificio com'è oggi. Foto: Archivio del Capo"],
        "share": ["Condividi questo articolo", "Facebook", "Stampa"],
    },
    "de": {
        "menu": ["Start", "Nachrichten", "Über uns", "Meinung und Debatte", "Kontakt", "Anmelden"],
        "cookie": [
            "Wir verwenden Cookies, um Ihnen das beste Erlebnis auf unserer Seite zu bieten.",
            "Sie können die Einstellungen jederzeit ändern oder jetzt alle annehmen.",
            "Alle annehmen",
        ],
        "footer": [
            "© 2024 Kap-Nachrichten. Alle Rechte vorbehalten.",
            "Datenschutzerklärung",
            "Die Kap-Nachrichten erscheinen bei der Kap Medien GmbH, Hafenstraße 12, Mitglied im "
            "Presserat.",
        ],
        "aside": [
            "Newsletter abonnieren",
            "Jeden Freitagmorgen die wichtigsten Geschichten der Woche in Ihrem Postfach.",
        ],
        "related": ["Das könnte Sie auch interessieren"],
        "comments": ["Kommentare", "Kommentar schreiben", "Ihre Adresse wird nicht angezeigt."],
        "caption": ["Das Gebäude, wie es heute aussieht. Foto: Kap-Archiv"],
        "share": ["Diesen Artikel teilen", "Facebook", "Drucken"],
    },
    "fr": {
        "menu": ["Accueil", "Actualités", "Qui sommes-nous", "Opinions et débats", "Contact"],
        "cookie": [
            "Nous utilisons des cookies pour vous offrir la meilleure expérience sur notre site.",
            "Vous pouvez modifier vos réglages à tout moment, ou tout accepter maintenant.",
            "Tout accepter",
        ],
        "footer": [
            "© 2024 Les Nouvelles du Cap. Tous droits réservés.",
            "Politique de confidentialité",
            "Les Nouvelles du Cap sont publiées par Cap Médias SARL, 12 rue du Port, membre du "
            "Conseil de la presse.",
        ],
        "aside": [
            "Abonnez-vous à notre lettre",
            "Recevez chaque vendredi matin les articles les plus importants de la semaine.",
        ],
        "related": ["À lire aussi"],
        "comments": ["Commentaires", "Laisser un commentaire", "Votre adresse ne sera pas publiée."],
        "caption": ["Le bâtiment tel qu'il est aujourd'hui. Photo : Archives du Cap"],
        "share": ["Partager cet article", "Facebook", "Imprimer"],
    },
}  # fmt: skip


@dataclass
class SitePage:
    """A page with what is its article and what is not.

    Attributes:
        html: The page.
        article: Its paragraphs: headline, headings, text, items, cells, preformatted parts.
        rest: What stands around them.
    """

    html: str
    article: list[str]
    rest: list[str]


@dataclass
class Parts:
    """Texts to be set into a template, escaped, with a note of which is which."""

    language: str
    title: str
    body: list[tuple[str, list[str]]]  # kind of block and its texts
    others: list[list[str]]  # paragraphs of other texts: teasers and comments
    article: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)

    def around(self, kind: str) -> list[str]:
        """Escaped texts of one kind of page furniture."""
        texts = AROUND[self.language][kind]
        self.rest += texts
        return [html.escape(text) for text in texts]

    def other(self, at: int, count: int) -> list[str]:
        """Escaped paragraphs of another text."""
        texts = self.others[at][:count]
        self.rest += texts
        return [html.escape(text) for text in texts]

    def headline(self) -> str:
        """The escaped headline."""
        self.article.append(self.title)
        return html.escape(self.title)

    def blocks(self) -> Iterator[tuple[str, list[str]]]:
        """Escaped blocks of the article."""
        for kind, texts in self.body:
            if kind == "figure":
                yield kind, self.around("caption")
            else:
                self.article += texts
                yield kind, [html.escape(text) for text in texts]


def links(texts: Sequence[str], cover: str = "{}") -> str:
    """Linked texts, each in a cover."""
    return "".join(cover.format(f'<a href="/{i}">{text}</a>') for i, text in enumerate(texts))


def plain_blocks(parts: Parts, marks: dict[str, str] | None = None) -> str:
    """The article's blocks as ordinary elements; ``marks`` are attributes by kind."""
    marks = marks or {}
    found = []
    for kind, texts in parts.blocks():
        mark = marks.get(kind, "")
        if kind == "list":
            items = "".join(f"<li>{text}</li>" for text in texts)
            found.append(f"<ul{mark}>{items}</ul>")
        elif kind == "table":
            pairs = zip(texts[::2], texts[1::2], strict=True)
            rows = "".join(f"<tr><td>{one}</td><td>{two}</td></tr>" for one, two in pairs)
            found.append(f"<table{mark}><tbody>{rows}</tbody></table>")
        elif kind == "pre":
            found.append(f"<pre{mark}>" + "\n\n".join(texts) + "</pre>")
        elif kind == "figure":
            found.append(
                f'<figure{mark}><img src="a.jpg" alt=""><figcaption>{texts[0]}</figcaption></figure>'
            )
        else:
            tag = {"heading": "h2", "quote": "blockquote"}.get(kind, "p")
            inner = f"<p>{texts[0]}</p>" if kind == "quote" else texts[0]
            found.append(f"<{tag}{mark}>{inner}</{tag}>")
    return "\n".join(found)


def cover(parts: Parts, head: str, body: str) -> str:
    title = html.escape(parts.title)
    return (
        f'<!DOCTYPE html>\n<html lang="{parts.language}"><head><meta charset="utf-8">'
        f"<title>{title}</title>{head}</head>{body}</html>"
    )


def wordpress(p: Parts) -> str:
    """A block theme of WordPress."""
    marks = {
        "list": ' class="wp-block-list"',
        "heading": ' class="wp-block-heading"',
        "pre": ' class="wp-block-preformatted"',
        "quote": ' class="wp-block-quote is-layout-flow"',
        "figure": ' class="wp-block-image size-large"',
        "table": ' class="has-fixed-layout"',
    }
    menu = links(
        p.around("menu"),
        '<li class="wp-block-navigation-item wp-block-navigation-link">{}</li>',
    )
    share = links(p.around("share"), '<li class="sd-link">{}</li>')
    posts = links(p.other(0, 1) + p.other(1, 1), '<li class="wp-block-post">{}</li>')
    said = "".join(
        f'<li class="comment even"><div class="wp-block-comment-content"><p>{text}</p></div></li>'
        for text in p.other(2, 2)
    )
    foot = "".join(f"<p>{text}</p>" for text in p.around("footer"))
    comments, related = p.around("comments"), p.around("related")
    cookie = p.around("cookie")
    return cover(
        p,
        '<style>body{margin:0}</style><script>var a="<p>x</p>";</script>',
        f"""<body class="post-template-default single single-post has-sidebar">
<div class="wp-site-blocks"><header class="wp-block-template-part"><div class="wp-block-group">
<nav class="wp-block-navigation"><ul class="wp-block-navigation__container">{menu}</ul></nav>
</div></header>
<main class="wp-block-group is-layout-flow" id="wp--skip-link--target">
<div class="wp-block-group"><h1 class="wp-block-post-title">{p.headline()}</h1></div>
<div class="entry-content wp-block-post-content is-layout-constrained">{plain_blocks(p, marks)}
<div class="sharedaddy sd-sharing-enabled"><ul>{share}</ul></div></div>
<div class="wp-block-comments"><h2 class="wp-block-comments-title">{comments[0]}</h2>
<ol class="wp-block-comment-template">{said}</ol><div id="respond" class="comment-respond">
<h3 id="reply-title">{comments[1]}</h3><form><p class="comment-notes">{comments[2]}</p></form></div></div>
<h2 class="wp-block-heading">{related[0]}</h2><ul class="wp-block-post-template">{posts}</ul></main>
<footer class="wp-block-template-part">{foot}</footer></div>
<div id="cookie-law-info-bar"><span>{cookie[0]} {cookie[1]}<a role="button">{cookie[2]}</a></span></div>
</body>""",
    )


def wix(p: Parts) -> str:
    """A page of Wix: generated ids and no elements but divs."""
    body = []
    for number, (kind, texts) in enumerate(p.blocks(), 1):
        span = '<span class="wixui-rich-text__text">{}</span>'
        if kind == "list":
            inner = "".join(
                f'<li class="wixui-rich-text__text"><p class="font_8">{span.format(t)}</p></li>'
                for t in texts
            )
            body.append(f'<ul class="font_8">{inner}</ul>')
        elif kind == "table":
            body.append(
                "".join(f'<div class="x7Kd2"><div>{span.format(t)}</div></div>' for t in texts)
            )
        elif kind == "pre":
            body.append('<pre class="Q1vzu">' + "\n\n".join(texts) + "</pre>")
        elif kind == "figure":
            body.append(
                f'<figure class="mZ9Xa"><img src="b.png"><figcaption>{span.format(texts[0])}'
                "</figcaption></figure>"
            )
        else:
            tag = "h2" if kind == "heading" else "p"
            body.append(
                f'<{tag} class="font_8 wixui-rich-text__text">{span.format(texts[0])}</{tag}>'
            )
        body[-1] = f'<div id="viewer-{number:04x}" class="q8Kz1">{body[-1]}</div>'
    menu = links(p.around("menu"), '<li class="itemDepth02233374943"><div>{}</div></li>')
    cards = "".join(
        f'<div class="JMCi2v"><div class="blog-post-title-font">{text}</div></div>'
        for text in (*p.other(0, 1), *p.other(1, 1))
    )
    related, aside, cookie = p.around("related"), p.around("aside"), p.around("cookie")
    foot = "".join(f'<p class="font_9">{text}</p>' for text in p.around("footer"))
    return cover(
        p,
        "",
        f"""<body class="responsive"><div id="SITE_CONTAINER"><div id="main_MF">
<div id="SITE_HEADER" class="xU8fqS SITE_HEADER wixui-header"><div class="ku3DBC">
<div id="comp-kx1" class="pQ4Rt"><ul class="n3zxB">{menu}</ul></div></div></div>
<div id="PAGES_CONTAINER"><div id="SITE_PAGES"><div class="HT5ybB"><div id="TPASection_a1">
<div class="blog-post-page-font"><div class="cT9Kd"><h1 class="blog-post-title-font">{p.headline()}</h1>
<div class="fTEXDR"><div class="rich-content-viewer">{"".join(body)}</div></div></div>
<div class="RqE7vz"><div class="Ld0aK">{related[0]}</div><div class="pFz3">{cards}</div></div></div></div>
<div class="comp-kx9"><p class="font_7">{aside[0]}</p><p class="font_8">{aside[1]}</p></div>
</div></div></div><div id="SITE_FOOTER" class="SITE_FOOTER wixui-footer">{foot}</div></div></div>
<div data-hook="consent-banner-root" class="vZ7Gw"><div><p>{cookie[0]}</p><p>{cookie[1]}</p>
<button>{cookie[2]}</button></div></div></body>""",
    )


def squarespace(p: Parts) -> str:
    """A blog post of Squarespace."""
    menu = links(p.around("menu"), '<div class="header-nav-item">{}</div>')
    posts = "".join(
        f'<div class="summary-item"><div class="summary-title"><a href="/p">{one}</a></div>'
        f'<div class="summary-excerpt"><p>{two}</p></div></div>'
        for one, two in (p.other(0, 2), p.other(1, 2))
    )
    related, aside, cookie = p.around("related"), p.around("aside"), p.around("cookie")
    said = "".join(f'<div class="comment-body"><p>{text}</p></div>' for text in p.other(2, 2))
    comments = p.around("comments")
    foot = "".join(
        f'<div class="sqs-block html-block sqs-block-html"><p>{text}</p></div>'
        for text in p.around("footer")
    )
    return cover(
        p,
        "",
        f"""<body id="collection-5f" class="view-item header-overlay-alignment-center">
<div id="siteWrapper" class="clearfix site-wrapper"><header id="header" class="header theme-col--primary">
<div class="header-announcement-bar-wrapper"><div class="header-inner">
<div class="header-nav"><div class="header-nav-list">{menu}</div></div></div></div></header>
<main id="page" class="container" role="main"><article class="sections" id="sections">
<section class="page-section full-bleed-section"><div class="content-wrapper"><div class="content">
<div class="blog-item-wrapper"><div class="blog-item-inner-wrapper"><div class="blog-item-top-wrapper">
<div class="blog-item-title"><h1 class="entry-title entry-title--large">{p.headline()}</h1></div></div>
<div class="blog-item-content-wrapper"><div class="blog-item-content e-content">
<div class="sqs-layout sqs-grid-12 columns-12"><div class="row sqs-row"><div class="col sqs-col-12">
<div class="sqs-block html-block sqs-block-html"><div class="sqs-block-content"><div class="sqs-html-content">
{plain_blocks(p)}</div></div></div>
<div class="sqs-block summary-v2-block"><h3>{related[0]}</h3>{posts}</div>
</div></div></div></div></div>
<section class="blog-item-comments"><div class="squarespace-comments"><h3>{comments[0]}</h3>{said}
<div class="new-comment-area"><p>{comments[1]}</p><p>{comments[2]}</p></div></div></section>
</div></div></div></div></section></article></main>
<section class="newsletter-block"><h2>{aside[0]}</h2><p>{aside[1]}</p></section>
<footer class="sections" id="footer-sections">{foot}</footer></div>
<div class="sqs-cookie-banner-v2"><p>{cookie[0]} {cookie[1]}</p><button>{cookie[2]}</button></div></body>""",
    )


def blogger(p: Parts) -> str:
    """A post of Blogger: text of one div, divided by line breaks."""
    body = []
    for kind, texts in p.blocks():
        if kind == "list":
            body.append("<ul>" + "".join(f"<li>{t}</li>" for t in texts) + "</ul>")
        elif kind == "table":
            pairs = zip(texts[::2], texts[1::2], strict=True)
            rows = "".join(f"<tr><td>{a}</td><td>{b}</td></tr>" for a, b in pairs)
            body.append(f'<table border="1"><tbody>{rows}</tbody></table>')
        elif kind == "pre":
            body.append("<pre>" + "\n\n".join(texts) + "</pre>")
        elif kind == "figure":
            body.append(
                '<table class="tr-caption-container"><tbody><tr><td><img src="c.jpg"></td></tr>'
                f'<tr><td class="tr-caption">{texts[0]}</td></tr></tbody></table>'
            )
        elif kind == "heading":
            body.append(f"<h2>{texts[0]}</h2>")
        else:
            body.append(f"{texts[0]}<br><br>")
    menu = links(p.around("menu"), "<li>{}</li>")
    archive = links(p.other(0, 1) + p.other(1, 1), "<li>{}</li>")
    aside, related, cookie = p.around("aside"), p.around("related"), p.around("cookie")
    said = "".join(
        f'<li class="comment"><div class="comment-block"><p class="comment-content">{text}</p></div></li>'
        for text in p.other(2, 2)
    )
    comments = p.around("comments")
    foot = "".join(f'<div class="widget Text">{text}</div>' for text in p.around("footer"))
    return cover(
        p,
        "",
        f"""<body class="loading"><div class="body-fauxcolumns"></div><div class="content">
<div class="cookie-choices-info"><span class="cookie-choices-text">{cookie[0]} {cookie[1]}</span>
<span class="cookie-choices-buttons"><a class="cookie-choices-button">{cookie[2]}</a></span></div>
<div class="content-inner"><div class="header-outer"><div class="tabs section" id="crosscol">
<div class="widget PageList" id="PageList1"><div class="widget-content"><ul>{menu}</ul></div></div></div></div>
<div class="main-outer"><div class="columns"><div class="column-center-outer"><div class="main section" id="main">
<div class="widget Blog" id="Blog1"><div class="blog-posts hfeed"><div class="date-outer">
<div class="post hentry uncustomized-post-template"><h3 class="post-title entry-title">{p.headline()}</h3>
<div class="post-body entry-content" id="post-body-1">{"".join(body)}<div style="clear: both;"></div></div>
</div></div></div>
<div class="comments" id="comments"><h4>{comments[0]}</h4><ol>{said}</ol>
<p>{comments[1]}</p><p>{comments[2]}</p></div></div></div></div>
<div class="column-right-outer"><div class="sidebar section" id="sidebar-right-1">
<div class="widget BlogArchive"><h2>{related[0]}</h2><ul class="posts">{archive}</ul></div>
<div class="widget HTML"><h2 class="title">{aside[0]}</h2><div class="widget-content">{aside[1]}</div></div>
</div></div></div></div><div class="footer-outer">{foot}</div></div></div></body>""",
    )


def drupal(p: Parts) -> str:
    """A node of Drupal."""
    menu = links(p.around("menu"), '<li class="menu-item">{}</li>')
    aside, related, cookie = p.around("aside"), p.around("related"), p.around("cookie")
    rows = "".join(
        f'<div class="views-row"><span class="field-content"><a href="/n">{one}</a></span>'
        f'<div class="views-field-body"><p>{two}</p></div></div>'
        for one, two in (p.other(0, 2), p.other(1, 2))
    )
    said = "".join(
        '<article class="comment js-comment"><div class="comment__content">'
        f'<div class="field field--name-comment-body field__item"><p>{text}</p></div></div></article>'
        for text in p.other(2, 2)
    )
    comments = p.around("comments")
    foot = "".join(f"<p>{text}</p>" for text in p.around("footer"))
    return cover(
        p,
        "",
        f"""<body class="path-node page-node-type-article layout-two-sidebars">
<div class="dialog-off-canvas-main-canvas"><div id="page-wrapper"><div id="page">
<header id="header" class="header" role="banner"><div class="region region-primary-menu">
<div role="navigation" class="block block-menu navigation menu--main"><ul class="menu">{menu}</ul></div>
</div></header>
<div id="main-wrapper" class="layout-main-wrapper"><div id="main" class="layout-main">
<main id="content" class="column main-content" role="main"><section class="section">
<div class="region region-content"><div id="block-page-title" class="block block-page-title-block">
<div class="content"><h1 class="title page-title"><span class="field field--name-title">{p.headline()}</span></h1>
</div></div><div id="block-content" class="block block-system-main-block"><div class="content">
<article data-history-node-id="7" class="node node--type-article node--view-mode-full clearfix">
<div class="node__content clearfix"><div class="clearfix text-formatted field field--name-body field__item">
{plain_blocks(p)}</div>
<section class="field field--name-comment field--type-comment comment-wrapper"><h2 class="title">{comments[0]}</h2>
{said}<h2 class="title comment-form__title">{comments[1]}</h2><form class="comment-form"><p>{comments[2]}</p>
</form></section></div></article></div></div></div></section></main>
<div id="sidebar-first" class="column sidebar"><div class="region region-sidebar-first">
<div class="views-element-container block"><h2>{related[0]}</h2>{rows}</div>
<div class="block block-block-content"><h2>{aside[0]}</h2><div class="content"><p>{aside[1]}</p></div></div>
</div></div></div></div><footer class="site-footer"><div class="layout-container">{foot}</div></footer></div></div></div>
<div id="sliding-popup" class="eu-cookie-compliance-banner"><div class="popup-content info">
<h2>{cookie[0]}</h2><p>{cookie[1]}</p><button>{cookie[2]}</button></div></div></body>""",
    )


def ghost(p: Parts) -> str:
    """A post of Ghost."""
    marks = {"figure": ' class="kg-card kg-image-card kg-card-hascaption"'}
    menu = links(p.around("menu"), '<li class="nav-item">{}</li>')
    cards = "".join(
        f'<article class="gh-card post"><a class="gh-card-link" href="/c"><h3 class="gh-card-title">{one}'
        f'</h3><p class="gh-card-excerpt">{two}</p></a></article>'
        for one, two in (p.other(0, 2), p.other(1, 2))
    )
    aside, related, cookie = p.around("aside"), p.around("related"), p.around("cookie")
    foot = "".join(f"<div>{text}</div>" for text in p.around("footer"))
    share = links(p.around("share"))
    comments = p.around("comments")
    return cover(
        p,
        "",
        f"""<body class="post-template tag-news is-head-left-logo"><div class="gh-viewport">
<header id="gh-head" class="gh-head outer"><div class="gh-head-inner"><nav class="gh-head-menu">
<ul class="nav">{menu}</ul></nav></div></header>
<main id="site-main" class="site-main"><article class="gh-article post tag-news">
<header class="gh-article-header gh-canvas"><h1 class="gh-article-title is-title">{p.headline()}</h1></header>
<section class="gh-content gh-canvas is-body">{plain_blocks(p, marks)}</section>
<div class="gh-article-share">{share}</div></article>
<section class="footer-cta outer"><div class="inner"><h2 class="footer-cta-title">{aside[0]}</h2>
<p class="footer-cta-text">{aside[1]}</p></div></section>
<div class="article-comments gh-canvas"><header><h3>{comments[0]}</h3></header><p>{comments[1]}</p>
<p>{comments[2]}</p></div></main>
<aside class="read-more-wrap outer"><h2>{related[0]}</h2><div class="read-more inner">{cards}</div></aside>
<footer class="site-footer outer"><section class="copyright">{foot}</section></footer></div>
<div class="cc-window cc-banner"><span class="cc-message">{cookie[0]} {cookie[1]}</span>
<div class="cc-compliance"><a class="cc-btn">{cookie[2]}</a></div></div></body>""",
    )


def joomla(p: Parts) -> str:
    """An article of Joomla."""
    menu = links(p.around("menu"), '<li class="nav-item">{}</li>')
    related, aside, cookie = p.around("related"), p.around("aside"), p.around("cookie")
    posts = links(p.other(0, 1) + p.other(1, 1), "<li>{}</li>")
    said = "".join(f'<div class="jcomment-item"><p>{t}</p></div>' for t in p.other(2, 2))
    foot = "".join(f'<div class="mod-custom custom"><p>{t}</p></div>' for t in p.around("footer"))
    return cover(
        p,
        "",
        f"""<body class="site com_content view-article"><div class="header container-header">
<div class="grid-child container-nav"><ul class="mod-menu nav">{menu}</ul></div></div>
<div class="site-grid"><div class="grid-child container-component"><div class="com-content-article item-page">
<div class="page-header"><h1>{p.headline()}</h1></div>
<div class="com-content-article__body">{plain_blocks(p)}</div>
<div class="jcomments"><h4>{p.around("comments")[0]}</h4>{said}</div></div></div>
<div class="grid-child container-sidebar-right"><div class="sidebar-right card"><h3>{related[0]}</h3>
<ul>{posts}</ul></div><div class="card"><h3>{aside[0]}</h3><p>{aside[1]}</p></div></div></div>
<div class="container-footer footer full-width">{foot}</div>
<div class="cookiehint"><p>{cookie[0]}</p><p>{cookie[1]}</p></div></body>""",
    )


def documentation(p: Parts) -> str:
    """A page of a documentation site."""
    menu = links(p.around("menu"), '<li class="toctree-l1">{}</li>')
    foot = "".join(f"<p>{t}</p>" for t in p.around("footer"))
    aside = p.around("aside")
    return cover(
        p,
        "",
        f"""<body><div class="wy-grid-for-nav"><nav class="wy-nav-side"><ul>{menu}</ul></nav>
<section class="wy-nav-content-wrap"><div class="rst-content"><div role="main" class="document">
<div itemprop="articleBody"><section id="a"><h1>{p.headline()}</h1>{plain_blocks(p)}</section></div></div>
<div class="admonition-newsletter sidebar"><p>{aside[0]}</p><p>{aside[1]}</p></div>
<footer>{foot}</footer></div></section></div></body>""",
    )


def bare(p: Parts) -> str:
    """Generated class names and a page of divs."""
    body = "".join(
        f'<div class="aB{i}x"><div>{"</div><div>".join(texts)}</div></div>'
        for i, (_, texts) in enumerate(p.blocks())
    )
    menu = links(p.around("menu"), '<div class="k2">{}</div>')
    cards = "".join(
        f'<div class="t8"><div>{t}</div></div>' for t in (*p.other(0, 1), *p.other(1, 1))
    )
    foot = "".join(f'<div class="z1">{t}</div>' for t in p.around("footer"))
    cookie, related = p.around("cookie"), p.around("related")
    return cover(
        p,
        "",
        f"""<body><div id="root"><div class="h7"><div class="n1">{menu}</div></div><div class="m4">
<div class="c9"><h1 class="q3">{p.headline()}</h1><div class="r5">{body}</div></div>
<div class="s6"><div class="w2">{related[0]}</div>{cards}</div></div><div class="f0">{foot}</div>
<div class="ck"><div>{cookie[0]}</div><div>{cookie[1]}</div></div></div></body>""",
    )


Template = Callable[[Parts], str]
KNOWN: tuple[Template, ...] = (wordpress, wix, squarespace, blogger, drupal, ghost)
DEVELOPED: tuple[Template, ...] = (joomla, documentation, bare)


def page(
    template: Template, language: str, texts: Sequence[str], others: Sequence[list[str]], seed: int
) -> SitePage:
    """A page of a text, its shape (lists, a table, a picture) drawn.

    Args:
        template: How the page is built.
        language: Of the text.
        texts: Headline and at least eight paragraphs.
        others: Three other texts of three paragraphs or more.
        seed: Of the draw.
    """
    draw = random.Random(seed)
    title, *rest = texts
    body: list[tuple[str, list[str]]] = []
    while rest:
        kind = draw.choice(["p", "p", "p", "p", "p", "heading", "list", "table", "pre", "quote"])
        count = {"list": 3, "table": 4, "pre": 2}.get(kind, 1)
        if len(rest) < count or not body:
            kind, count = "p", 1
        body.append((kind, list(rest[:count])))
        del rest[:count]
    body.insert(draw.randrange(1, len(body)), ("figure", []))
    parts = Parts(language, title, body, list(others))
    made = template(parts)
    below = [text for text in parts.article if text is not title]
    return SitePage(made, [title, *below], parts.rest)
