"""The bot's actions before the plugin is added."""

from .books import ActionFindBook as ActionFindBook
