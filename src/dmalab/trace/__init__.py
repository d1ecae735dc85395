"""What happened when, for people to look at: a recorder, the timeline it makes, and the files other viewers read.

`recorder` listens to a machine and writes down compact rows; `timeline` is the result, which travels in a `RunReport`;
`perfetto` and `vcd` write it in the formats of the Perfetto UI and of waveform viewers. A machine that is not traced
has no recorder: nobody subscribes, nothing is built.
"""
