"""The published site, built from executed notebooks."""
