"""The lines of the table of permissions about webhooks; the columns are those of permission_table.py."""

WEBHOOKS = """
                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
POST   /v1/webhooks                           acme   200 403 200 403 403 422 422 403 403 200 403 403 422 422 403 401
POST   /v1/webhooks                           west   200 403 200 403 403 200 422 403 403 200 403 403 200 422 403 401
POST   /v1/webhooks                           globex 200 403 422 403 403 422 200 403 403 422 403 403 422 200 403 401
GET    /v1/webhooks                           -      200 403 200 403 403 200 200 403 403 200 403 403 200 200 403 401
GET    /v1/webhooks?account={account}         acme   200 403 200 403 403 404 404 403 403 200 403 403 404 404 403 401
GET    /v1/webhooks?account={account}         west   200 403 200 403 403 200 404 403 403 200 403 403 200 404 403 401
GET    /v1/webhooks?account={account}         globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
GET    /v1/webhooks?account=none              -      404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 401
GET    /v1/webhooks/{id}                      acme   200 403 200 403 403 404 404 403 403 200 403 403 404 404 403 401
GET    /v1/webhooks/{id}                      west   200 403 200 403 403 200 404 403 403 200 403 403 200 404 403 401
GET    /v1/webhooks/{id}                      globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
PATCH  /v1/webhooks/{id}                      acme   200 403 200 403 403 404 404 403 403 200 403 403 404 404 403 401
PATCH  /v1/webhooks/{id}                      west   200 403 200 403 403 200 404 403 403 200 403 403 200 404 403 401
PATCH  /v1/webhooks/{id}                      globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 403 401
DELETE /v1/webhooks/{id}                      acme   204 403 204 403 403 404 404 403 403 204 403 403 404 404 403 401
DELETE /v1/webhooks/{id}                      west   204 403 204 403 403 204 404 403 403 204 403 403 204 404 403 401
DELETE /v1/webhooks/{id}                      globex 204 404 404 404 404 404 204 404 404 404 404 404 404 204 403 401
POST   /v1/webhooks/{id}/rotate               acme   200 403 200 403 403 404 404 403 403 200 403 403 404 404 403 401
POST   /v1/webhooks/{id}/rotate               west   200 403 200 403 403 200 404 403 403 200 403 403 200 404 403 401
POST   /v1/webhooks/{id}/rotate               globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 403 401
POST   /v1/webhooks/{id}/test                 acme   202 403 202 403 403 404 404 403 403 202 403 403 404 404 403 401
POST   /v1/webhooks/{id}/test                 west   202 403 202 403 403 202 404 403 403 202 403 403 202 404 403 401
POST   /v1/webhooks/{id}/test                 globex 202 404 404 404 404 404 202 404 404 404 404 404 404 202 403 401
POST   /v1/webhooks/{id}/replay               acme   202 403 202 403 403 404 404 403 403 202 403 403 404 404 403 401
POST   /v1/webhooks/{id}/replay               west   202 403 202 403 403 202 404 403 403 202 403 403 202 404 403 401
POST   /v1/webhooks/{id}/replay               globex 202 404 404 404 404 404 202 404 404 404 404 404 404 202 403 401
GET    /v1/webhooks/{id}/deliveries           acme   200 403 200 403 403 404 404 403 403 200 403 403 404 404 403 401
GET    /v1/webhooks/{id}/deliveries           west   200 403 200 403 403 200 404 403 403 200 403 403 200 404 403 401
GET    /v1/webhooks/{id}/deliveries           globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
"""
