"""Importer for ``config.yml``, from which a bot gets everything that a handover needs."""

from zendesk_handoff.bounds import check_bounds, require

require("rasa", extra="rasa", by=__name__)
check_bounds()

from zendesk_handoff.importer.collisions import Collision
from zendesk_handoff.importer.files import bot_files
from zendesk_handoff.importer.importer import HandoffImporter

__all__ = ["Collision", "HandoffImporter", "bot_files"]
