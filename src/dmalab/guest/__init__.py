"""C firmware: build, process, protocol, and the machine's side of every call."""
