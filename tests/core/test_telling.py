"""Telling: moves that two accounts hear of, bulks, and what holds for everybody in every company."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.core.catalogue import load
from hub.core.directory import Account, AccountTree, Contact, Line, RingGroup, User
from hub.core.events import ORIGINS, Event
from hub.core.moves import SINGLE
from hub.core.preferences import Defaults, Preferences, Scope, channels, reach
from hub.core.routing import TOLD, Decision, Dropped, Member, Reason, Routed, Way, concerned, tell
from tests.core.scenes import MINE, OFF, member, play, scene, yes

SIX = tuple(f"c{i}" for i in range(6))
PEOPLE = [member("ann"), member("will", account="west"), member("eva", account="east")]


def move(type: str, contacts: tuple[str, ...] = (), to: str = "west", left: str = "east", **fields: Any) -> Event:
    return Event(type, to, "evt-1", contacts=contacts, data={"from_account": left}, **fields)


def verdicts(ways: tuple[Way, ...]) -> list[Decision]:
    return [one for way in ways if isinstance(way.outcome, Routed) for one in way.outcome.decisions]


def told_of(ways: tuple[Way, ...]) -> list[tuple[str, str, str | None]]:
    return [
        (one.user, one.type, way.event.contact)
        for way in ways
        if isinstance(way.outcome, Routed)
        for one in way.outcome.told
    ]


def test_C_48_C_49_AMB_09_the_receiving_account_and_the_one_left_hear_of_a_move() -> None:
    for type in ("single_reassigned", "single_released"):
        ways = play(move(type, contact="c0"), *PEOPLE)
        assert [(way.event.type, way.event.account) for way in ways] == [(type, "west"), ("contact_moved", "east")]
        assert told_of(ways) == [("will", type, "c0"), ("eva", "contact_moved", "c0")]


def test_C_27_AMB_09_a_contact_moved_that_is_posted_itself_is_told_in_both_accounts_too() -> None:
    ways = play(move("contact_moved", contact="c0"), *PEOPLE)
    assert told_of(ways) == [("will", "contact_moved", "c0"), ("eva", "contact_moved", "c0")]


def test_C_40_C_41_AMB_10_six_contacts_are_one_notice_on_either_side() -> None:
    for type in ("bulk_reassigned", "bulk_released"):
        ways = play(move(type, SIX), *PEOPLE)
        assert told_of(ways) == [("will", type, None), ("eva", "contact_moved", None)]
        assert [way.event.data["count"] for way in ways] == [6, 6]


def test_AMB_10_one_to_five_are_single_notices_and_one_word_to_the_account_left() -> None:
    ways = play(move("bulk_released", SIX[:3]), *PEOPLE)
    assert told_of(ways) == [
        *(("will", "single_released", contact) for contact in SIX[:3]),
        ("eva", "contact_moved", None),
    ]


def test_AMB_08_AMB_09_who_would_hear_of_both_sides_hears_once() -> None:
    ann = member("ann", rollup=("east", "west"))
    first, second = play(move("single_reassigned", contact="c0"), ann)
    assert verdicts((first,)) == [yes("ann", "single_reassigned", Reason.ROLLED_UP, "t:single_reassigned")]
    assert verdicts((second,)) == [Decision("ann", "acme", "contact_moved", False, Reason.ALREADY_TOLD)]


def test_AMB_09_who_turned_the_notice_off_is_told_of_neither_side() -> None:
    off = {"single_reassigned": OFF, "contact_moved": OFF}
    ways = play(move("single_reassigned", contact="c0"), member("ann", off, rollup=("east", "west")))
    assert [one.reason for one in verdicts(ways)] == [Reason.TYPE_OFF, Reason.TYPE_OFF]


def test_AMB_09_a_move_down_from_the_parent_tells_the_parents_people_once() -> None:
    people = member("ann", rollup=("west",)), member("bob"), member("will", account="west")
    assert told_of(play(move("single_reassigned", contact="c0", left="acme"), *people)) == [
        ("will", "single_reassigned", "c0"),
        ("ann", "single_reassigned", "c0"),
        ("bob", "contact_moved", "c0"),
    ]


def test_AMB_03_AMB_09_of_a_bulk_ones_own_contact_counts() -> None:
    mine = {"bulk_reassigned": OFF, "contact_moved": MINE}
    people = [member(id, mine, account=account) for id, account in (("eva", "east"), ("eli", "east"), ("will", "west"))]
    contacts = [Contact("c3", "west", assigned_user="eva"), Contact("c4", "west", assigned_user="will")]
    ways = play(move("bulk_reassigned", SIX), *people, contacts=contacts)
    assert told_of(ways) == [("will", "contact_moved", None), ("eva", "contact_moved", None)]


def test_what_must_be_read_of_a_move_is_both_sides_and_what_lies_above_them() -> None:
    tree = scene(move("single_reassigned")).tree
    assert concerned(load(), move("single_reassigned", to="west", left="shop"), tree) == {
        *("west", "shop", "east", "acme"),
    }
    assert concerned(load(), move("bulk_released", SIX, left="gone"), tree) == {"west", "acme"}


def test_an_account_left_that_is_gone_hears_nothing() -> None:
    assert len(play(move("single_released", contact="c0", left="gone"), *PEOPLE)) == 1


def test_E_15_a_blocked_contact_moves_in_silence_but_not_a_bulk_with_others() -> None:
    blocked = [Contact("c0", "west", blocked=True)]
    ways = play(move("single_released", contact="c0"), *PEOPLE, contacts=blocked)
    assert [way.outcome for way in ways] == [Dropped("contact_blocked")] * 2
    two = play(move("bulk_released", SIX[:2]), *PEOPLE, contacts=blocked)
    assert told_of(two) == [("will", "single_released", "c1"), ("eva", "contact_moved", None)]


# What holds in every company: small trees, circles among them, with anybody anywhere.

ACCOUNTS = ("a", "b", "c", "d")
USERS = tuple(f"u{i}" for i in range(6))
SHAPES: list[dict[str, str | None]] = [{"b": "a", "c": "a", "d": "b"}, {"b": "a", "c": "b", "d": "c"}]
KINDS = [kind.id for kind in load()]
MOVES = [*SINGLE, *SINGLE.values()]
LINKED = ["line_text", "line_voicemail", "call_incoming", "line_fax"]
some = st.sampled_from
flags = st.fixed_dictionaries({}, optional={"system": st.booleans(), "au": st.booleans()})
ANY_KIND = some(KINDS) | some(MOVES) | some(LINKED)
types = st.dictionaries(some(KINDS), flags, max_size=4)


@st.composite
def companies(draw: st.DrawFn) -> tuple[AccountTree, dict[str, Member], dict[str, Contact]]:
    parents = draw(some(SHAPES) | st.fixed_dictionaries({id: st.none() | some(ACCOUNTS) for id in ACCOUNTS}))
    add_ons = [draw(some([("rollup",), ("rollup",), ()])) for _ in ACCOUNTS]
    accounts = {id: Account(id, parent=parents.get(id), add_ons=add_ons[i]) for i, id in enumerate(ACCOUNTS)}
    people = {id: draw(members(id)) for id in draw(st.sets(some(USERS), min_size=2))}
    contacts = {id: Contact(id, "a", assigned_user=draw(st.none() | some((*USERS, "gone")))) for id in SIX}
    return AccountTree(accounts), people, contacts


@st.composite
def members(draw: st.DrawFn, id: str) -> Member:
    user = User(
        id,
        draw(some(ACCOUNTS)),
        roles=tuple(draw(st.sets(some(["agent", "manager", "admin", "billing_admin", "salesperson"])))),
        presence=draw(some(["available", "busy"])),
        active=draw(some([True, True, True, False])),
    )
    chosen = Preferences(
        types=draw(types),
        rollup=draw(some([ACCOUNTS, ACCOUNTS, (), ("b",)])),
        lines=draw(some([(), ("l1",)])),
        defaults=Defaults(draw(types)),
    )
    return Member(user, chosen)


@st.composite
def events(draw: st.DrawFn, kinds: st.SearchStrategy[str] = ANY_KIND) -> Event:
    type = draw(kinds)
    changes = {"changes": {"status": ["new", "complete"]}, "step": {"notify": True}, "sms": {"notify": True}}
    return Event(
        type,
        draw(some(ACCOUNTS)),
        "evt-1",
        draw(some(("api", *ORIGINS))),
        contact=draw(st.none() | some(SIX)),
        line="l1",
        users=tuple(draw(st.lists(some((*USERS, "gone")), max_size=4))),
        data={**changes, "from_account": draw(some((*ACCOUNTS, "gone")))},
        original_contact=draw(some(SIX)),
        contacts=tuple(draw(st.sets(some(SIX)))) if type in SINGLE else (),
    )


@st.composite
def lines(draw: st.DrawFn) -> tuple[Line, RingGroup]:
    line = Line("l1", "a", owner=draw(st.none() | some((*USERS, "gone"))), ring_group="front")
    group = RingGroup("front", "a", members=tuple(draw(st.lists(some((*USERS, "gone")), max_size=4))))
    return line, RingGroup(group.id, group.account, "", group.members, draw(st.booleans()))


Company = tuple[AccountTree, dict[str, Member], dict[str, Contact]]


def tell_all(event: Event, company: Company, behind: tuple[Line, RingGroup]) -> tuple[Way, ...]:
    tree, people, contacts = company
    return play(
        event,
        *people.values(),
        contacts=contacts.values(),
        line=behind[0],
        ring_group=behind[1],
        accounts=[*tree],
    )


@given(events() | events(some(MOVES)), companies(), lines())
def test_AMB_08_nobody_is_told_twice_of_one_happening(
    event: Event, company: Company, behind: tuple[Line, RingGroup]
) -> None:
    ways = tell_all(event, company, behind)
    for way in ways:
        considered = [one.user for one in verdicts((way,))]
        assert len(considered) == len(set(considered))
    by_user: dict[str, list[Way]] = {}
    for way in ways:
        for one in verdicts((way,)):
            if one.told:
                by_user.setdefault(one.user, []).append(way)
    for several in by_user.values():
        contacts = [way.event.contact for way in several]
        singles = {way.event.type for way in several} <= {*SINGLE.values()} and len(set(contacts)) == len(contacts)
        assert len(several) == 1 or (singles and event.type in SINGLE and len(several) <= 5)


@given(events(), companies(), lines())
def test_C_06_off_means_off_and_every_told_user_listens_to_the_channel(
    event: Event, company: Company, behind: tuple[Line, RingGroup]
) -> None:
    people = company[1]
    for one in verdicts(tell_all(event, company, behind)):
        if not one.told:
            assert (one.channel, one.reason in TOLD) == ("", False)
            continue
        listener, kind = people[one.user], load()[one.type]
        assert listener.user.active
        assert one.account == listener.user.account
        assert reach(kind, listener.preferences, listener.user) is not Scope.OFF
        assert one.reason in TOLD
        assert one.channel in channels(load(), listener.user, listener.preferences)


@given(events(), companies(), lines())
def test_C_18_AMB_14_only_listed_accounts_below_roll_up_and_only_with_the_add_on(
    event: Event, company: Company, behind: tuple[Line, RingGroup]
) -> None:
    tree, people, _ = company
    for way in tell_all(event, company, behind):
        for one in verdicts((way,)):
            if one.reason is Reason.ROLLED_UP:
                above = tree.get(one.account)
                assert above is not None
                assert "rollup" in above.add_ons
                assert way.event.account in people[one.user].preferences.rollup
                assert one.account in tree.ancestors(way.event.account)
                assert load()[one.type].rollup
            elif one.reason is Reason.ALL_OF_TYPE:
                assert one.account == way.event.account


@given(events(), companies(), lines())
def test_deciding_twice_gives_the_same_however_things_are_stored(
    event: Event, company: Company, behind: tuple[Line, RingGroup]
) -> None:
    tree, people, contacts = company
    turned = (tree, dict(reversed(people.items())), contacts)
    assert tell_all(event, company, behind) == tell_all(event, turned, behind)


@given(events(), companies(), lines(), some(USERS), types)
def test_C_02_C_03_no_users_choice_changes_what_another_gets(
    event: Event, company: Company, behind: tuple[Line, RingGroup], user: str, chosen: dict[str, Any]
) -> None:
    tree, people, contacts = company
    if user not in people:
        return
    changed = Member(people[user].user, Preferences(types=chosen))
    before = tell_all(event, company, behind)
    after = tell_all(event, (tree, {**people, user: changed}, contacts), behind)
    for old, new in zip(before, after, strict=True):
        others = [[one for one in verdicts((way,)) if one.user != user] for way in (old, new)]
        assert sorted(others[0], key=repr) == sorted(others[1], key=repr)


@given(events(), companies(), lines())
def test_what_the_rules_ask_for_is_all_they_need(
    event: Event, company: Company, behind: tuple[Line, RingGroup]
) -> None:
    tree, people, contacts = company
    line, group = behind
    asked = scene(event, *people.values(), contacts=contacts.values(), line=line, ring_group=group, accounts=[*tree])
    everything = {id: {one.user.id: one for one in people.values() if one.user.account == id} for id in ACCOUNTS}
    assert tell(load(), asked) == tell(load(), replace(asked, members=everything))
