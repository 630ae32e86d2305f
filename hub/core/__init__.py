"""The rules of the hub: values in, values out.

Nothing here waits, reads a clock, draws a random number or knows that a store exists: the time and chance
that a rule needs are arguments. So every rule can be read, tested and replayed alone.

catalogue    which notification types there are, and what each offers (types.json)
directory    accounts, users, groups, contacts, lines, ring groups, producer keys, and the tree the accounts form
preferences  what a user chose: defaults, patches, scope, and the channels a tab listens to; changes: reading patches
events       what a producer posts, and what is wrong with it by its own values alone
moves        contacts that change accounts: bulks, single notices, word to the account they left
audience     whom a type reaches, where and by which link: the account, roll-up, lines, those named
routing      an event: dropped, or one decision for every user considered; reasons: why, as codes and sentences
personal     who gets a text or an e-mail beside the app, where and from when on; quiet: when quiet hours end
daily        the days of the daily cap, and the mornings of its summaries
turns        long work in short turns, for who must not be held up meanwhile
bursts       when many texts of one number to one line are a flood
twilio       what Twilio says: signatures, error codes, reports
broadcasts   one-time messages: made safe, resolved to people, kept as a document
webhooks     who listens to what happens, with which secrets that is signed, and in which words it is told
inbox        ids and the JSON of what lies in a person's inbox
tabs         which one of a user's tabs shows the pop-ups
session      one tab's conversation: messages in, commands out
wire         what a tab may say, and the close codes
frames       what the hub says to a tab
tokens       whom a user token speaks for, or why it is refused; acting: who may log in as whom
origin       which pages may use the hub
"""
