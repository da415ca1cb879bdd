"""Folders of CALM bots as plain data: they need no Rasa Pro."""

from __future__ import annotations

CONFIG = """\
recipe: default.v1
language: de
assistant_id: shop  # stays

pipeline:
# the bot's own
- name: SearchReadyLLMCommandGenerator
  llm:
    model_group: gpt
policies:
- name: FlowPolicy
"""
ENDPOINTS = 'action_endpoint:\n  actions_module: "actions"\n\nmodel_groups:\n- id: gpt\n'
CREDENTIALS = "rest:\n"
FLOWS = """\
flows:
  return_order:
    description: Return an order.
    steps:
      - collect: reason
        next:
          - if: slots.reason is "broken"
            then:
              - action: action_refund
                next: END
          - else:
              - link: pattern_human_handoff
"""
DOMAIN = """\
version: "3.1"

slots:
  reason:
    type: text   # free
    mappings:
    - type: from_llm

actions:
- action_refund
"""
BOT = {
    "config.yml": CONFIG,
    "endpoints.yml": ENDPOINTS,
    "credentials.yml": CREDENTIALS,
    "data/flows.yml": FLOWS,
    "domain.yml": DOMAIN,
    "actions/__init__.py": "",
}
RIVAL = """\
from rasa_sdk import Action


class ActionHumanHandoff(Action):
    def name(self) -> str:
        return "action_human_handoff"
"""
#: The bot, with a domain in a folder.
IN_FOLDERS = {
    **{name: text for name, text in BOT.items() if name != "domain.yml"},
    "domain/shop.yml": DOMAIN,
}


def with_files(**files: str | None) -> dict[str, str]:
    """The bot with other files; ``None`` leaves one out. Write ``/`` as ``__`` and no ``.yml``."""
    named = {f"{name.replace('__', '/')}.yml": text for name, text in files.items()}
    return {name: text for name, text in {**BOT, **named}.items() if text is not None}
