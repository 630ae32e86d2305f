"""The hands: take work that is due, and do it.

router      pages through large audiences and large recalls, one atomic step per page
courier     sends texts and e-mails, lane by lane, again and again where they are not taken; writer: what they say
waiting     how both look for work
scheduler   withdraws broadcasts that expire, and forgets what accounts no longer keep (retention)

Imports core, engine, metrics. Any number of workers may run; the store hands out the work.
"""
