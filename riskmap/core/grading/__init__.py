"""The grading arithmetic: numpy in, numpy out; no file, clock, database or network.

method → sources (what a record weighs) → ground (cells, fragments, people) → hazard, coping, risk (a cell) → district → shown.
`engine.Engine` holds the state of one day and moves it by exact integer differences; card, firmness, whatif, downgrade and
difference read it.
"""
