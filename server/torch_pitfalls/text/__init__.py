"""Characters: positions, line tables and edits. Nothing here knows Python."""
