"""Plain copy as the simple HTML of a product page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from outputs.publish.layout import Pieces

_BULLET = re.compile(r"\s*[-*•–·]\s+")
_PARAGRAPHS = re.compile(r"\n\s*\n")


def description_html(pieces: Pieces) -> str:
    """Give the description as HTML, the bullets below it as a list; copy that is HTML already stays as it is."""
    description, bullets = pieces["description"], pieces.get("bullets")
    blocks = [description.text if description.is_html else page_html(description.text)]
    if bullets and bullets.texts:
        blocks.append(_list(bullets.texts))
    return "\n".join(blocks)


def page_html(text: str) -> str:
    """Give paragraphs and lists; a line break within a paragraph stays one."""
    return "\n".join(block for part in _PARAGRAPHS.split(text.strip()) for block in _blocks(part.splitlines()))


def _blocks(lines: Sequence[str]) -> Iterator[str]:
    for is_list, group in groupby(lines, key=lambda line: bool(_BULLET.match(line))):
        if is_list:
            yield _list([_BULLET.sub("", line, count=1) for line in group])
        else:
            yield f"<p>{'<br>'.join(_escaped(line.strip()) for line in group)}</p>"


def _list(texts: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{_escaped(text)}</li>' for text in texts)}</ul>"


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)
