"""The hands: take work that is due, and do it.

router      pages through large audiences and large recalls, one atomic step per page
courier     sends texts and e-mails, lane by lane, again and again where they are not taken; summing: what was too much
            for a day; reader: who they are for; writer: what they say; post: how they are handed over
webhooks    tells webhooks what happened; keeper keeps what is said about them true
desk        what all who work lanes share; waiting: how all look for work; rounds: what is looked for every so often
scheduler   withdraws broadcasts that expire, and forgets what accounts no longer keep (retention)

Imports core, engine, metrics. Any number of workers may run; the store hands out the work.
"""
