"""Every HUB_ setting once: name, type, unit, default, help (protocol.md 1).

`load(environ, **flags)` is the only way in: it reads the environment it is given, lets flags win, and says
in plain words what is wrong (`SettingsError`). `unknown_names(environ)` finds mistyped names. What Kubernetes
injects for services called `hub` or `hub-…` (HUB_PORT=tcp://…, HUB_SERVICE_HOST, …) is ignored.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "HUB_"
LEAST_SECRET_BYTES = 32  # RFC 7518 3.2: an HS256 key is at least as long as its hash
LEAST_KEY_LENGTH = 16  # characters of an operator's key; a shorter one is guessed
STORE_SCHEMES = ("redis", "rediss", "unix", "redis+cluster", "redis+sentinel")
_INJECTED = re.compile(
    r"HUB(_\w+)?_SERVICE_HOST"
    r"|HUB(_\w+)?_SERVICE_PORT(_\w+)?"
    r"|HUB(_\w+)?_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?"
)
_INJECTED_PORT = re.compile(r"HUB(_\w+)?_PORT")
_PLAIN = {
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "bool_parsing": "must be 1 or 0",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than_equal": "must be {le:g} or less",
    "literal_error": "must be {expected}",
    "extra_forbidden": "is not a setting",
}


class Unfit(Exception):
    """Say in plain words why the hub cannot do what it was told: the end of a command, not a fault."""


class SettingsError(Unfit):
    """Say in plain words, one line each, what is wrong with the settings."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part for item in value.split(",") if (part := item.strip()))


def _address(url: str, schemes: tuple[str, ...]) -> str:
    """Return the url if it has one of these schemes and names a host (or, for unix, a path)."""
    try:
        parts = urlsplit(url)
    except ValueError:  # its words may repeat the password
        raise ValueError("must be a URL") from None
    if parts.scheme not in schemes:
        raise ValueError("must start with " + " or ".join(f"{scheme}://" for scheme in schemes))
    if "@" in url.partition("://")[2].removeprefix(parts.netloc) and parts.scheme != "unix":
        raise ValueError("must have / ? # and @ percent-encoded where they stand in its user name or password")
    if not (parts.path if parts.scheme == "unix" else parts.hostname):
        raise ValueError("must name " + ("a path" if parts.scheme == "unix" else "a host"))
    if "," not in parts.netloc and not _has_port(url):
        raise ValueError("must have a number from 1 to 65535 as its port, if any")
    return url


