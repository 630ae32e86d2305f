"""The operator's key: set, or generated once and kept in the data directory."""

from __future__ import annotations

import os
import secrets

from hub.settings import Settings

FILE = "operator-key"


def read_operator_key(settings: Settings) -> str | None:
    """Return the key that is set or kept; None when there is none yet."""
    if settings.operator_key:
        return settings.operator_key
    try:
        return (settings.data_dir / FILE).read_text().strip() or None
    except OSError:
        return None


def ensure_operator_key(settings: Settings) -> tuple[str, bool]:
    """Return the key, and whether it was made just now: then it is to be printed, once."""
    if key := read_operator_key(settings):
        return key, False
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = f"hubop_{secrets.token_urlsafe(32)}"
    draft = settings.data_dir / f"{FILE}.{os.getpid()}"
    draft.touch(mode=0o600)
    draft.write_text(f"{key}\n")
    try:
        os.link(draft, settings.data_dir / FILE)  # fails where another hub was faster: one key, never two
    except FileExistsError:
        return (settings.data_dir / FILE).read_text().strip(), False
    finally:
        draft.unlink()
    return key, True
