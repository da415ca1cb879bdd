"""Elements of a page: every text and attribute is escaped when they are written."""

from __future__ import annotations

from xml.etree import ElementTree

Element = ElementTree.Element


def element(tag: str, /, *content: Element | str, **attributes: object) -> Element:
    """Make an element.

    Args:
        tag: Of HTML or SVG.
        *content: Elements and texts, in order.
        **attributes: An underscore stands for a hyphen; one at the end is dropped (``class_``).
    """
    made = ElementTree.Element(
        tag, {key.rstrip("_").replace("_", "-"): str(value) for key, value in attributes.items()}
    )
    for each in content:
        if not isinstance(each, str):
            made.append(each)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + each
        else:
            made.text = (made.text or "") + each
    return made


def write(page: Element) -> str:
    """Write a page as HTML."""
    return f"<!DOCTYPE html>\n{ElementTree.tostring(page, encoding='unicode', method='html')}\n"
