"""Zephyr's channel state machine written down a second time, from the document and the header alone, without any of dmalab's tables.

Plain conditions on purpose: a fault in the table of the product must not come back here.
"""

from __future__ import annotations

CHANNELS = 8
OPS = ("config", "bad_config", "start", "stop", "suspend", "resume", "reload", "status", "request", "release", "filter")


class ReferenceChannel:
    """One channel: a word for its state, and whether somebody has it."""

    def __init__(self):
        self.state = "initial"
        self.taken = False

    def config(self):
        if self.state in ("running", "suspended"):
            return "EBUSY"
        self.state = "configured"
        return 0

    def bad_config(self):
        """A configuration with an empty block."""
        return "EBUSY" if self.state in ("running", "suspended") else "EINVAL"

    def start(self):
        if self.state == "initial":
            return "EINVAL"
        if self.state == "configured":
            self.state = "running"
        return 0

    def stop(self):
        if self.state != "initial":
            self.state = "configured"
        return 0

    def suspend(self):
        if self.state in ("initial", "configured"):
            return "EINVAL"
        self.state = "suspended"
        return 0

    def resume(self):
        if self.state in ("initial", "configured"):
            return "EINVAL"
        self.state = "running"
        return 0

    def reload(self):
        if self.state == "initial":
            return "EINVAL"
        return 0 if self.state == "configured" else "EBUSY"

    def status(self):
        return ("status", self.state in ("running", "suspended"))

    def finish(self):
        """Its list came to the end."""
        if self.state == "running":
            self.state = "configured"
            return True
        return False


class Reference:
    """A controller."""

    def __init__(self):
        self.channels = [ReferenceChannel() for _ in range(CHANNELS)]

    def call(self, op, channel, wanted=None):
        if op == "request":
            for number, one in enumerate(self.channels):
                if not one.taken and wanted in (None, number):
                    one.taken = True
                    return number
            return "EINVAL"
        if op == "filter":
            return int(0 <= channel < CHANNELS and wanted in (None, channel))
        if op == "release":
            if 0 <= channel < CHANNELS:
                self.channels[channel].taken = False
            return 0
        if not 0 <= channel < CHANNELS:
            return "EINVAL"
        return getattr(self.channels[channel], op)()
