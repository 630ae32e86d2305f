"""Every key and channel of the hub, on one page.

A name is ``{prefix}:{{slot}}:{kind}[:{id}]``; the slot stands in literal braces, so that a cluster keeps together
what one Function call touches. The kind comes before the id, so no id can be taken for a kind.

====================  ==========  ==========================================  ================  =====================
account slot          type        holds                                       written by        read by
====================  ==========  ==========================================  ================  =====================
leases                hash        gateway -> its lease's end, ms              attach, renew     every election
notifications         hash        base -> shared body and reasons             append            attach, inbox, missed
ages                  sorted set  base and event id by business time, ms      append            sweep
events                hash        event id -> digest and stored answer        append            append
receipts              hash        <base>:delivered, shown, dismissed,         append, shown,    broadcasts
                                  emailed -> how many, of what is counted     mark, settle_…
recalls               hash        base of what is withdrawn -> 1              broadcasts        append
broadcasts            hash        id -> document                              append,           broadcasts
                                                                              broadcasts
reasons               set         every reason code in decisions              append            erasure
decisions:<base>      sorted set  user and reason by place in the audience    append            api, broadcasts
deliveries:<base>     hash        place in the audience and channel -> what   append, take_…,    api, courier
                                  became of a text or e-mail; @user -> place  settle_…
lane:<channel>:<id>   sorted set  what waits for a user, by due ms            append, settle_…    courier
lanes:<channel>       sorted set  user -> when their lane has something due   append, next_in_…   courier
lane-leases:<channel> hash        user -> who is at their lane, until when    claim_lanes         courier
lane-holds:<channel>  hash        user -> until when their lane waits         settle_delivery     courier
states                sorted set  channel, state and notification of every    append, take_…,    api
                                  delivery that did not fail                  settle_…
dead                  sorted set  deliveries that were given up, by ms        settle_delivery     api
letters:<id>          hash        type -> e-mails of it today, and how its    count_letter,       courier
                                  summary fares                               …_summary
capped:<id>           sorted set  type and notification of what waits for a   count_letter,       courier
                                  summary                                     …_capped
plan:<base>           hash        number of a page still to append -> page    plans             plans
burst:<line>:<number> string      when its latest texts were sent, ms; kept   append            append
                                  for an hour after the last came
hooks                 hash        webhook -> the events it listens to here    listen            append, mark, …
hooks:version         string      up to which change of the accounts and of   listen            listen
                                  the webhooks `hooks` is true
messages              sorted set  webhook and number of what it is told       append, mark, …   webhooks
messages:facts        hash        the same -> what happened, and attempts     append, mark, …   webhooks
messages:dropped      hash        webhook -> for how many there was no room   append, mark, …   webhooks
messages:dead         sorted set  the same of what was given up               settle_message    replay
hook-health           hash        own webhook -> since when it takes nothing  note_attempt      api
hook-attempts:<hook>  list        its newest 200 attempts                     note_attempt      api
users, contacts, …    hash        id -> document                              put               directory
users:changes, …      sorted set  id by number of its last change, and up to  put,              changed
                                  which number removals are forgotten         forget_removed
contacts:index        sorted set  account and id, in their order              put               directory
audit                 sorted set  record id and record, in the order of time  audit             audit
preferences           hash        user -> what they chose                     put               preferences
user:<id>             hash        epoch, seq, rev, gen, elected, open tabs,   every operation   every operation
                                  ended
user:<id>#<actor>     hash        the same of a log-in-as session             attach, look      every operation
log:<id>              list        the newest 300 changes                      append, mark      attach, missed
inbox:<id>            sorted set  notification ids by seq, not archived       append, mark      inbox, attach
unread:<id>           sorted set  the unread among them                       append, mark      every operation
archive:<id>          sorted set  the archived ones                           mark              inbox
entries:<id>          hash        notification id -> seq, reason, time,       append, shown,    every operation
                                  and if it is counted channel, receipts      mark
popups:<id>           sorted set  open pop-ups by the ms they close           append            attach, report, offer
offers:<id>           sorted set  unanswered offers by deadline, ms           append, settle    offer
offers:<id>#<actor>   sorted set  the same of a log-in-as session             look, settle      offer, look
away:<id>#<actor>     hash        what a log-in-as session put away, and how  put_away, faded   attach, look
====================  ==========  ==========================================  ================  =====================

Other slots begin with ``#``, which no id holds: ``{#directory}`` (accounts and their defaults, the index of users,
producer keys, webhooks; ``left:<user>``: the accounts that they moved away from; what is intended and not finished,
with who is at it: ``unfinished`` (users who move or are erased), ``closing``, ``pausing``, ``uprooted`` and ``placed``
accounts, ``spreading`` webhooks), ``{#work}`` (queue of plans and recalls, expiries of broadcasts, secrets, outbox, the
clock of test mode, probes, the write of a check, which Function libraries were loaded when; for each channel
``couriers:<channel>``: which account has something to send, and when, and ``couriers:<channel>:raised``: the number
under which that was said last; for a week ``texted:<sid>``: which delivery a text is that a provider took over, and why
that says that it failed; for an hour where nobody is known to have sent that text), ``{#notices}`` (system notices,
kept as an account keeps its broadcasts), one per credential for idempotency records, which expire after 24 h, and one
per rate limit, which is counted for two minutes. What a log-in-as session has (``ann#olga``: no user has such an id)
expires an hour after its last use. Everything else lives until retention, or its owner, ends it.
"""

