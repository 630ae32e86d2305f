"""What holds of texts and e-mail in every company, whoever ticked what: off is off, and nothing comes twice."""

from collections import Counter
from dataclasses import replace
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from hub.core.audience import ASSIGNED, types_of
from hub.core.catalogue import load
from hub.core.directory import Contact, Line, RingGroup
from hub.core.events import Event
from hub.core.moves import SINGLE, left_behind
from hub.core.personal import GOES, Errand, errands, numbered, reached
from hub.core.preferences import Preferences, QuietHours, effective
from hub.core.quiet import quiet_until, zone_of
from hub.core.reasons import Reason
from hub.core.routing import Dropped, Member, Routed, Scene, Way, assigned_users, tell
from tests.core.scenes import scene
from tests.core.test_telling import MOVES, Company, companies, events, lines

NOW = 1_804_993_200.0  # 2027-03-13 22:00 in New York: the clock is put forward in the night that follows
OURS = "+15550100500"
some = st.sampled_from
mostly = some([True, True, True, False])
quiet_hours = st.builds(
    QuietHours,
    some(["01:00", "21:59", "22:00", "22:01"]),
    some(["02:30", "03:00", "07:00", "23:30"]),
    some([None, "America/New_York", "Europe/Berlin", "Not/There"]),
)


class Play(NamedTuple):
    """Hold an event with its company, and what came of it, way by way."""

    scene: Scene
    ways: tuple[Way, ...]
    errands: tuple[tuple[Errand, ...], ...]

    @property
    def people(self) -> dict[str, Member]:
        return {id: one for members in self.scene.members.values() for id, one in members.items()}

    @property
    def flat(self) -> list[Errand]:
        return [errand for found in self.errands for errand in found]

    @property
    def queued(self) -> list[Errand]:
        return [errand for errand in self.flat if errand.is_queued]


def played(event: Event, company: Company, behind: tuple[Line, RingGroup]) -> Play:
    tree, people, contacts = company
    line, ring_group = behind
    plain = scene(
        event, *people.values(), contacts=contacts.values(), line=line, ring_group=ring_group, accounts=[*tree]
    )
    set_up = replace(plain, numbers=frozenset({OURS}))
    ways = tell(load(), set_up)
    return Play(set_up, ways, tuple(errands(load(), set_up, way, NOW) for way in ways))


def types_told(event: Event) -> set[str]:
    left = left_behind(event)
    return {kind.id for one in (event, left) if one for kind in types_of(load(), one)} | {*SINGLE.values()}


@st.composite
def choices(draw: st.DrawFn, types: set[str], member: Member) -> Member:
    """Let somebody tick at random what the event may come as, and have numbers and addresses or not."""
    ticked = {type: {"text": draw(mostly), "email": draw(mostly)} for type in sorted(types) if draw(mostly)}
    chosen = {type: {**member.preferences.types.get(type, {}), **options} for type, options in ticked.items()}
    preferences = replace(
        member.preferences,
        types={**member.preferences.types, **chosen},
        text_enabled=draw(mostly),
        custom_number=draw(some([None, None, "+15550100777", OURS])),
        email_enabled=draw(mostly),
        email_copy=draw(mostly),
        quiet_hours=draw(quiet_hours | quiet_hours | st.none()),
    )
    zone = draw(some([None, "America/New_York", "Asia/Kathmandu"]))
    number, address = draw(some(["+15550100888", None])), draw(some([f"{member.user.id}@x.example", None]))
    return Member(replace(member.user, backup_number=number, email=address, time_zone=zone), preferences)


Inputs = tuple[Event, Company, tuple[Line, RingGroup]]


@st.composite
def inputs(draw: st.DrawFn) -> Inputs:
    event = draw(events() | events(some(MOVES)))
    tree, people, contacts = draw(companies())
    assigned = {id: replace(one, assigned_user=draw(some([*people, None]))) for id, one in contacts.items()}
    chosen = {id: draw(choices(types_told(event), one)) for id, one in people.items()}
    return event, (tree, chosen, assigned), draw(lines())


plays = inputs().map(lambda given: played(*given))


@given(plays)
def test_C_06_A_39_off_means_off_on_every_channel(play: Play) -> None:
    for one in play.queued:
        member, kind = play.people[one.user], load()[one.type]
        preferences, user = member.preferences, member.user
        assert user.active
        assert getattr(effective(kind, preferences, user), one.channel)
        assert one.channel in kind.channels
        if one.channel == "text":
            assert preferences.text_enabled
            assert one.to == (preferences.custom_number or user.backup_number) != OURS
        else:
            assert preferences.email_enabled
            assert preferences.email_copy or kind.source_system != "retailcrm"
            assert one.to == user.email
        assert one.to


@given(plays)
def test_E_22_who_gets_nothing_is_told_why_and_where_it_would_not_go(play: Play) -> None:
    for one in play.flat:
        assert one.is_queued == (one.reason in GOES) == (one.to is not None)
        assert one.is_queued or (one.not_before, one.urgent) == (None, False)
        assert one.account == play.people[one.user].user.account if one.user in play.people else one.to is None


