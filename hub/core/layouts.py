"""The two HTML layouts of a letter: one notification, and many summed up.

Made by hand from what every mail program shows: one column, no tables, no pictures, no script, a style sheet that
follows the reader's dark mode and is not needed to read. All text is escaped here; `html` alone is put in as it is,
and must have been cleaned before.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

_STYLE = """
:root { color-scheme: light dark; supported-color-schemes: light dark; }
body { margin: 0; padding: 24px 12px; background: #f3f4f6; color: #1f2430; font: 16px/1.5 system-ui, sans-serif; }
.page { max-width: 560px; margin: 0 auto; padding: 24px; background: #ffffff; border-radius: 8px; }
h1 { margin: 0 0 12px; font-size: 20px; line-height: 1.3; }
a { color: #1a56db; }
.open { display: inline-block; padding: 10px 18px; border-radius: 6px; background: #1a56db; color: #ffffff; }
.quiet { color: #5b6270; font-size: 13px; }
li { margin: 0 0 12px; }
@media (prefers-color-scheme: dark) {
  body { background: #14161b; color: #e6e8ee; }
  .page { background: #1f232b; }
  a { color: #8ab4ff; }
  .open { background: #8ab4ff; color: #14161b; }
  .quiet { color: #a2a9b8; }
}
"""


def notification_html(
    *, language: str, title: str, above: Iterable[str], body: str, html: str | None, button: str, foot: Iterable[str]
) -> str:
    """Lay out one notification; `above` are quiet lines over the title, `button` and `foot` are markup of ours."""
    # Pop-ups show a broken line as one; a mail program would run it into the next.
    inner = html.replace("\n", "<br>\n") if html else _lines(body)
    parts = [
        *(f'<p class="quiet">{escape(line)}</p>' for line in above),
        f"<h1>{escape(title)}</h1>",
        f"<div>{inner}</div>" if inner else "",
        f"<p>{button}</p>" if button else "",
    ]
    return _page(language, title, parts, foot)


def digest_html(*, language: str, title: str, rows: Iterable[tuple[str, str, str]], foot: Iterable[str]) -> str:
    """Lay out many notifications as a list of (title, first line, url)."""
    items = [f"<li>{_linked(name, url)}{f'<br>{escape(line)}' if line else ''}</li>" for name, line, url in rows]
    return _page(language, title, [f"<h1>{escape(title)}</h1>", "<ul>", *items, "</ul>"], foot)


def link(label: str, url: str, *, is_button: bool = False) -> str:
    """Write a link; the address must have been checked before."""
    look = ' class="open"' if is_button else ""
    return f'<a{look} href="{escape(url)}">{escape(label)}</a>'


def _linked(name: str, url: str) -> str:
    return link(name, url) if url else f"<strong>{escape(name)}</strong>"


def _lines(text: str) -> str:
    paragraphs = (part for part in text.split("\n\n") if part.strip())
    return "".join(f"<p>{'<br>'.join(escape(line) for line in part.splitlines())}</p>" for part in paragraphs)


def _page(language: str, title: str, parts: Iterable[str], foot: Iterable[str]) -> str:
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
    )
    lines = "\n".join((*(part for part in parts if part), *(f'<p class="quiet">{line}</p>' for line in foot)))
    return (
        f'<!doctype html>\n<html lang="{language}"><head>{head}</head>\n'
        f'<body><div class="page" dir="auto">\n{lines}\n</div></body></html>\n'
    )
