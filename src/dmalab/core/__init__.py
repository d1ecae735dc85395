"""The machine. Knows no vendor and no rule."""
