"""When is DMA worth it? Predicted times of SPI transactions and copies, and how much of them the core is busy.

    table.py       rows and plans, break-even sizes
    spi.py         transactions, from `core.spi_cost`, which the drivers charge too
    copy.py        copies by the core, as compiled code on the machine is charged, and by an engine, run on a machine
    published.py   the predictions beside what others measured
    page.py        a plan as text and as a picture
    cli.py         the commands

Not predicted: contention with the rest of the program, flash stalls, task switches to others. Nothing is imported here: the command
line's start must not wait for the machine.
"""
