"""What happens when the code runs."""
