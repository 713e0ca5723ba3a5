"""Pages in the markup of eight more site builders.

Webflow, HubSpot, TYPO3, Shopify and Substack showed what the rules still lacked; Jimdo, Webnode and
Medium were written last and are reported on.
"""

from __future__ import annotations

from tests.support.site_pages import Parts, Template, cover, links, plain_blocks


def webflow(p: Parts) -> str:
    """A collection page of Webflow, its related posts in a list of the article's own section."""
    menu = "".join(f'<a href="#" class="nav-link w-nav-link">{one}</a>' for one in p.around("menu"))
    cards = "".join(
        '<div role="listitem" class="w-dyn-item"><a href="/b" class="blog-card w-inline-block">'
        f'<h3 class="card-heading">{one}</h3><p class="card-text">{two}</p></a></div>'
        for one, two in (p.other(0, 2), p.other(1, 2), p.other(2, 2))
    )
    related, aside, cookie = p.around("related"), p.around("aside"), p.around("cookie")
    foot = "".join(f'<div class="text-block-9">{text}</div>' for text in p.around("footer"))
    share = links(p.around("share"))
    return cover(
        p,
        "",
        f"""<body class="body"><div data-collapse="medium" class="navbar w-nav"><div class="container w-container">
<div role="navigation" class="nav-menu w-nav-menu">{menu}</div></div></div>
<div class="section"><div class="container-7 w-container"><h1 class="heading-12">{p.headline()}</h1>
<div class="rich-text-block w-richtext">{plain_blocks(p)}</div><div class="social-row">{share}</div>
<div class="text-block-4">{related[0]}</div>
<div class="w-dyn-list"><div role="list" class="w-dyn-items w-row">{cards}</div></div></div></div>
<div class="cta-section"><div class="w-container"><h2>{aside[0]}</h2><p>{aside[1]}</p></div></div>
<div class="fs-cc-banner_component"><div class="fs-cc-banner_text">{cookie[0]} {cookie[1]}</div>
<a class="fs-cc-banner_button">{cookie[2]}</a></div>
<div class="section-12 wf-section"><div class="w-container">{foot}</div></div></body>""",
    )


def hubspot(p: Parts) -> str:
    """A post of HubSpot's blog."""
    menu = links(p.around("menu"), '<li class="hs-menu-item hs-menu-depth-1">{}</li>')
    posts = "".join(
        f'<article class="blog-index__post"><h2><a href="/p">{one}</a></h2><p>{two}</p></article>'
        for one, two in (p.other(0, 2), p.other(1, 2))
    )
    related, aside, cookie = p.around("related"), p.around("aside"), p.around("cookie")
    comments = p.around("comments")
    foot = "".join(f"<p>{text}</p>" for text in p.around("footer"))
    said = "".join(f'<div class="comment-body">{text}</div>' for text in p.other(2, 2))
    return cover(
        p,
        "",
        f"""<body class="hs-content-id-1 hs-blog-post hs-blog-id-2"><div class="body-wrapper">
<div data-global-resource-path="t/header.html"><header class="header"><div class="hs_cos_wrapper_widget">
<ul role="menu">{menu}</ul></div></header></div>
<main id="main-content" class="body-container-wrapper"><div class="body-container body-container--blog-post">
<div class="content-wrapper"><article class="blog-post"><h1 class="blog-post__title">{p.headline()}</h1>
<div class="blog-post__body"><span class="hs_cos_wrapper" data-hs-cos-type="rich_text">{plain_blocks(p)}</span></div>
</article><div class="blog-more"><h3>{related[0]}</h3>{posts}</div>
<div class="blog-comments"><h3>{comments[0]}</h3>{said}<p>{comments[1]}</p><p>{comments[2]}</p></div>
</div></div></main><div class="hs-cta-embed"><h4>{aside[0]}</h4><p>{aside[1]}</p></div>
<div data-global-resource-path="t/footer.html"><footer class="footer">{foot}</footer></div></div>
<div id="hs-eu-cookie-confirmation"><p>{cookie[0]} {cookie[1]}</p><a id="hs-eu-confirmation-button">{cookie[2]}</a>
</div></body>""",
    )


