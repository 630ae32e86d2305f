"""Who may do what, as one table: a line for each route and the account that it asks about, a column a credential.

How a line names the account: in the path (`{id}` is something of that account: a user, a group, a key), in the query,
or in the body, where the path names nothing. `ann` is the agent herself, `-` asks about no account of its own.

    acme            the account of most who call
    west            the sub-account below it
    globex          another tenant

What the codes say: 401 to whoever has no credential; 404 for all that lies outside the caller's tree, also where the
role would not do; 403 for what is there and not theirs to do; 422 for an account that only the body names, where it is
not the caller's; 409 for an account that still has users, so it was theirs to remove.
"""

from typing import NamedTuple

from .permission_table_webhooks import WEBHOOKS

CALLERS = {
    "op": "operator",  # the operator's key
    "ev": "events",  # producer keys of acme, each with this one scope
    "di": "directory",
    "br": "broadcasts",
    "te": "texts",
    "be": "below",  # a producer key of west with all scopes
    "fo": "foreign",  # a producer key of globex with all scopes
    "ag": "agent",  # ann, of acme
    "ma": "manager",  # mia, of acme
    "ad": "admin",  # olga, of acme
    "bi": "billing",  # bea, of acme
    "sa": "sales",  # sal, of acme, who sees only their own contacts (E-13)
    "lo": "lower",  # wyn, an admin of west
    "st": "stranger",  # gus, an admin of globex
    "vi": "view",  # olga looking through ann's eyes: writes nothing (AMB-17)
    "no": "nobody",  # no credential
}
# Routes that ask about no account: the operator's, test mode's, and what anybody may read.
WITHOUT_ACCOUNT = {
    ("POST", "/v1/system-notices"),
    ("GET", "/v1/system-notices"),
    ("GET", "/v1/system-notices/{id}"),
    ("GET", "/v1/system-notices/{id}/recipients"),
    ("DELETE", "/v1/system-notices/{id}"),
    ("PUT", "/v1/test/clock"),
    ("DELETE", "/v1/test/clock"),
    ("POST", "/v1/test/clock/advance"),
    ("POST", "/v1/test/settle"),
    ("GET", "/v1/test/outbox"),
    ("DELETE", "/v1/test/outbox"),
    ("GET", "/v1/unsubscribe"),  # its links carry their own right
    ("POST", "/v1/unsubscribe"),
    ("POST", "/v1/inbound/twilio/status"),  # its signature does
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/asyncapi.json"),
}


class Row(NamedTuple):
    """One line of the table."""

    method: str
    path: str
    account: str
    expected: dict[str, int]

    @property
    def changes_people(self) -> bool:
        """Tell whether the line would change or remove a user, on whom other lines depend."""
        return self.method != "GET" and self.path in ("/v1/users/{id}", "/v1/users/{id}/disconnect")

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.account}"


