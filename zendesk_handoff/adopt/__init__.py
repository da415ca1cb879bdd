"""The plugin's lines in the files of a bot: put in, and taken out again.

`lines` has the text and its edits, one module for each kind of file makes them, `plan` gathers
them for a folder, `files` writes all of them or none, and `record` remembers them for the way back.
"""
