"""One question a file; each `measure(…)` returns a `Report`.

fanout.py   How much CPU time does one delivered frame cost, one and sixteen events outstanding?
idle.py     How much memory does one idle tab hold?
"""
