"""What torch does: data only, no analysis."""
