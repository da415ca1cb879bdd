"""Hand a Rasa conversation to Zendesk agents, and take it back."""
