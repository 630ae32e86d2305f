"""The ends of the hub towards mail servers, phones and webhooks.

Each end takes one message and gives a verdict (core.jobs): sent, later, or refused for good, with a stable reason. It
knows no queue, no store and no retry: who calls it does. What the other side does wrong is a verdict, never an
exception. Sending is at least once: an answer that is lost on its way means `Later`, though the message may be there.

mime      a letter as the bytes of an Internet message, and the addresses it goes between
email     Mailer: SMTP with TLS, over connections that are kept
sms       Texter: Twilio's Messages resource, and what its error codes mean
webhooks  Hook: signed posts (Standard Webhooks) to addresses of the public Internet only; addresses, which those are
outbox    Outbox: keeps what would have been sent, where there is no provider and in test mode
"""
