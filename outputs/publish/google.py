"""The supplemental source for Google Merchant Center, with the disclosure that a model wrote the texts.

Source: support.google.com/merchants/answer/6324468 and 14998273, and Google's formatting rules for `structured_title`
as swipeinsight quotes them, read 2026-11 in stored copies: texts of generative AI go to `structured_title` and
`structured_description`, in text files as `trained_algorithmic_media:"text"`; the quotation marks surround a text with
colons or quotation marks, and one within it is doubled (14998273, which also wants a product on one line, without
further tabs and line breaks). Plain `title` or `description` wins where it is sent too (feedarmy).
"""

from __future__ import annotations

from outputs.publish.layout import Headers, Target, TargetColumn, header_only

_DISCLOSURE = "trained_algorithmic_media"


def _disclosed(text: str) -> str:
    return '{}:"{}"'.format(_DISCLOSURE, " ".join(text.split()).replace('"', '""'))


def _lay_out(_headers: Headers) -> tuple[TargetColumn, ...]:
    return (
        TargetColumn(header="id", source=("id", "g:id"), is_key=True),
        TargetColumn(header="structured_title", role="title", limit="google-title", encode=_disclosed),
        TargetColumn(
            header="structured_description", role="description", limit="google-description", encode=_disclosed
        ),
    )


GOOGLE = Target(
    name="google-supplemental",
    label="Google Merchant Center",
    extension=".tsv",
    delimiter="\t",
    lay_out=_lay_out,
    blank_erases=False,
    lead_row_only=False,
    advice=(
        "In Merchant Center, add it as a supplemental source; a plain title or description that the main source sends "
        "for the same ids wins over it, so take those out there."
    ),
    head=header_only,
)