from dataclasses import dataclass

PERSON_KINDS = ("user", "log", "inbox", "unread", "archive", "entries", "popups", "offers")


@dataclass(frozen=True, slots=True)
class Keys:
    """Names of one deployment; the prefix is what keeps two deployments on one server apart."""

    prefix: str = "hub"

    def account(self, account: str, kind: str) -> str:
        """Name a key that an account has once."""
        return f"{self.prefix}:{{{account}}}:{kind}"

    def person(self, account: str, user: str) -> list[str]:
        """Name the nine keys of a user, in the order that the Functions expect."""
        slot = f"{self.prefix}:{{{account}}}:"
        return [*(f"{slot}{kind}:{user}" for kind in PERSON_KINDS), f"{slot}u:{user}"]

    def decisions(self, account: str, base: str) -> str:
        """Name what was decided about a happening's users."""
        return f"{self.prefix}:{{{account}}}:decisions:{base}"

    def plan(self, account: str, base: str) -> str:
        """Name what of a large audience is still to be appended."""
        return f"{self.prefix}:{{{account}}}:plan:{base}"

    def deliveries(self, account: str, base: str) -> str:
        """Name what became of a happening's texts and e-mails."""
        return f"{self.prefix}:{{{account}}}:deliveries:{base}"

    def burst(self, account: str, line: str, number: str) -> str:
        """Name when a number sent its latest texts to a line."""
        return f"{self.prefix}:{{{account}}}:burst:{line}:{number}"

    def lane(self, account: str, channel: str, user: str) -> str:
        """Name what waits to be sent to a user over a channel."""
        return f"{self.prefix}:{{{account}}}:lane:{channel}:{user}"

    def letters(self, account: str, user: str) -> list[str]:
        """Name the two keys of a user's daily cap: what is counted, and what was too much."""
        return [f"{self.prefix}:{{{account}}}:{kind}:{user}" for kind in ("letters", "capped")]

    def lanes(self, account: str, channel: str) -> list[str]:
        """Name the three keys of a channel's lanes, in the order that the Functions expect."""
        return [f"{self.prefix}:{{{account}}}:{kind}:{channel}" for kind in ("lanes", "lane-leases", "lane-holds")]

    def feed(self, account: str) -> list[str]:
        """Name the seven keys of what webhooks are told of an account, in the order that the Functions expect."""
        slot, kinds = f"{self.prefix}:{{{account}}}:", ("hooks", "messages", "messages:facts", "messages:dropped")
        return [*(f"{slot}{kind}" for kind in kinds), *self.lanes(account, "webhook")]

    def couriers(self, channel: str) -> list[str]:
        """Name which accounts have something to send over a channel."""
        return [self.work(f"couriers:{channel}"), self.work(f"couriers:{channel}:raised")]

    def view(self, account: str, user: str, actor: str) -> list[str]:
        """Name the four keys of a log-in-as session, in the order that the Functions expect after the user's nine."""
        slot, id = f"{self.prefix}:{{{account}}}:", f"{user}#{actor}"
        return [f"{slot}user:{id}", f"{slot}offers:{id}", f"{slot}u:{id}", f"{slot}away:{id}"]

    def channel(self, account: str, suffix: str) -> str:
        """Name a channel: suffix ``u:<user>``, ``t:<type>``, ``g:<group>`` or ``all``."""
        return f"{self.prefix}:{{{account}}}:{suffix}"

    def split_channel(self, channel: str) -> tuple[str, str]:
        """Return the account and the suffix of a channel."""
        account, _, suffix = channel[len(self.prefix) + 2 :].partition("}:")
        return account, suffix

    def directory(self, kind: str) -> str:
        """Name a key of the installation-wide directory."""
        return f"{self.prefix}:{{#directory}}:{kind}"

    def work(self, kind: str) -> str:
        """Name a key of the background work."""
        return f"{self.prefix}:{{#work}}:{kind}"

    def probe(self, gateway: str) -> str:
        """Name the channel on which a gateway hears itself."""
        return f"{self.prefix}:{{#work}}:probe:{gateway}"

    def limit(self, key: str) -> list[str]:
        """Name the counters of a rate limit: of this window, and of the one before."""
        name = f"{self.prefix}:{{#{key}}}:limit"
        return [name, f"{name}:before"]

    def idempotency(self, credential: str, key: str) -> str:
        """Name the record of one idempotency key."""
        return f"{self.prefix}:{{#{credential}}}:idempotency:{key}"