def _has_port(url: str) -> bool:
    """Tell whether the port of a url is one, or is left out."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def bare(text: str) -> str:
    """Take user name and password out of every URL in a text."""
    return re.sub(r"(?<=://)[^/\s@]*@|(?<=password=)[^&\s]+", "", text)


def _setting(default: Any, help: str, *, unit: str = "", secret: bool = False, **rules: Any) -> Any:
    """Describe one setting; what is secret is never shown or repeated."""
    extra: JsonDict = {"unit": unit, "secret": secret}
    return Field(default=default, description=help, repr=not secret, json_schema_extra=extra, **rules)


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]


class Settings(BaseSettings):
    """Hold the settings of one hub; frozen, so `model_copy(update=…)` makes another."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=PREFIX)

    host: str = _setting("127.0.0.1", "address to listen on", min_length=1)
    port: int = _setting(8080, "port to listen on; 0 takes a free one", ge=0, le=65535)
    workers: int = _setting(1, "processes that serve", unit="processes", ge=1, le=256)
    role: Literal["all", "gateway", "worker"] = _setting("all", "what this hub does: all, gateway or worker")
    log_level: Literal["debug", "info", "warning", "error"] = _setting("info", "least severe level that is logged")

    redis_url: str | None = _setting(
        None,
        "the store, as redis:// rediss:// unix:// redis+cluster:// or redis+sentinel://; unset = embedded",
        secret=True,
    )
    data_dir: Path = _setting(Path("hub-data"), "where the embedded store keeps its files, and the operator key")
    valkey_server: Path | None = _setting(None, "server program of the embedded store, instead of the bundled one")
    durability: Literal["disk", "process", "replica"] = _setting(
        "disk", "what a 2xx promises: disk, process or replica"
    )
    prefix: str = _setting(
        "hub", "first part of every key, channel and function name", pattern=r"^[A-Za-z0-9_.-]{1,40}$"
    )

    jwt_secret: Names = _setting(
        (), "HS256 secret, 32 bytes or more; two, comma-separated, while rotating", secret=True
    )
    jwks_url: str | None = _setting(None, "JWKS that verifies user tokens, instead of a secret")
    jwt_issuer: str | None = _setting(None, "`iss` that a user token must carry")
    jwt_audience: str | None = _setting(None, "`aud` that a user token must carry")
    operator_key: str | None = _setting(
        None, "the operator's key; unset = generated into the data directory", secret=True
    )
    allowed_origins: Names = _setting((), "origins, comma-separated, that a browser may come from; unset = same origin")
    allowed_hosts: Names = _setting((), "Host values answered, comma-separated, beside loopback and the bound address")
    public_url: str | None = _setting(None, "what the outside calls this hub; unset = taken from the request")

    smtp_url: str | None = _setting(
        None, "smtp:// (STARTTLS) or smtps:// server; unset = e-mail stays in the outbox", secret=True
    )
    email_from: str | None = _setting(None, "address that e-mail comes from")
    sms_url: str | None = _setting(
        None, "twilio://ACCOUNT_SID:AUTH_TOKEN@host; unset = texts stay in the outbox", secret=True
    )
    sms_from: str | None = _setting(None, "number or Messaging Service SID that texts to users come from")

    webhook_networks: Names = _setting(
        (), "networks, comma-separated, that webhooks may go to beside the public Internet, also over http"
    )

    test_mode: bool = _setting(False, "1 turns on /v1/test: a clock that can be set, and the outbox")
    tab_buffer: int = _setting(1_048_576, "owed to one tab before it is aborted as too slow", unit="bytes", ge=65_536)
    message_limit: int = _setting(65_536, "largest WebSocket message taken", unit="bytes", ge=1_024)
    body_limit: int = _setting(262_144, "largest request body", unit="bytes", ge=1_024)
    bulk_body_limit: int = _setting(1_048_576, "largest body of a bulk request", unit="bytes", ge=1_024)
    bulk_events: int = _setting(100, "most events in one bulk", unit="events", ge=1, le=10_000)
    rate_limit_keys: int = _setting(
        60_000, "most requests of one producer key; 0 = no limit", unit="requests a minute", ge=0, le=1_000_000_000
    )
    rate_limit_users: int = _setting(
        6_000, "most requests of one user; 0 = no limit", unit="requests a minute", ge=0, le=1_000_000_000
    )
    tabs_per_user: int = _setting(32, "most tabs of one user", unit="tabs", ge=1, le=10_000)
    hello_seconds: float = _setting(10, "time to say hello", unit="seconds", gt=0, le=3600)
    heartbeat_seconds: float = _setting(25, "time between two pings", unit="seconds", gt=0, le=3600)
    pong_seconds: float = _setting(10, "time to answer a ping", unit="seconds", gt=0, le=3600)
    drain_seconds: float = _setting(
        10, "time in which tabs are sent elsewhere before an exit", unit="seconds", ge=0, le=3600
    )

    def __repr__(self) -> str:
        return f"<Settings {' '.join(f'{name}={value}' for name, value in described(self))}>"

    __str__ = __repr__

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from the caller alone: `load` reads the environment it was given, not the process's."""
        return (init_settings,)

    @field_validator("redis_url")
    @classmethod
    def _check_store(cls, url: str | None) -> str | None:
        return url and _address(url, STORE_SCHEMES)

    @field_validator("data_dir")
    @classmethod
    def _check_directory(cls, path: Path) -> Path:
        found = path.expanduser()
        if found.is_file():
            raise ValueError(f"{path} is a file, not a directory")
        return found

    @field_validator("jwks_url", "public_url")
    @classmethod
    def _check_web_address(cls, url: str | None) -> str | None:
        return url and _address(url, ("https", "http")).rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _check_mail_server(cls, url: str | None) -> str | None:
        return url and _address(url, ("smtp", "smtps"))

    @field_validator("sms_url")
    @classmethod
    def _check_text_provider(cls, url: str | None) -> str | None:
        if url and not (urlsplit(_address(url, ("twilio",))).username and urlsplit(url).password):
            raise ValueError("must be twilio://ACCOUNT_SID:AUTH_TOKEN@host")
        return url

    @field_validator("webhook_networks")
    @classmethod
    def _check_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            try:
                ip_network(network)
            except ValueError:
                raise ValueError(f"holds {network!r}, which is not a network such as 10.0.0.0/8") from None
        return networks

    @field_validator("jwt_secret")
    @classmethod
    def _check_secrets(cls, secrets: tuple[str, ...]) -> tuple[str, ...]:
        if len(secrets) > 2:
            raise ValueError("takes at most two secrets, comma-separated")
        if any(len(secret.encode()) < LEAST_SECRET_BYTES for secret in secrets):
            raise ValueError(f"needs {LEAST_SECRET_BYTES} bytes or more in each secret")
        return secrets

    @field_validator("operator_key")
    @classmethod
    def _check_key(cls, key: str | None) -> str | None:
        if key and not re.fullmatch(r"[\x21-\x7e]+", key):
            raise ValueError("may hold visible ASCII characters only: it travels in a header")
        return key

    @field_validator("allowed_origins")
    @classmethod
    def _check_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_origin(origin) for origin in origins)

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if problems := list(_conflicts(self)):
            raise ValueError("\n".join(problems))
        return self


