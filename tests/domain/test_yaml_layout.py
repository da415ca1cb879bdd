"""Additions to YAML files, which leave every other line as it is."""

from __future__ import annotations

import pytest

from zendesk_handoff.domain.yaml_layout import with_entries


@pytest.mark.parametrize("head", ["", "---\n", "# c\n\n---  # d\n", "%YAML 1.2\n---\n"])
@pytest.mark.parametrize("tail", ["", "...\n", "...  # d\n# c\n\n"])
def test_what_stands_around_a_document_stays(head, tail):
    own = "actions:\n- 'a'  # b\ntext: |\n  ---\n  ...\n"
    changed = own.replace("text:", "- c\ntext:")
    assert with_entries(f"{head}{own}{tail}", {"actions": ["c"]}) == f"{head}{changed}{tail}"


@pytest.mark.parametrize(
    ("text", "more"),
    [("a: [1]\n", {"a": {"b": 1}}), ("a: {b: 1}\n", {"a": [1]}), ("a: text\n", {"a": [1]})],
)
def test_values_of_two_kinds_are_not_joined(text, more):
    with pytest.raises(TypeError, match="something else than a"):
        with_entries(text, more)
