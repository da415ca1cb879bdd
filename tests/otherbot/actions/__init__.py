"""The actions that this bot had before."""

from .books import ActionFindBook as ActionFindBook
