"""What the server offers, one module for each part. Each has ``register(server)``."""
