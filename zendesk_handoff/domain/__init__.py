"""Pure data and functions without I/O: sessions, messages, dialogues, texts."""
