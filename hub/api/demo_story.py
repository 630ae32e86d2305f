"""What the demo's directory tells: a franchisor, two franchisees in their own time zones, and who looks after whom.

Acme Homes has bought the roll-up add-on, and its manager Carla rolled up the Boston franchise, so that she sees there
what she sees at home. Calls to the front desk ring at three people; the sales group reaches through all three accounts.
Pia gets her new leads by e-mail, two a day, and not those that she sees in the app within a minute.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from hub.core.directory import Account, Contact, Group, Line, RingGroup, User
from hub.core.preferences import Preferences
from hub.engine.directory import Changed, Directory

Object = TypeVar("Object", Contact, Group, Line, RingGroup)

ROOT = "acme"
BOSTON, SEATTLE = "acme-boston", "acme-seattle"
EAST, WEST = "America/New_York", "America/Los_Angeles"
FEATURES = ("dispatch", "thumbtack")
MAIL = ("smtp", "outlook_oauth2")

ACCOUNTS = (
    Account(ROOT, "Acme Homes", owner="dan", time_zone=EAST, add_ons=("rollup",), features=FEATURES),
    Account(BOSTON, "Acme Boston", ROOT, owner="lena", time_zone=EAST, features=FEATURES),
    Account(SEATTLE, "Acme Seattle", ROOT, owner="omar", time_zone=WEST, features=FEATURES),
)
USERS = (
    User("ann", ROOT, "Ann", "ann@acme.example", "+12025550171", roles=("agent",), features=MAIL),
    User("bob", ROOT, "Bob", "bob@acme.example", "+12025550172", roles=("agent",), features=MAIL),
    User("carla", ROOT, "Carla", "carla@acme.example", "+12025550173", roles=("manager",)),
    User("dan", ROOT, "Dan", "dan@acme.example", roles=("admin",)),
    User("edith", ROOT, "Edith", "edith@acme.example", roles=("billing_admin",)),
    User("lena", BOSTON, "Lena", "lena@boston.example", roles=("manager",)),
    User("max", BOSTON, "Max", "max@boston.example", roles=("agent",)),
    User("nora", BOSTON, "Nora", "nora@boston.example", roles=("salesperson",)),
    User("omar", SEATTLE, "Omar", "omar@seattle.example", roles=("manager",)),
    User("pia", SEATTLE, "Pia", "pia@seattle.example", roles=("agent",)),
)
RING_GROUPS = (RingGroup("front-desk", ROOT, "Front desk", ("ann", "bob", "max"), fisher_mode=True),)
LINES = (
    Line("line-desk", ROOT, "+12025550190", ring_group="front-desk"),
    Line("line-ann", ROOT, "+12025550191", owner="ann"),
)
GROUPS = (
    Group("sales", ROOT, "Sales", ("ann", "bob", "max", "nora", "pia")),
    Group("managers", ROOT, "Managers", ("carla", "dan", "lena", "omar")),
    Group("boston", BOSTON, "Boston team", ("lena", "max", "nora")),
    Group("seattle", SEATTLE, "Seattle team", ("omar", "pia")),
)
CONTACTS = (
    Contact("c1", ROOT, "Eve", "Harper", ("+12025550101",), "eve@example.com", "ann"),
    Contact("c2", ROOT, "Felix", "Osei", ("+12025550102",), "felix@example.com", "bob"),
    Contact("c3", ROOT, "Grace", "Lindqvist", ("+12025550103",), "grace@example.com", "ann"),
    Contact("c4", ROOT, "Hugo", "Brandt", ("+12025550104",), "hugo@example.com", "bob"),
    Contact("c5", ROOT, "Inés", "Costa", ("+12025550105",), "ines@example.com", "carla"),
    Contact("c6", ROOT, "Jack", "Doyle", ("+12025550106",), "jack@example.com", None),
    Contact("c7", BOSTON, "Kira", "Novak", ("+16175550107",), "kira@example.com", "max"),
    Contact("c8", BOSTON, "Liam", "Byrne", ("+16175550108",), "liam@example.com", "nora"),
    Contact("c9", SEATTLE, "Mina", "Sato", ("+12065550109",), "mina@example.com", "pia"),
    Contact("c10", SEATTLE, "Noel", "Varga", ("+12065550110",), "noel@example.com", None),
)
CHOICES = {
    "ann": Preferences(types={"voicemails": {"text": True}, "text_received": {"email": True}}),
    "carla": Preferences(rollup=(BOSTON,)),
    "dan": Preferences(lines=("line-desk",)),
    "pia": Preferences(types={"new_lead": {"email": True}}, grace_minutes=1, daily_cap=2),
}


async def tell(directory: Directory) -> None:
    """Write what is missing of the story. Safe to repeat: what is there, and what people chose meanwhile, stays."""
    await _accounts(directory)
    for user in USERS:
        if await directory.user(user.id) is None:
            await directory.put_user(user)
    await _put_missing(directory, RING_GROUPS)
    await _put_missing(directory, LINES)
    await _put_missing(directory, GROUPS)
    await _put_missing(directory, CONTACTS)
    for id, chosen in CHOICES.items():
        await _choose(directory, id, chosen)


async def _accounts(directory: Directory) -> None:
    """Write the accounts; a demo from before there were franchises is taken into the story."""
    tree = await directory.tree()
    if (alone := tree.get(ROOT)) and not tree.descendants(ROOT):
        await directory.put_account(replace(alone, add_ons=tuple({*alone.add_ons, "rollup"})))
    for account in ACCOUNTS:
        if tree.get(account.id) is None:
            await directory.put_account(account)


async def _put_missing(directory: Directory, values: Sequence[Object]) -> None:
    for value in values:
        if await directory.get(type(value), ROOT, value.id) is None:
            await directory.put(ROOT, value)


async def _choose(directory: Directory, user: str, chosen: Preferences) -> None:
    """Choose for somebody who never chose anything."""
    if (account := await directory.account_of(user)) is None:
        return
    held = await directory.held_preferences(account, user)
    if not held.document:
        with contextlib.suppress(Changed):  # somebody chose in this moment
            await directory.put_preferences(account, user, chosen, held)
