import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outputs.publish.page_html import page_html


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One.", "<p>One.</p>"),
        ("One.\n\nTwo.", "<p>One.</p>\n<p>Two.</p>"),
        ("One\ntwo", "<p>One<br>two</p>"),
        ("Facts:\n- light\n- red", "<p>Facts:</p>\n<ul><li>light</li><li>red</li></ul>"),
        ("A < B & C", "<p>A &lt; B &amp; C</p>"),
    ],
)
def test_plain_copy_becomes_a_page(text, expected):
    assert page_html(text) == expected


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1))
def test_no_text_is_lost_or_taken_for_a_tag(text):
    assert html.unescape(re.sub(r"</?(?:p|br|ul|li)>", "", page_html(text))) == text