def typo3(p: Parts) -> str:
    """A news record of TYPO3, teasers of others in the same column, no class that tells them."""
    menu = links(p.around("menu"), '<li class="level-1">{}</li>')
    rows = "".join(
        f'<div class="frame frame-layout-0"><h4><a href="/n">{one}</a></h4><div class="bodytext"><p>{two}</p>'
        "</div></div>"
        for one, two in (p.other(0, 2), p.other(1, 2))
    )
    related, aside, cookie = p.around("related"), p.around("aside"), p.around("cookie")
    foot = "".join(
        f'<div class="frame frame-type-text"><p>{t}</p></div>' for t in p.around("footer")
    )
    return cover(
        p,
        "",
        f"""<body id="p7" class="page-7 pagelevel-2"><div class="body-bg"><header id="page-header"><div class="container">
<div class="mainnavigation"><ul>{menu}</ul></div></div></header>
<div id="page-content" class="main-section"><div class="section section-default"><div class="container">
<div class="section-row"><div class="section-column maincontent-wrap">
<div class="news news-single"><div class="article"><div class="header"><h1>{p.headline()}</h1></div>
<div class="news-text-wrap">{plain_blocks(p)}</div></div></div>
<div class="frame-group"><h3>{related[0]}</h3>{rows}</div></div>
<div class="section-column subcontent-wrap"><h4>{aside[0]}</h4><p>{aside[1]}</p></div></div></div></div></div>
<footer id="page-footer">{foot}</footer></div>
<div class="cookieconsent-wrap"><p>{cookie[0]} {cookie[1]}</p><button>{cookie[2]}</button></div></body>""",
    )


def shopify(p: Parts) -> str:
    """An article of a Shopify store's blog."""
    menu = links(p.around("menu"), '<li class="header__menu-item">{}</li>')
    cards = "".join(
        '<div class="article-card-wrapper card-wrapper"><div class="card__content"><h3 class="card__heading">'
        f'<a href="/b">{one}</a></h3><p class="article-card__excerpt">{two}</p></div></div>'
        for one, two in (p.other(0, 2), p.other(1, 2), p.other(2, 2))
    )
    related, aside, cookie = p.around("related"), p.around("aside"), p.around("cookie")
    foot = "".join(
        f'<small class="copyright__content">{text}</small>' for text in p.around("footer")
    )
    comments = p.around("comments")
    return cover(
        p,
        "",
        f"""<body class="gradient"><div id="shopify-section-header" class="shopify-section-group-header-group">
<div class="header-wrapper"><header class="header"><ul class="list-menu" role="list">{menu}</ul></header></div></div>
<main id="MainContent" class="content-for-layout"><section id="shopify-section-t" class="shopify-section">
<article class="article-template"><header class="page-width"><h1 class="article-template__title">{p.headline()}</h1>
</header><div class="article-template__content page-width rte">{plain_blocks(p)}</div>
<div class="article-template__comment-wrapper"><h2>{comments[0]}</h2><p>{comments[1]}</p><p>{comments[2]}</p></div>
</article></section><section class="shopify-section"><div class="page-width-desktop"><h2 class="title">{related[0]}</h2>
<div class="blog__posts">{cards}</div></div></section></main>
<div class="newsletter"><h2>{aside[0]}</h2><p>{aside[1]}</p></div><div class="footer">{foot}</div>
<div id="shopify-pc__banner"><p>{cookie[0]} {cookie[1]}</p><button>{cookie[2]}</button></div></body>""",
    )


