"""What starts and ends a hub: settings in, running processes out. The only room that builds things.

composition     settings -> engine -> ASGI application; `Hub` is everything one process is made of
serving         one process that serves: uvicorn, drained before it is closed
supervisor      the processes of one hub: the store it owns, the socket they share, the workers
listening       the address: bound first, listened on last
metrics_folder  where several workers count together, and what killed hubs left there
operator_key    the operator's key: given, or made once and kept
operating       a running hub as the commands speak to it; progress: how far a long one has come
sending, broadcasting, importing                      one command each
inspecting      `hub inspect`; inspecting_users: of a user; inspecting_deliveries: of what was sent;
                inspecting_webhooks: of a webhook; naming: names beside ids
token_making    `hub token`
checking        `hub check`: settings and connections, in words
logs            what a hub says of itself while it runs

Nothing is imported here: whoever starts several processes must say where they count before they count (metrics).
"""
