"""HTML and Markdown in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.names import TEXTS
from zendesk_handoff.domain.rich_text import MAX_MARKUP, html_to_text, markdown_to_text


@pytest.mark.parametrize(
    "markup, text",
    [
        (
            '<p>Read our <a href="https://help.example/returns">return policy</a>.</p>',
            "Read our return policy (https://help.example/returns).",
        ),
        ("<h1>Hello</h1><p>one<br>two</p><div>three</div>four", "Hello\none\ntwo\nthree\nfour"),
        ("<ul><li>a</li><li>b<ol start=3><li>c<li><p>d</p></ol></ul>", "- a\n- b\n  3. c\n  4. d"),
        ("<table><tr><td>a<td>b</tr><tr><td>c<td>d</table>", "a | b\nc | d"),
        ("<pre>a\n  b</pre>c", "a\n  b\nc"),
        ("a   b\n c&nbsp;&lt;b&gt; &amp; 1 < 2", "a b c <b> & 1 < 2"),
        ("<style>p{}</style>a<script>alert(1)</script>b<title>t</title>", "ab"),
        ('<img src="https://a.example/a.png" alt="A lid">', "A lid (https://a.example/a.png)"),
        ('<img src="https://a.example/a.png">', "https://a.example/a.png"),
        ('<img src="data:image/png;base64,AAAA" alt="A lid">', "A lid"),
        ('<a href="javascript:alert(1)">words</a>', "words"),
        ('<a href="mailto:a@b.example?subject=x">write</a>', "write (a@b.example)"),
        ('<a href="tel:+491">call</a>', "call (+491)"),
        ('<a href="https://a.example/">a.example</a>', "https://a.example/"),
        (
            '<a href="https://evil.example">https://bank.example</a>',
            "https://bank.example (https://evil.example)",
        ),
        (
            "<a href=https://a.example><p>one</p><p>two</p></a>three",
            "one\ntwo (https://a.example)\nthree",
        ),
        ('cut <a href="https://a.example">off', "cut off (https://a.example)"),
        ("<p dir=rtl>متى يصل طلبي</p>", "متى يصل طلبي"),
    ],
)
def test_html_in_words(markup, text):
    assert html_to_text(markup) == text


@pytest.mark.parametrize(
    "markdown, text",
    [
        (
            "See [our *policy*](https://a.example/b_(c)) now",
            "See our *policy* (https://a.example/b_(c)) now",
        ),
        ("![A lid](https://a.example/a.png 'x')", "A lid (https://a.example/a.png)"),
        ("[x](javascript:alert)", "x"),
    ],
)
def test_links_of_markdown_in_words(markdown, text):
    assert markdown_to_text(markdown) == text


@given(st.text(alphabet="<>/ab =\"'&;!-", max_size=200))
def test_no_markup_raises(markup):
    html_to_text(markup)
    markdown_to_text(markup)


@pytest.mark.parametrize("text", [text for text in TEXTS if "<" not in text and "&" not in text])
def test_plain_text_stays(text):
    assert html_to_text(text) == text


def test_markup_longer_than_any_that_is_documented_is_read_all_the_same():
    markup = "<p>a <b>b</b></p>" * MAX_MARKUP
    assert html_to_text(markup).split()[:4] == ["a", "b", "a", "b"]
