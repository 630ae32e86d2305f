"""The memory of the hub: everything that is kept, and the single atomic step per account in which things happen.

connection   the one way to the store: joined calls, durability, what is repeated and what is not
keys         every key and channel, on one page
functions/   the atomic operations, one Lua file each
log          the numbered logs: append, dismiss, read, archive, what a tab missed; happenings: what is appended
tabs         the registry of open tabs, election, offers, leases
views        log-in-as sessions: the target's log as one actor sees it
doorbells    the bus: channels, probes, and the messages on it
directory    who and what exists: accounts, people (roster joins what they chose), rooted objects, producer keys;
             documents: what these share; replica keeps them current in a process
intentions   what takes several steps, written down so that it is finished whoever dies with it
audit        who did what that others should be able to find out
identity     whom the hub trusts; clock: business time; idempotency: one answer per key; limits: requests a minute
queue        durable work with leases; plans: large audiences under way, over any accounts
lanes        what waits to be sent, for each that it goes to; couriers: which account has something in its lanes
deliveries   texts and e-mails: what waits for whom, what became of it, dead letters; reports: what a provider says
             of them later; standing: whether all are found by how they stand
summaries    the daily cap: what was counted, and what waits for the summary
webhooks     their documents and how they fare; messages: what they are told; listening: which accounts they hear
broadcasts   what was sent to many: receipts, recipients, recall, expiry
erasure      what a user, or an account, leaves behind
rows         what the Functions answer, decoded
embedded     a Valkey of the hub's own

Imports core only.
"""
