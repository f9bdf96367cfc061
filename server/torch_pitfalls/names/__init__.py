"""What a name refers to."""