@given(plays)
def test_AMB_08_never_two_for_one_user_channel_and_event(play: Play) -> None:
    for found in play.errands:
        assert not [place for place, count in Counter((one.user, one.channel) for one in found).items() if count > 1]
    several: dict[tuple[str, str], list[Event]] = {}
    for way, found in zip(play.ways, play.errands, strict=True):
        for one in found:
            if one.is_queued:
                several.setdefault((one.user, one.channel), []).append(way.event)
    for told in several.values():
        contacts = {event.contact for event in told}
        is_small_bulk = play.scene.event.type in SINGLE and {event.type for event in told} <= {*SINGLE.values()}
        assert len(told) == 1 or (is_small_bulk and len(contacts) == len(told) <= 5)


@given(plays)
def test_C_11_C_12_AMB_04_about_a_contact_only_its_assigned_users_are_sent_anything(play: Play) -> None:
    for way, found in zip(play.ways, play.errands, strict=True):
        for one in found:
            kind = load()[one.type]
            if one.is_queued and kind.personal_target in ASSIGNED:
                assert one.user in assigned_users(kind, way.event, play.scene)
                assert one.reason is Reason.ASSIGNED_USER
            assert kind.personal_target != "none"


@given(plays)
def test_A_03_A_34_to_an_audience_is_sent_whom_the_app_considers_by_the_same_link(play: Play) -> None:
    for way, found in zip(play.ways, play.errands, strict=True):
        decisions = way.outcome.decisions if isinstance(way.outcome, Routed) else ()
        considered = {one.user: one for one in decisions}
        for one in found:
            if one.is_queued and load()[one.type].personal_target == "audience":
                in_app = considered[one.user]
                refusals = (Reason.TYPE_OFF, Reason.NO_SYSTEM_CHANNEL)
                assert in_app.type != one.type or in_app.reason in (one.reason, *refusals)


@given(plays)
def test_E_15_a_dropped_event_sends_nothing(play: Play) -> None:
    for way, found in zip(play.ways, play.errands, strict=True):
        assert not (isinstance(way.outcome, Dropped) and found)


@given(plays)
def test_AMB_33_AMB_41_what_waits_waits_for_the_end_of_the_users_own_quiet_hours(play: Play) -> None:
    for one in play.queued:
        member = play.people[one.user]
        quiet, home = member.preferences.quiet_hours, play.scene.tree.get(one.account)
        assert one.urgent == load()[one.type].mandatory
        if quiet is None or one.urgent or home is None:
            assert one.not_before is None
        else:
            zone = zone_of(quiet.time_zone, member.user.time_zone, home.time_zone)
            assert one.not_before == quiet_until(quiet, zone, NOW)


@given(inputs())
def test_deciding_twice_gives_the_same_however_things_are_stored(given: Inputs) -> None:
    event, (tree, people, contacts), behind = given
    turned = (tree, dict(reversed(people.items())), dict(reversed(contacts.items())))
    assert played(*given).errands == played(event, turned, behind).errands


@given(inputs(), st.data())
def test_C_02_no_users_choice_changes_what_another_is_sent(given: Inputs, data: st.DataObject) -> None:
    event, (tree, people, contacts), behind = given
    user = data.draw(some(sorted(people)))
    changed = {**people, user: Member(people[user].user, Preferences(rollup=people[user].preferences.rollup))}
    before, after = played(*given), played(event, (tree, changed, contacts), behind)
    for found, other in zip(before.errands, after.errands, strict=True):
        assert [one for one in found if one.user != user] == [one for one in other if one.user != user]


@given(plays)
def test_everybody_sent_something_has_a_number_and_is_counted(play: Play) -> None:
    for way, found in zip(play.ways, play.errands, strict=True):
        numbers = numbered(way, found)
        decisions = way.outcome.decisions if isinstance(way.outcome, Routed) else ()
        assert [numbers[one.user] for one in decisions] == [*range(len(decisions))]
        assert sorted(numbers.values()) == [*range(len(numbers))]
        assert {one.user for one in found} <= numbers.keys()
    in_app = {one.user for way in play.ways if isinstance(way.outcome, Routed) for one in way.outcome.told}
    assert reached(play.ways, play.flat) == len(in_app | {one.user for one in play.queued})


@given(inputs(), st.booleans())
def test_C_11_who_is_assigned_has_ticked_it_and_can_be_reached_gets_it(given: Inputs, is_far: bool) -> None:
    _, (tree, people, _), behind = given
    account = "b" if is_far and tree.root("b") == tree.root("a") else "a"
    template = next(iter(people.values()))
    user = replace(
        template.user, id="u0", account=account, active=True, email="u0@x.example", backup_number="+15550100888"
    )
    ticked = Preferences(types={"new_lead": {"system": False, "text": True, "email": True}})
    company = (tree, {**people, "u0": Member(user, ticked)}, {"c0": Contact("c0", "a", assigned_user="u0")})
    play = played(Event("new_lead", "a", contact="c0"), company, behind)
    assert [(one.user, one.channel) for one in play.queued] == [("u0", "text"), ("u0", "email")]
