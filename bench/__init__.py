"""The benchmark room: what one delivered frame and one idle tab cost, beside two other servers.

`python -m bench fanout`   CPU time per delivered frame, one and sixteen events outstanding
`python -m bench idle`     memory per idle tab

scenarios/   one question a file, and the rounds that answer it
peers/       the same work on three servers: the hub, uWebSockets.js, plain Starlette
bus.py       the message pages that every peer receives, and the publisher
store.py     the Valkey or Redis that all peers share
swarm.py     many tabs in one epoll loop (tab.py: one of them)
measure.py   CPU time and memory of processes from /proc, and pinning to cores
report.py    ratios per round, medians, tables, the files in results/
machine.py   the machine in neutral words

Servers run on core 0; the store, the swarm and the publisher on core 1. Nothing here is imported by `hub`.
"""
