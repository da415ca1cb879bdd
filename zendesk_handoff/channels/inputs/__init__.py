"""Channels in place of Rasa's of the same name, which read what Rasa's leave out."""
