"""Shapes: chunks, trees, units and comments. No meaning yet."""