def _origin(text: str) -> str:
    parts = urlsplit(text.rstrip("/").lower())
    is_bare = not (parts.path or parts.query or parts.fragment or parts.username or "*" in text)
    if parts.scheme not in ("http", "https") or not parts.hostname or not is_bare:
        raise ValueError(f"holds {text!r}, which is not an origin such as https://crm.example")
    return f"{parts.scheme}://{parts.netloc}"


def _conflicts(settings: Settings) -> list[str]:
    """List what is wrong between two settings."""
    found = []
    if settings.jwt_secret and settings.jwks_url:
        found.append("HUB_JWT_SECRET and HUB_JWKS_URL: set one of the two")
    if settings.jwks_url and not (settings.jwt_issuer and settings.jwt_audience):
        found.append("HUB_JWKS_URL: needs HUB_JWT_ISSUER and HUB_JWT_AUDIENCE beside it")
    if settings.redis_url and not (settings.jwt_secret or settings.jwks_url):
        found.append("HUB_REDIS_URL: an outside store needs HUB_JWT_SECRET or HUB_JWKS_URL beside it")
    if settings.durability == "replica" and not settings.redis_url:
        found.append("HUB_DURABILITY: replica needs HUB_REDIS_URL, since the embedded store has no replica")
    if settings.smtp_url and not settings.email_from:
        found.append("HUB_SMTP_URL: needs HUB_EMAIL_FROM beside it")
    return found


def variable(field: str) -> str:
    """Name the environment variable of a field."""
    return PREFIX + field.upper()


def load(environ: Mapping[str, str], **flags: Any) -> Settings:
    """Read the settings from `environ`; a flag that is not None wins. Raises SettingsError."""
    given = {name: environ.get(variable(name), "").strip() for name in Settings.model_fields}
    values: dict[str, Any] = {
        name: text for name, text in given.items() if text and not _injected(variable(name), text)
    }
    values.update((name, flag) for name, flag in flags.items() if flag is not None)
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError([line for found in error.errors() for line in _plain(found)]) from None


def unknown_names(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """List each HUB_ name that is no setting, with the nearest one that is."""
    valid = [variable(name) for name in Settings.model_fields]
    strange = [
        name
        for name, value in sorted(environ.items())
        if name.upper().startswith(PREFIX) and name not in valid and not _injected(name, value)
    ]
    return [(name, difflib.get_close_matches(name.upper(), valid, n=1, cutoff=0.0)[0]) for name in strange]


def doubts(settings: Settings) -> list[str]:
    """Say what is allowed but unwise."""
    if settings.operator_key and len(settings.operator_key) < LEAST_KEY_LENGTH:
        return [f"HUB_OPERATOR_KEY: has fewer than {LEAST_KEY_LENGTH} characters, so it can be guessed"]
    return []


def described(settings: Settings) -> list[tuple[str, str]]:
    """List name and value of every setting as a person may see it: nothing secret is shown."""
    fields = Settings.model_fields.items()
    return [(variable(name), _shown(field, getattr(settings, name))) for name, field in fields]


def _injected(name: str, value: str) -> bool:
    """Tell whether Kubernetes put this variable there for a service."""
    if _INJECTED.fullmatch(name):
        return True
    return bool(_INJECTED_PORT.fullmatch(name) and re.match(r"(tcp|udp|sctp)://", value))


def _plain(error: ErrorDetails) -> list[str]:
    """Put one error of pydantic into our words, never repeating what is secret."""
    raised = error.get("ctx", {}).get("error")
    reason = str(raised) if raised else _PLAIN.get(error["type"], error["msg"]).format(**error.get("ctx", {}))
    if not error["loc"]:
        return reason.splitlines()
    field = str(error["loc"][0])
    known = Settings.model_fields.get(field)
    seen = "" if known is None or raised or _is_secret(known) else f", not {error['input']!r}"
    return [f"{variable(field)}: {reason}{seen}"]


def _is_secret(field: FieldInfo) -> bool:
    extra = field.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("secret"))


def _shown(field: FieldInfo, value: object) -> str:
    if value is None or value == ():
        return "(unset)"
    if isinstance(value, tuple):
        return f"(set, {len(value)})" if _is_secret(field) else ",".join(value)
    if not _is_secret(field):
        return bare(str(value))
    parts = urlsplit(str(value))
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.scheme else "(set)"