def substack(p: Parts) -> str:
    """A post of Substack: class names made by a program around a readable few."""
    menu = "".join(
        f'<div class="pencraft pc-1"><a href="/">{one}</a></div>' for one in p.around("menu")
    )
    posts = "".join(
        f'<div class="pencraft pc-display-flex row-x2"><a class="title-x1" href="/p">{one}</a><div class="reset-3">'
        f"{two}</div></div>"
        for one, two in (p.other(0, 2), p.other(1, 2))
    )
    related, aside, cookie = p.around("related"), p.around("aside"), p.around("cookie")
    said = "".join(f'<div class="comment-content"><p>{text}</p></div>' for text in p.other(2, 2))
    comments, foot = p.around("comments"), "".join(f"<div>{t}</div>" for t in p.around("footer"))
    share = links(p.around("share"), '<div class="pencraft pc-2">{}</div>')
    return cover(
        p,
        "",
        f"""<body><div id="entry"><div id="main" class="main typography"><div class="main-menu">{menu}</div>
<div class="single-post-container"><div class="container"><div class="single-post"><article class="newsletter-post post">
<div class="post-header"><h1 class="post-title published">{p.headline()}</h1></div>
<div class="available-content"><div class="body markup" dir="auto">{plain_blocks(p)}</div></div>
<div class="post-footer">{share}</div></article>
<div class="subscribe-widget"><p>{aside[0]}</p><p>{aside[1]}</p></div>
<div class="discussion"><h4>{comments[0]}</h4>{said}<p>{comments[1]}</p><p>{comments[2]}</p></div>
<div class="portable-archive"><h4>{related[0]}</h4>{posts}</div></div></div></div>
<div class="footer-wrap">{foot}</div></div></div>
<div class="cookieBanner-9"><div>{cookie[0]} {cookie[1]}</div><button>{cookie[2]}</button></div></body>""",
    )


def jimdo(p: Parts) -> str:
    """A page of Jimdo: every block of the article is a module of its own."""
    menu = links(p.around("menu"), '<li class="cc-nav-view-1 jmd-nav__list-item-0">{}</li>')
    body = "".join(
        f'<div class="j-module n j-{"header" if part.startswith("<h2") else "text"}">{part}</div>'
        for part in plain_blocks(p).split("\n<")
        for part in [part if part.startswith("<") else f"<{part}"]
    )
    cells = "".join(
        '<div class="cc-m-hgrid-column"><div class="j-module n j-imageSubtitle"><figure class="cc-imagewrapper">'
        f'<a href="/p"><img src="a.jpg"></a></figure></div><h3><a href="/p">{one}</a></h3><p>{two}</p></div>'
        for one, two in (p.other(0, 2), p.other(1, 2))
    )
    related, aside, cookie = p.around("related"), p.around("aside"), p.around("cookie")
    foot = "".join(f'<div class="leftrow">{text}</div>' for text in p.around("footer"))
    return cover(
        p,
        "",
        f"""<body class="body cc-page j-m-flash-styles"><div id="cc-inner" class="cc-content-parent"><div class="jtpl-main">
<div class="jtpl-topbar-section"><ul class="cc-nav-level-0">{menu}</ul></div>
<div class="jtpl-section"><div class="jtpl-content content-options"><div id="content_area">
<div id="cc-matrix-1"><div class="j-module n j-header"><h1>{p.headline()}</h1></div>{body}
<div class="j-module n j-header"><h2>{related[0]}</h2></div><div class="j-module n j-hgrid">{cells}</div></div></div></div></div>
<div class="jtpl-sidebar"><div class="j-module n j-text"><p>{aside[0]}</p><p>{aside[1]}</p></div></div>
<div class="jtpl-footer-section">{foot}</div></div></div>
<div class="cookie-settings-banner"><p>{cookie[0]} {cookie[1]}</p><button>{cookie[2]}</button></div></body>""",
    )


