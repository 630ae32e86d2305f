"""The HTTP API: Starlette routes by resource. Never imports gateway or workers; they meet in the engine.

application     the whole route table; routes, middleware and exception handlers for the composition root
route           one row of the table, and the door: who calls, the object, the permission, the body, once
call            what travels behind the door: the request that was let in, and its answer
auth            operator key, producer keys, user tokens; scopes and roles
reach           the account tree that a caller sees, and references into it
middleware      Host and Origin
limits          how often a credential may call
decoding        bounded bodies, JSON into models; fields, models, directory_models: what requests may hold
problem         every refusal, as application/problem+json
idempotency     one answer per Idempotency-Key, sealed where it shows a secret (sealing); paging: limits and cursors
accounts, users, keys, directory                      the directory (entity: what they share)
webhooks                                              who is told what happens (webhook_models: what that holds)
contacts, groups, ring_groups, lines                  what lies under root accounts (rooted, listing: what they share)
defaults, rollup, line_opt_ins                        what an account and its users choose
log_in_as, audit                                      looking through others' eyes, and who did
events          events in, also as cloud_events; publishing decides and stores them, as parts, in turns with all else
broadcasts, system_notices                            messages to many (announcing: what they share)
retailcrm       RetailCRM's call for the same; manners: how such a call is spoken to
notifications, deliveries                             what became of events and messages (outcomes: how that is said)
standing        deliveries by channel and state; dead_letters: what has failed for good
retries         it is sent again, or dropped
types, preferences, inbox, samples                    a user's own things; unsubscribe: the link in their letters
inbound         what providers post: what became of a text
operations      livez, readyz, metrics; testing: the clock and the outbox of test mode
openapi         openapi.json, made from the route table; components: its schemas and refusals; answers: what comes back;
                openapi_webhooks: what webhooks are sent
asyncapi        asyncapi.json, made from the messages of the WebSocket; upgrade: its path, asked for without one
client_files    the browser client, bundled (client_bundle, client_names, client_script) and compressed
demo            the page of `hub demo`; demo_story: its directory
needs           what all this asks of the hub
"""

from hub.api.application import exception_handlers as problems
from hub.api.application import routes
from hub.api.middleware import middleware

__all__ = ["middleware", "problems", "routes"]
