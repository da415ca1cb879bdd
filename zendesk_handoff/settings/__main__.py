"""``python -m zendesk_handoff.settings``: print the documentation's table of all settings."""

import sys

from zendesk_handoff.settings import Settings, markdown_table

sys.stdout.write(markdown_table(Settings))