def webnode(p: Parts) -> str:
    """A post of Webnode: sections and wrappers named by letters."""
    menu = "".join(
        f'<li><a class="menu-item" href="/"><span>{one}</span></a></li>' for one in p.around("menu")
    )
    cards = "".join(
        f'<div class="item"><div class="b-e"><div class="b-e-t"><a href="/l">{one}</a></div>'
        f'<div class="b-e-d">{two}</div></div></div>'
        for one, two in (p.other(0, 2), p.other(1, 2), p.other(2, 2))
    )
    related, aside, cookie = p.around("related"), p.around("aside"), p.around("cookie")
    foot = "".join(f'<div class="b b-text"><p>{text}</p></div>' for text in p.around("footer"))
    share = links(p.around("share"), '<div class="b-soc">{}</div>')
    return cover(
        p,
        "",
        f"""<body class="l wt-page ac-h ac-i"><div class="l-page l-page-03"><div class="l-menu cf"><ul class="menu level-1">
{menu}</ul></div><div class="l-main"><div class="l-main-in"><div class="s s-bdh"><div class="s-w"><div class="s-o">
<div class="s-c s-c-s"><h1 class="s-bdh-t">{p.headline()}</h1></div></div></div></div>
<div class="s s-basic cf"><div class="s-w"><div class="s-c"><div class="b b-text b-s">{plain_blocks(p)}</div>{share}</div>
<div class="s-c"><div class="b-t-c">{related[0]}</div><div class="b-l">{cards}</div></div></div></div>
<div class="s s-hc"><div class="s-w"><h2>{aside[0]}</h2><p>{aside[1]}</p></div></div></div></div>
<div class="l-footer cf">{foot}</div></div>
<div class="cb cb-bottom"><div class="cb-text">{cookie[0]} {cookie[1]}</div><button>{cookie[2]}</button></div></body>""",
    )


def medium(p: Parts) -> str:
    """A story of Medium: names made by a program, in the element ``article``."""
    menu = "".join(
        f'<div class="ab q ez"><a class="af ag" href="/">{one}</a></div>'
        for one in p.around("menu")
    )
    cards = "".join(
        f'<div class="l c"><div class="ab kz"><a class="af" href="/s"><h2 class="be gg">{one}</h2><div class="h k">'
        f'<h3 class="be b bf">{two}</h3></div></a></div></div>'
        for one, two in (p.other(0, 2), p.other(1, 2))
    )
    related, aside, cookie = p.around("related"), p.around("aside"), p.around("cookie")
    comments, foot = (
        p.around("comments"),
        "".join(f'<p class="be z">{t}</p>' for t in p.around("footer")),
    )
    said = "".join(
        f'<div class="l fw"><pre class="ub uc">{text}</pre></div>' for text in p.other(2, 2)
    )
    share = links(p.around("share"), '<div class="bm">{}</div>')
    return cover(
        p,
        "",
        f"""<body><div id="root"><div class="a b c"><div class="d e f"><div class="g h">{menu}</div></div>
<div class="l"><article><div class="l"><section><div class="gn go gp"><div class="ab cb"><div class="ci bh">
<h1 class="pw-post-title">{p.headline()}</h1>{plain_blocks(p)}</div></div></div></section></div></article></div>
<div class="ab kp">{share}</div><div class="sx sy"><h2 class="be">{comments[0]}</h2>{said}<p>{comments[1]}</p>
<p>{comments[2]}</p></div><div class="ta tb"><h2 class="be nq">{related[0]}</h2><div class="tc">{cards}</div></div>
<div class="td"><h2>{aside[0]}</h2><p>{aside[1]}</p></div><div class="l fo">{foot}</div></div></div>
<div class="te"><p>{cookie[0]} {cookie[1]}</p><button>{cookie[2]}</button></div></body>""",
    )


FRESH: tuple[Template, ...] = (webflow, hubspot, typo3, shopify, substack)
REPORTED: tuple[Template, ...] = (jimdo, webnode, medium)
