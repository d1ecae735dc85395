"""Findings and runs as data, and as text and JSON for people and tools."""