TABLE = """
                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
PUT    /v1/accounts/{id}                      acme   200 403 200 403 403 404 404 403 403 403 403 403 404 404 403 401
PUT    /v1/accounts/{id}                      west   200 403 200 403 403 200 404 403 403 403 403 403 403 404 403 401
PUT    /v1/accounts/{id}                      globex 200 404 404 404 404 404 200 404 404 404 404 404 404 403 403 401
PATCH  /v1/accounts/{id}                      acme   200 403 200 403 403 404 404 403 403 403 403 403 404 404 403 401
PATCH  /v1/accounts/{id}                      west   200 403 200 403 403 200 404 403 403 403 403 403 403 404 403 401
PATCH  /v1/accounts/{id}                      globex 200 404 404 404 404 404 200 404 404 404 404 404 404 403 403 401
GET    /v1/accounts/{id}                      acme   200 403 200 403 403 404 404 403 403 200 403 403 404 404 403 401
GET    /v1/accounts/{id}                      west   200 403 200 403 403 200 404 403 403 200 403 403 200 404 403 401
GET    /v1/accounts/{id}                      globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
GET    /v1/accounts/none                      -      404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 401
DELETE /v1/accounts/{id}                      acme   409 403 409 403 403 404 404 403 403 403 403 403 404 404 403 401
DELETE /v1/accounts/{id}                      west   409 403 409 403 403 409 404 403 403 403 403 403 403 404 403 401
DELETE /v1/accounts/{id}                      globex 409 404 404 404 404 404 409 404 404 404 404 404 404 403 403 401
GET    /v1/accounts                           -      200 403 200 403 403 200 200 403 403 200 403 403 200 200 403 401
GET    /v1/accounts?account={account}         acme   200 403 200 403 403 404 404 403 403 200 403 403 404 404 403 401
GET    /v1/accounts?account={account}         west   200 403 200 403 403 200 404 403 403 200 403 403 200 404 403 401
GET    /v1/accounts?account={account}         globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
GET    /v1/accounts?account=none              -      404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 401
GET    /v1/accounts/{id}/defaults             acme   200 403 200 403 403 404 404 403 403 200 403 403 404 404 403 401
GET    /v1/accounts/{id}/defaults             west   200 403 200 403 403 200 404 403 403 200 403 403 200 404 403 401
GET    /v1/accounts/{id}/defaults             globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
PATCH  /v1/accounts/{id}/defaults             acme   200 403 200 403 403 404 404 403 403 200 403 403 404 404 403 401
PATCH  /v1/accounts/{id}/defaults             west   200 403 200 403 403 200 404 403 403 200 403 403 200 404 403 401
PATCH  /v1/accounts/{id}/defaults             globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 403 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
PUT    /v1/users/{id}                         acme   200 403 200 403 403 422 422 403 403 403 403 403 404 404 403 401
PUT    /v1/users/{id}                         west   200 403 200 403 403 200 422 403 403 403 403 403 403 404 403 401
PUT    /v1/users/{id}                         globex 200 404 422 404 404 422 200 404 404 404 404 404 404 403 403 401
PATCH  /v1/users/{id}                         acme   200 403 200 403 403 404 404 403 403 403 403 403 404 404 403 401
PATCH  /v1/users/{id}                         west   200 403 200 403 403 200 404 403 403 403 403 403 403 404 403 401
PATCH  /v1/users/{id}                         globex 200 404 404 404 404 404 200 404 404 404 404 404 404 403 403 401
GET    /v1/users/{id}                         ann    200 403 200 403 403 404 404 200 403 200 403 403 404 404 200 401
GET    /v1/users/{id}                         acme   200 403 200 403 403 404 404 403 403 200 403 403 404 404 403 401
GET    /v1/users/{id}                         west   200 403 200 403 403 200 404 403 403 200 403 403 200 404 403 401
GET    /v1/users/{id}                         globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
GET    /v1/users/me                           -      404 404 404 404 404 404 404 200 200 200 200 200 200 200 200 401
DELETE /v1/users/{id}                         acme   204 403 204 403 403 404 404 403 403 403 403 403 404 404 403 401
DELETE /v1/users/{id}                         west   204 403 204 403 403 204 404 403 403 403 403 403 403 404 403 401
DELETE /v1/users/{id}                         globex 204 404 404 404 404 404 204 404 404 404 404 404 404 403 403 401
POST   /v1/users/{id}/disconnect              acme   200 403 200 403 403 404 404 403 403 200 403 403 404 404 403 401
POST   /v1/users/{id}/disconnect              west   200 403 200 403 403 200 404 403 403 200 403 403 200 404 403 401
POST   /v1/users/{id}/disconnect              globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 403 401
GET    /v1/users                              -      200 403 200 403 403 200 200 403 403 200 403 403 200 200 403 401
GET    /v1/users?account={account}            acme   200 403 200 403 403 404 404 403 403 200 403 403 404 404 403 401
GET    /v1/users?account={account}            west   200 403 200 403 403 200 404 403 403 200 403 403 200 404 403 401
GET    /v1/users?account={account}            globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
GET    /v1/users?account=none                 -      404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
PUT    /v1/groups/{id}                        acme   200 403 200 403 403 422 422 403 403 403 403 403 404 403 403 401
PUT    /v1/groups/{id}                        west   200 403 200 403 403 200 422 403 403 403 403 403 403 403 403 401
PUT    /v1/groups/{id}                        globex 200 403 422 403 403 422 200 403 403 403 403 403 403 403 403 401
PATCH  /v1/groups/{id}                        acme   200 403 200 403 403 404 404 403 403 403 403 403 404 404 403 401
PATCH  /v1/groups/{id}                        west   200 403 200 403 403 200 404 403 403 403 403 403 403 404 403 401
PATCH  /v1/groups/{id}                        globex 200 404 404 404 404 404 200 404 404 404 404 404 404 403 403 401
GET    /v1/groups/{id}                        acme   200 403 200 403 403 404 404 200 200 200 200 200 404 404 200 401
GET    /v1/groups/{id}                        west   200 403 200 403 403 200 404 200 200 200 200 200 200 404 200 401
GET    /v1/groups/{id}                        globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
DELETE /v1/groups/{id}                        acme   204 403 204 403 403 404 404 403 403 403 403 403 404 404 403 401
DELETE /v1/groups/{id}                        west   204 403 204 403 403 204 404 403 403 403 403 403 403 404 403 401
DELETE /v1/groups/{id}                        globex 204 404 404 404 404 404 204 404 404 404 404 404 404 403 403 401
GET    /v1/groups                             -      200 403 200 403 403 200 200 200 200 200 200 200 200 200 200 401
GET    /v1/groups?account={account}           acme   200 403 200 403 403 404 404 200 200 200 200 200 404 404 200 401
GET    /v1/groups?account={account}           west   200 403 200 403 403 200 404 200 200 200 200 200 200 404 200 401
GET    /v1/groups?account={account}           globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
GET    /v1/groups?account=none                -      404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
PUT    /v1/ring-groups/{id}                   acme   200 403 200 403 403 422 422 403 403 403 403 403 404 403 403 401
PUT    /v1/ring-groups/{id}                   west   200 403 200 403 403 200 422 403 403 403 403 403 403 403 403 401
PUT    /v1/ring-groups/{id}                   globex 200 403 422 403 403 422 200 403 403 403 403 403 403 403 403 401
PATCH  /v1/ring-groups/{id}                   acme   200 403 200 403 403 404 404 403 403 403 403 403 404 404 403 401
PATCH  /v1/ring-groups/{id}                   west   200 403 200 403 403 200 404 403 403 403 403 403 403 404 403 401
PATCH  /v1/ring-groups/{id}                   globex 200 404 404 404 404 404 200 404 404 404 404 404 404 403 403 401
GET    /v1/ring-groups/{id}                   acme   200 403 200 403 403 404 404 200 200 200 200 200 404 404 200 401
GET    /v1/ring-groups/{id}                   west   200 403 200 403 403 200 404 200 200 200 200 200 200 404 200 401
GET    /v1/ring-groups/{id}                   globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
DELETE /v1/ring-groups/{id}                   acme   204 403 204 403 403 404 404 403 403 403 403 403 404 404 403 401
DELETE /v1/ring-groups/{id}                   west   204 403 204 403 403 204 404 403 403 403 403 403 403 404 403 401
DELETE /v1/ring-groups/{id}                   globex 204 404 404 404 404 404 204 404 404 404 404 404 404 403 403 401
GET    /v1/ring-groups                        -      200 403 200 403 403 200 200 200 200 200 200 200 200 200 200 401
GET    /v1/ring-groups?account={account}      acme   200 403 200 403 403 404 404 200 200 200 200 200 404 404 200 401
GET    /v1/ring-groups?account={account}      west   200 403 200 403 403 200 404 200 200 200 200 200 200 404 200 401
GET    /v1/ring-groups?account={account}      globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
GET    /v1/ring-groups?account=none           -      404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
PUT    /v1/lines/{id}                         acme   200 403 200 403 403 422 422 403 403 403 403 403 404 403 403 401
PUT    /v1/lines/{id}                         west   200 403 200 403 403 200 422 403 403 403 403 403 403 403 403 401
PUT    /v1/lines/{id}                         globex 200 403 422 403 403 422 200 403 403 403 403 403 403 403 403 401
PATCH  /v1/lines/{id}                         acme   200 403 200 403 403 404 404 403 403 403 403 403 404 404 403 401
PATCH  /v1/lines/{id}                         west   200 403 200 403 403 200 404 403 403 403 403 403 403 404 403 401
PATCH  /v1/lines/{id}                         globex 200 404 404 404 404 404 200 404 404 404 404 404 404 403 403 401
GET    /v1/lines/{id}                         acme   200 403 200 403 403 404 404 200 200 200 200 200 404 404 200 401
GET    /v1/lines/{id}                         west   200 403 200 403 403 200 404 200 200 200 200 200 200 404 200 401
GET    /v1/lines/{id}                         globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
DELETE /v1/lines/{id}                         acme   204 403 204 403 403 404 404 403 403 403 403 403 404 404 403 401
DELETE /v1/lines/{id}                         west   204 403 204 403 403 204 404 403 403 403 403 403 403 404 403 401
DELETE /v1/lines/{id}                         globex 204 404 404 404 404 404 204 404 404 404 404 404 404 403 403 401
GET    /v1/lines                              -      200 403 200 403 403 200 200 200 200 200 200 200 200 200 200 401
GET    /v1/lines?account={account}            acme   200 403 200 403 403 404 404 200 200 200 200 200 404 404 200 401
GET    /v1/lines?account={account}            west   200 403 200 403 403 200 404 200 200 200 200 200 200 404 200 401
GET    /v1/lines?account={account}            globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
GET    /v1/lines?account=none                 -      404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
PUT    /v1/contacts/{id}                      acme   200 403 200 403 403 422 422 403 403 403 403 404 404 403 403 401
PUT    /v1/contacts/{id}                      west   200 403 200 403 403 200 422 403 403 403 403 404 403 403 403 401
PUT    /v1/contacts/{id}                      globex 200 403 422 403 403 422 200 403 403 403 403 403 403 403 403 401
PATCH  /v1/contacts/{id}                      acme   200 403 200 403 403 404 404 403 403 403 403 404 404 404 403 401
PATCH  /v1/contacts/{id}                      west   200 403 200 403 403 200 404 403 403 403 403 404 403 404 403 401
PATCH  /v1/contacts/{id}                      globex 200 404 404 404 404 404 200 404 404 404 404 404 404 403 403 401
GET    /v1/contacts/{id}                      acme   200 403 200 403 403 404 404 200 200 200 200 404 404 404 200 401
GET    /v1/contacts/{id}                      west   200 403 200 403 403 200 404 200 200 200 200 404 200 404 200 401
GET    /v1/contacts/{id}                      globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
DELETE /v1/contacts/{id}                      acme   204 403 204 403 403 404 404 403 403 403 403 404 404 404 403 401
DELETE /v1/contacts/{id}                      west   204 403 204 403 403 204 404 403 403 403 403 404 403 404 403 401
DELETE /v1/contacts/{id}                      globex 204 404 404 404 404 404 204 404 404 404 404 404 404 403 403 401
GET    /v1/contacts                           -      200 403 200 403 403 200 200 200 200 200 200 200 200 200 200 401
GET    /v1/contacts?account={account}         acme   200 403 200 403 403 404 404 200 200 200 200 200 404 404 200 401
GET    /v1/contacts?account={account}         west   200 403 200 403 403 200 404 200 200 200 200 200 200 404 200 401
GET    /v1/contacts?account={account}         globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
GET    /v1/contacts?account=none              -      404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
POST   /v1/keys                               acme   200 403 200 403 403 422 422 403 403 403 403 403 403 403 403 401
POST   /v1/keys                               west   200 403 200 403 403 200 422 403 403 403 403 403 403 403 403 401
POST   /v1/keys                               globex 200 403 422 403 403 422 200 403 403 403 403 403 403 403 403 401
GET    /v1/keys                               -      200 403 200 403 403 200 200 403 403 200 403 403 200 200 403 401
GET    /v1/keys?account={account}             acme   200 403 200 403 403 404 404 403 403 200 403 403 404 404 403 401
GET    /v1/keys?account={account}             west   200 403 200 403 403 200 404 403 403 200 403 403 200 404 403 401
GET    /v1/keys?account={account}             globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
GET    /v1/keys?account=none                  -      404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 401
DELETE /v1/keys/{id}                          acme   204 403 204 403 403 404 404 403 403 403 403 403 404 404 403 401
DELETE /v1/keys/{id}                          west   204 403 204 403 403 204 404 403 403 403 403 403 403 404 403 401
DELETE /v1/keys/{id}                          globex 204 404 404 404 404 404 204 404 404 404 404 404 404 403 403 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
POST   /v1/directory                          acme   200 403 200 403 403 200 200 403 403 403 403 403 403 403 403 401
POST   /v1/directory                          west   200 403 200 403 403 200 200 403 403 403 403 403 403 403 403 401
POST   /v1/directory                          globex 200 403 200 403 403 200 200 403 403 403 403 403 403 403 403 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
POST   /v1/events                             acme   202 202 403 403 403 422 422 403 403 403 403 403 403 403 403 401
POST   /v1/events                             west   202 202 403 403 403 202 422 403 403 403 403 403 403 403 403 401
POST   /v1/events                             globex 202 422 403 403 403 422 202 403 403 403 403 403 403 403 403 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
GET    /v1/broadcasts/preview?groups={group}  acme   200 403 403 200 403 422 422 403 200 200 403 403 422 422 403 401
GET    /v1/broadcasts/preview?groups={group}  west   200 403 403 200 403 200 422 403 200 200 403 403 200 422 403 401
GET    /v1/broadcasts/preview?groups={group}  globex 200 403 403 422 403 422 200 403 422 422 403 403 422 200 403 401
POST   /v1/broadcasts                         acme   202 403 403 202 403 422 422 403 202 202 403 403 422 422 403 401
POST   /v1/broadcasts                         west   202 403 403 202 403 202 422 403 202 202 403 403 202 422 403 401
POST   /v1/broadcasts                         globex 202 403 403 422 403 422 202 403 422 422 403 403 422 202 403 401
GET    /v1/broadcasts                         -      200 403 403 200 403 200 200 403 200 200 403 403 200 200 403 401
GET    /v1/broadcasts?account={account}       acme   200 403 403 200 403 404 404 403 200 200 403 403 404 404 403 401
GET    /v1/broadcasts?account={account}       west   200 403 403 200 403 200 404 403 200 200 403 403 200 404 403 401
GET    /v1/broadcasts?account={account}       globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
GET    /v1/broadcasts?account=none            -      404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 401
GET    /v1/broadcasts/{id}                    acme   200 403 403 200 403 404 404 403 200 200 403 403 404 404 403 401
GET    /v1/broadcasts/{id}                    west   200 403 403 200 403 200 404 403 200 200 403 403 200 404 403 401
GET    /v1/broadcasts/{id}                    globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
GET    /v1/broadcasts/{id}/recipients         acme   200 403 403 200 403 404 404 403 200 200 403 403 404 404 403 401
GET    /v1/broadcasts/{id}/recipients         west   200 403 403 200 403 200 404 403 200 200 403 403 200 404 403 401
GET    /v1/broadcasts/{id}/recipients         globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
DELETE /v1/broadcasts/{id}                    acme   204 403 403 204 403 404 404 403 204 204 403 403 404 404 403 401
DELETE /v1/broadcasts/{id}                    west   204 403 403 204 403 204 404 403 204 204 403 403 204 404 403 401
DELETE /v1/broadcasts/{id}                    globex 204 404 404 404 404 404 204 404 404 404 404 404 404 204 403 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
POST   /v1/system-notices                     -      202 403 403 403 403 403 403 403 403 403 403 403 403 403 403 401
GET    /v1/system-notices                     -      200 403 403 403 403 403 403 403 403 403 403 403 403 403 403 401
GET    /v1/system-notices/{id}                -      200 403 403 403 403 403 403 403 403 403 403 403 403 403 403 401
GET    /v1/system-notices/{id}/recipients     -      200 403 403 403 403 403 403 403 403 403 403 403 403 403 403 401
DELETE /v1/system-notices/{id}                -      204 403 403 403 403 403 403 403 403 403 403 403 403 403 403 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
POST   /api/v5/notifications/send             acme   200 403 403 200 403 422 422 403 403 403 403 403 403 403 403 401
POST   /api/v5/notifications/send             west   200 403 403 200 403 200 422 403 403 403 403 403 403 403 403 401
POST   /api/v5/notifications/send             globex 200 403 403 422 403 422 200 403 403 403 403 403 403 403 403 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
GET    /v1/notifications/{id}                 ann    200 200 200 200 200 404 404 200 403 200 403 403 404 404 200 401
GET    /v1/notifications/{id}                 acme   200 200 200 200 200 404 404 403 403 200 403 403 404 404 403 401
GET    /v1/notifications/{id}                 west   200 200 200 200 200 200 404 403 403 200 403 403 200 404 403 401
GET    /v1/notifications/{id}                 globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
GET    /v1/deliveries                         -      200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 401
GET    /v1/deliveries?user={user}             ann    200 200 200 200 200 404 404 200 403 200 403 403 404 404 200 401
GET    /v1/deliveries?user={user}             acme   200 200 200 200 200 404 404 403 403 200 403 403 404 404 403 401
GET    /v1/deliveries?user={user}             west   200 200 200 200 200 200 404 403 403 200 403 403 200 404 403 401
GET    /v1/deliveries?user={user}             globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
POST   /v1/deliveries/{id}/retry              acme   409 409 403 403 403 404 404 403 403 409 403 403 404 404 403 401
POST   /v1/deliveries/{id}/retry              west   409 409 403 403 403 409 404 403 403 409 403 403 409 404 403 401
POST   /v1/deliveries/{id}/retry              globex 409 404 404 404 404 404 409 404 404 404 404 404 404 409 403 401
DELETE /v1/deliveries/{id}                    acme   409 409 403 403 403 404 404 403 403 409 403 403 404 404 403 401
DELETE /v1/deliveries/{id}                    west   409 409 403 403 403 409 404 403 403 409 403 403 409 404 403 401
DELETE /v1/deliveries/{id}                    globex 409 404 404 404 404 404 409 404 404 404 404 404 404 409 403 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
GET    /v1/types                              -      200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 401
GET    /v1/types?user={user}                  ann    200 200 200 200 200 404 404 200 403 200 403 403 404 404 200 401
GET    /v1/types?user={user}                  acme   200 200 200 200 200 404 404 403 403 200 403 403 404 404 403 401
GET    /v1/types?user={user}                  west   200 200 200 200 200 200 404 403 403 200 403 403 200 404 403 401
GET    /v1/types?user={user}                  globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
GET    /v1/users/{id}/preferences             ann    200 200 200 200 200 404 404 200 403 200 403 403 404 404 200 401
GET    /v1/users/{id}/preferences             acme   200 200 200 200 200 404 404 403 403 200 403 403 404 404 403 401
GET    /v1/users/{id}/preferences             west   200 200 200 200 200 200 404 403 403 200 403 403 200 404 403 401
GET    /v1/users/{id}/preferences             globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
GET    /v1/users/me/preferences               -      404 404 404 404 404 404 404 200 200 200 200 200 200 200 200 401
PATCH  /v1/users/{id}/preferences             ann    200 200 200 200 200 404 404 200 403 403 403 403 404 404 403 401
PATCH  /v1/users/{id}/preferences             acme   200 200 200 200 200 404 404 403 403 403 403 403 404 404 403 401
PATCH  /v1/users/{id}/preferences             west   200 200 200 200 200 200 404 403 403 403 403 403 403 404 403 401
PATCH  /v1/users/{id}/preferences             globex 200 404 404 404 404 404 200 404 404 404 404 404 404 403 403 401
GET    /v1/users/{id}/rollup                  ann    200 200 200 200 200 404 404 200 403 200 403 403 404 404 200 401
GET    /v1/users/{id}/rollup                  acme   200 200 200 200 200 404 404 403 403 200 403 403 404 404 403 401
GET    /v1/users/{id}/rollup                  west   200 200 200 200 200 200 404 403 403 200 403 403 200 404 403 401
GET    /v1/users/{id}/rollup                  globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
PUT    /v1/users/{id}/rollup                  ann    200 200 200 200 200 404 404 200 403 403 403 403 404 404 403 401
PUT    /v1/users/{id}/rollup                  acme   200 200 200 200 200 404 404 403 403 403 403 403 404 404 403 401
PUT    /v1/users/{id}/rollup                  west   200 200 200 200 200 200 404 403 403 403 403 403 403 404 403 401
PUT    /v1/users/{id}/rollup                  globex 200 404 404 404 404 404 200 404 404 404 404 404 404 403 403 401
GET    /v1/users/{id}/line-opt-ins            ann    200 200 200 200 200 404 404 200 403 200 403 403 404 404 200 401
GET    /v1/users/{id}/line-opt-ins            acme   200 200 200 200 200 404 404 403 403 200 403 403 404 404 403 401
GET    /v1/users/{id}/line-opt-ins            west   200 200 200 200 200 200 404 403 403 200 403 403 200 404 403 401
GET    /v1/users/{id}/line-opt-ins            globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
PUT    /v1/users/{id}/line-opt-ins            ann    200 200 200 200 200 404 404 200 403 403 403 403 404 404 403 401
PUT    /v1/users/{id}/line-opt-ins            acme   200 200 200 200 200 404 404 403 403 403 403 403 404 404 403 401
PUT    /v1/users/{id}/line-opt-ins            west   200 200 200 200 200 200 404 403 403 403 403 403 403 404 403 401
PUT    /v1/users/{id}/line-opt-ins            globex 200 404 404 404 404 404 200 404 404 404 404 404 404 403 403 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
POST   /v1/log-in-as                          acme   200 403 200 403 403 422 422 403 403 200 403 403 422 422 403 401
POST   /v1/log-in-as                          west   200 403 200 403 403 200 422 403 403 200 403 403 200 422 403 401
POST   /v1/log-in-as                          globex 200 403 422 403 403 422 200 403 403 422 403 403 422 200 403 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
GET    /v1/audit                              -      200 403 200 403 403 200 200 403 403 200 403 403 200 200 403 401
GET    /v1/audit?account={account}            acme   200 403 200 403 403 404 404 403 403 200 403 403 404 404 403 401
GET    /v1/audit?account={account}            west   200 403 200 403 403 200 404 403 403 200 403 403 200 404 403 401
GET    /v1/audit?account={account}            globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
GET    /v1/audit?account=none                 -      404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
GET    /v1/inbox                              -      422 422 422 422 422 422 422 200 200 200 200 200 200 200 200 401
GET    /v1/inbox?user={user}                  ann    200 200 200 200 200 404 404 200 403 200 403 403 404 404 200 401
GET    /v1/inbox?user={user}                  acme   200 200 200 200 200 404 404 403 403 200 403 403 404 404 403 401
GET    /v1/inbox?user={user}                  west   200 200 200 200 200 200 404 403 403 200 403 403 200 404 403 401
GET    /v1/inbox?user={user}                  globex 200 404 404 404 404 404 200 404 404 404 404 404 404 200 404 401
GET    /v1/inbox?user=bob&account=none        -      404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 401
POST   /v1/inbox/dismiss                      -      422 422 422 422 422 422 422 200 200 200 200 200 200 200 403 401
POST   /v1/inbox/dismiss?user={user}          ann    200 200 200 200 200 404 404 200 403 403 403 403 404 404 403 401
POST   /v1/inbox/dismiss?user={user}          acme   200 200 200 200 200 404 404 403 403 403 403 403 404 404 403 401
POST   /v1/inbox/dismiss?user={user}          west   200 200 200 200 200 200 404 403 403 403 403 403 403 404 403 401
POST   /v1/inbox/dismiss?user={user}          globex 200 404 404 404 404 404 200 404 404 404 404 404 404 403 403 401
POST   /v1/inbox/read                         -      422 422 422 422 422 422 422 200 200 200 200 200 200 200 403 401
POST   /v1/inbox/read?user={user}             ann    200 200 200 200 200 404 404 200 403 403 403 403 404 404 403 401
POST   /v1/inbox/read?user={user}             acme   200 200 200 200 200 404 404 403 403 403 403 403 404 404 403 401
POST   /v1/inbox/read?user={user}             west   200 200 200 200 200 200 404 403 403 403 403 403 403 404 403 401
POST   /v1/inbox/read?user={user}             globex 200 404 404 404 404 404 200 404 404 404 404 404 404 403 403 401
POST   /v1/inbox/archive                      -      422 422 422 422 422 422 422 200 200 200 200 200 200 200 403 401
POST   /v1/inbox/archive?user={user}          ann    200 200 200 200 200 404 404 200 403 403 403 403 404 404 403 401
POST   /v1/inbox/archive?user={user}          acme   200 200 200 200 200 404 404 403 403 403 403 403 404 404 403 401
POST   /v1/inbox/archive?user={user}          west   200 200 200 200 200 200 404 403 403 403 403 403 403 404 403 401
POST   /v1/inbox/archive?user={user}          globex 200 404 404 404 404 404 200 404 404 404 404 404 404 403 403 401
POST   /v1/inbox/restore                      -      422 422 422 422 422 422 422 200 200 200 200 200 200 200 403 401
POST   /v1/inbox/restore?user={user}          ann    200 200 200 200 200 404 404 200 403 403 403 403 404 404 403 401
POST   /v1/inbox/restore?user={user}          acme   200 200 200 200 200 404 404 403 403 403 403 403 404 404 403 401
POST   /v1/inbox/restore?user={user}          west   200 200 200 200 200 200 404 403 403 403 403 403 403 404 403 401
POST   /v1/inbox/restore?user={user}          globex 200 404 404 404 404 404 200 404 404 404 404 404 404 403 403 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
POST   /v1/samples                            -      422 422 422 422 422 422 422 202 202 202 202 202 202 202 403 401
POST   /v1/samples?user={user}                ann    202 202 202 202 202 404 404 202 403 403 403 403 404 404 403 401
POST   /v1/samples?user={user}                acme   202 202 202 202 202 404 404 403 403 403 403 403 404 404 403 401
POST   /v1/samples?user={user}                west   202 202 202 202 202 202 404 403 403 403 403 403 403 404 403 401
POST   /v1/samples?user={user}                globex 202 404 404 404 404 404 202 404 404 404 404 404 404 403 403 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
GET    /v1/unsubscribe?token=none             -      404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 404
POST   /v1/unsubscribe?token=none             -      404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 404
POST   /v1/inbound/twilio/status              -      403 403 403 403 403 403 403 403 403 403 403 403 403 403 403 403

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
GET    /livez                                 -      200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200
GET    /readyz                                -      200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200
GET    /metrics                               -      200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
PUT    /v1/test/clock                         -      200 403 403 403 403 403 403 403 403 403 403 403 403 403 403 401
DELETE /v1/test/clock                         -      204 403 403 403 403 403 403 403 403 403 403 403 403 403 403 401
POST   /v1/test/clock/advance                 -      200 403 403 403 403 403 403 403 403 403 403 403 403 403 403 401
POST   /v1/test/settle                        -      200 403 403 403 403 403 403 403 403 403 403 403 403 403 403 401
GET    /v1/test/outbox                        -      200 403 403 403 403 403 403 403 403 403 403 403 403 403 403 401
DELETE /v1/test/outbox                        -      204 403 403 403 403 403 403 403 403 403 403 403 403 403 403 401

                                                      op  ev  di  br  te  be  fo  ag  ma  ad  bi  sa  lo  st  vi  no
GET    /openapi.json                          -      200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200
GET    /asyncapi.json                         -      200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200
"""


def _row(line: str) -> Row:
    method, path, account, *statuses = line.split()
    return Row(method, path, account, dict(zip(CALLERS.values(), map(int, statuses), strict=True)))


ROWS = [
    _row(line) for line in (TABLE + WEBHOOKS).splitlines() if line.startswith(("GET", "PUT", "PATCH", "POST", "DELETE"))
]
