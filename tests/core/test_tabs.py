"""The election, held against its own sentence in the contract."""

from hypothesis import given
from hypothesis import strategies as st

from hub.core.tabs import Tab, TabState, elect

TABS = st.lists(
    st.builds(
        Tab,
        id=st.text("abc", min_size=1, max_size=3),
        state=st.sampled_from(TabState),
        last_activity_us=st.integers(0, 3),
        connected_us=st.integers(0, 3),
        silent=st.booleans(),
        alive=st.booleans(),
    ),
    unique_by=lambda tab: tab.id,
    max_size=6,
)


def tab(
    id: str, state: str = "hidden", active: int = 0, connected: int = 0, silent: bool = False, alive: bool = True
) -> Tab:
    return Tab(id, TabState(state), active, connected, silent, "gateway", alive)


def winner(*tabs: Tab) -> str | None:
    elected = elect(tabs)
    return elected.id if elected else None


def test_R_18_the_focused_tab_wins_over_a_busier_visible_one() -> None:
    assert winner(tab("a", "focused"), tab("b", "visible", active=9, connected=9)) == "a"


def test_AMB_44_visible_beats_hidden() -> None:
    assert winner(tab("a", "hidden", active=9), tab("b", "visible")) == "b"


def test_AMB_44_then_latest_activity_then_latest_connected_then_greatest_id() -> None:
    assert winner(tab("b", active=1), tab("a", active=2)) == "a"
    assert winner(tab("b", connected=1), tab("a", connected=2)) == "a"
    assert winner(tab("a"), tab("b")) == "b"


def test_R_19_with_all_tabs_hidden_exactly_one_is_elected() -> None:
    assert winner(tab("a"), tab("b"), tab("c")) == "c"


def test_a_frozen_silent_or_dead_tab_is_never_elected() -> None:
    assert winner(tab("a", "frozen"), tab("b", "focused", silent=True), tab("c", "focused", alive=False)) is None
    assert winner() is None


def test_states_are_in_the_order_of_attention() -> None:
    assert list(TabState) == ["focused", "visible", "hidden", "frozen"]
    assert [state.rank for state in TabState] == [3, 2, 1, 0]


@given(TABS)
def test_the_elected_tab_can_show_and_nobody_better_was_passed_over(tabs: list[Tab]) -> None:
    elected = elect(tabs)
    able = [tab for tab in tabs if tab.alive and not tab.silent and tab.state != "frozen"]
    assert (elected is None) == (not able)
    if elected:
        assert elected in able
        assert not [tab for tab in able if tab.state.rank > elected.state.rank]
        equal = [tab for tab in able if tab.state is elected.state]
        assert elected.last_activity_us == max(tab.last_activity_us for tab in equal)


@given(TABS, st.randoms(use_true_random=False))
def test_the_order_in_which_tabs_are_listed_decides_nothing(tabs: list[Tab], chance: object) -> None:
    shuffled = list(tabs)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert elect(shuffled) == elect(tabs)


@given(TABS)
def test_taking_away_a_loser_changes_nothing(tabs: list[Tab]) -> None:
    elected = elect(tabs)
    for loser in tabs:
        if loser != elected:
            assert elect(tab for tab in tabs if tab is not loser) == elected
