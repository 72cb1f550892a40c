"""What the box remembers over a restart: small documents, written whole or not at all."""
