"""Links that need no log-in: only the hub can have written them, and they stay good."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.links import Subscription, check, sign
from hub.core.tokens import HubKey, Trust, mint, verify

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
ANN = Subscription("ann", "task_due")


def test_a_link_says_whose_and_what_e_mail_it_ends() -> None:
    assert check(sign(ANN, KEY), KEY) == ANN


def test_a_link_of_another_installation_is_worth_nothing() -> None:
    assert check(sign(ANN, OTHER_KEY), KEY) is None


def test_what_a_link_says_cannot_be_exchanged() -> None:
    version, _, seal = sign(ANN, KEY).split(".")
    said = sign(Subscription("bob", "task_due"), KEY).split(".")[1]
    assert check(f"{version}.{said}.{seal}", KEY) is None
    assert check(f"v2.{said}.{seal}", KEY) is None


def test_neither_a_user_token_nor_a_link_is_taken_for_the_other() -> None:
    hub_key = HubKey("hub-1", KEY)
    assert check(mint("ann", 60, hub_key, 0), KEY) is None
    assert not hasattr(verify(sign(ANN, KEY), Trust(hub_key), 0), "user")


@pytest.mark.parametrize("place", range(0, len(sign(ANN, KEY)) - 1, 7))
def test_a_link_with_a_changed_character_is_refused(place: int) -> None:
    token = sign(ANN, KEY)
    other = "A" if token[place] != "A" else "B"
    assert check(token[:place] + other + token[place + 1 :], KEY) is None


@given(st.text(max_size=80))
def test_no_text_that_the_hub_did_not_write_is_a_link(token: str) -> None:
    assert check(token, KEY) is None
    assert check(f"v1.{token}.{token}", KEY) is None


@given(st.text(max_size=20), st.text(max_size=20))
def test_what_was_signed_is_read_back(user: str, type: str) -> None:
    assert check(sign(Subscription(user, type), KEY), KEY) == Subscription(user, type)
