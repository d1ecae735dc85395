"""What can go wrong: rules turn the core's events into findings."""
