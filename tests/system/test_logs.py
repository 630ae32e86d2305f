"""What the hub logs holds no secret: a traceback shows no local variable."""

import io

import pytest
import structlog

from hub.app import logs


class Screen(io.StringIO):
    """A stderr that may be a terminal."""

    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_traceback_shows_no_local_variable(monkeypatch: pytest.MonkeyPatch, is_terminal: bool) -> None:
    screen = Screen(is_terminal)
    monkeypatch.setattr("sys.stderr", screen)
    logs.configure("info")
    token = "-".join(("hidden", "word"))
    try:
        assert token.isdigit()
    except AssertionError:
        structlog.get_logger("hub.test").exception("it failed")
    assert "AssertionError" in screen.getvalue()
    assert "it failed" in screen.getvalue()
    assert "hidden-word" not in screen.getvalue().partition("AssertionError")[0]
