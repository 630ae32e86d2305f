"""The settings: what is refused and how it is said, which names are ours."""

from pathlib import Path

import pytest

from hub.settings import Settings, SettingsError, bare, described, doubts, load, unknown_names, variable

LONG = "a-secret-that-is-at-least-32-bytes-long"


def problems(**environ: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load(environ)
    return refused.value.problems


def test_without_any_setting_the_defaults_hold() -> None:
    settings = load({})
    assert (settings.host, settings.port, settings.workers, settings.role) == ("127.0.0.1", 8080, 1, "all")
    assert (settings.redis_url, settings.data_dir, settings.durability) == (None, Path("hub-data"), "disk")
    assert (settings.rate_limit_keys, settings.rate_limit_users) == (60_000, 6_000)
    assert not settings.test_mode


def test_every_setting_is_described() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name


def test_flags_win_and_a_flag_not_given_does_not() -> None:
    assert load({"HUB_PORT": "1"}, port=2).port == 2
    assert load({"HUB_PORT": "1"}, port=None).port == 1


def test_only_the_given_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_PORT", "9")
    assert load({}).port == 8080


def test_an_empty_value_is_no_value() -> None:
    assert load({"HUB_PORT": "", "HUB_JWKS_URL": " "}) == load({})


@pytest.mark.parametrize(("text", "on"), [("1", True), ("0", False), ("true", True)])
def test_switches(text: str, on: bool) -> None:
    assert load({"HUB_TEST_MODE": text}).test_mode is on


def test_lists_are_comma_separated() -> None:
    settings = load({"HUB_ALLOWED_ORIGINS": "https://CRM.example/, http://localhost:3000"})
    assert settings.allowed_origins == ("https://crm.example", "http://localhost:3000")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HUB_PORT", "eighty", "must be a whole number, not 'eighty'"),
        ("HUB_PORT", "70000", "must be 65535 or less, not '70000'"),
        ("HUB_WORKERS", "0", "must be 1 or more, not '0'"),
        ("HUB_WEBHOOK_NETWORKS", "10.0.0.0/8,inside", "holds 'inside', which is not a network such as 10.0.0.0/8"),
        ("HUB_RATE_LIMIT_KEYS", "-1", "must be 0 or more, not '-1'"),
        ("HUB_RATE_LIMIT_USERS", "many", "must be a whole number, not 'many'"),
        ("HUB_ROLE", "boss", "must be 'all', 'gateway' or 'worker', not 'boss'"),
        ("HUB_TEST_MODE", "perhaps", "must be 1 or 0, not 'perhaps'"),
        ("HUB_PONG_SECONDS", "0", "must be more than 0, not '0'"),
        ("HUB_JWT_SECRET", "short", "needs 32 bytes or more in each secret"),
        ("HUB_JWT_SECRET", f"{LONG},short", "needs 32 bytes or more in each secret"),
        ("HUB_JWT_SECRET", f"{LONG},{LONG},{LONG}", "takes at most two secrets, comma-separated"),
        ("HUB_SMS_URL", "twilio://api.twilio.com", "must be twilio://ACCOUNT_SID:AUTH_TOKEN@host"),
        ("HUB_SMTP_URL", "http://mail.example", "must start with smtp:// or smtps://"),
        ("HUB_PUBLIC_URL", "hub.example", "must start with https:// or http://"),
        ("HUB_ALLOWED_ORIGINS", "*", "holds '*', which is not an origin such as https://crm.example"),
        (
            "HUB_ALLOWED_ORIGINS",
            "https://crm.example/path",
            "holds 'https://crm.example/path', which is not an origin such as https://crm.example",
        ),
        (
            "HUB_OPERATOR_KEY",
            "two words",
            "may hold visible ASCII characters only: it travels in a header",
        ),
        (
            "HUB_DURABILITY",
            "replica",
            "replica needs HUB_REDIS_URL, since the embedded store has no replica",
        ),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(name: str, value: str, said: str) -> None:
    assert problems(**{name: value}) == [f"{name}: {said}"]


def test_all_problems_are_named_at_once() -> None:
    assert len(problems(HUB_PORT="x", HUB_WORKERS="y")) == 2


def test_a_secret_is_never_repeated() -> None:
    for name in ("HUB_JWT_SECRET", "HUB_OPERATOR_KEY", "HUB_SMS_URL", "HUB_SMTP_URL", "HUB_REDIS_URL"):
        assert "hidden word" not in str(problems(**{name: "hidden word"}))


@pytest.mark.parametrize(
    "url",
    ["redis://u:hid/den@h", "redis://u:1/hidden@h", "redis://u:1#hidden@h", "redis://u:hid\u2100den@h", "redis://[x"],
)
def test_a_password_that_is_not_encoded_is_refused_and_never_repeated(url: str) -> None:
    said = str(problems(HUB_REDIS_URL=url, HUB_JWT_SECRET=LONG))
    assert said.startswith("['HUB_REDIS_URL: must")
    assert "hid" not in said


@pytest.mark.parametrize("port", ["0", "99999", "x"])
def test_the_port_of_a_url_is_one(port: str) -> None:
    (said,) = problems(HUB_REDIS_URL=f"redis://store:{port}/0", HUB_JWT_SECRET=LONG)
    assert said == "HUB_REDIS_URL: must have a number from 1 to 65535 as its port, if any"


def test_a_file_is_no_data_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert problems(HUB_DATA_DIR=f"{tmp_path}/file") == [f"HUB_DATA_DIR: {tmp_path}/file is a file, not a directory"]
    assert load({"HUB_DATA_DIR": "~/hub"}).data_dir == Path.home() / "hub"


def test_a_short_operator_key_is_doubted() -> None:
    assert doubts(load({"HUB_OPERATOR_KEY": "0123456789abcde"}))
    assert not doubts(load({"HUB_OPERATOR_KEY": "0123456789abcdef"}))
    assert not doubts(load({}))


def test_a_text_is_shown_without_what_urls_in_it_hide() -> None:
    assert bare("no redis://u:p@h:1/0, and https://h/@x") == "no redis://h:1/0, and https://h/@x"
    assert bare("no redis://h/0?password=p&db=1 here") == "no redis://h/0?password=&db=1 here"


def test_two_secrets_are_valid_at_a_time() -> None:
    assert load({"HUB_JWT_SECRET": f"{LONG}1,{LONG}2"}).jwt_secret == (f"{LONG}1", f"{LONG}2")


def test_an_outside_store_needs_a_secret_or_a_jwks() -> None:
    (problem,) = problems(HUB_REDIS_URL="redis://store:6379/0")
    assert "HUB_JWT_SECRET or HUB_JWKS_URL" in problem
    assert load({"HUB_REDIS_URL": "redis://store:6379/0", "HUB_JWT_SECRET": LONG}).redis_url


def test_a_jwks_needs_an_issuer_and_an_audience() -> None:
    jwks = {"HUB_JWKS_URL": "https://id.example/jwks"}
    assert "HUB_JWT_ISSUER and HUB_JWT_AUDIENCE" in problems(**jwks)[0]
    assert load({**jwks, "HUB_JWT_ISSUER": "id", "HUB_JWT_AUDIENCE": "hub"}).jwks_url


def test_a_secret_and_a_jwks_exclude_each_other() -> None:
    both = {"HUB_JWKS_URL": "https://id.example/jwks", "HUB_JWT_ISSUER": "id", "HUB_JWT_AUDIENCE": "hub"}
    assert problems(**both, HUB_JWT_SECRET=LONG) == ["HUB_JWT_SECRET and HUB_JWKS_URL: set one of the two"]


@pytest.mark.parametrize(
    "url",
    [
        "redis://store:6379/0",
        "rediss://user:word@store:6380",
        "unix:///run/valkey.sock",
        "redis+cluster://a:7000,b:7001",
        "redis+sentinel://a:26379,b:26379/primary",
    ],
)
def test_the_kinds_of_stores(url: str) -> None:
    assert load({"HUB_REDIS_URL": url, "HUB_JWT_SECRET": LONG}).redis_url == url


def test_a_mistyped_name_is_found_with_the_nearest_valid_one() -> None:
    assert unknown_names({"HUB_REDIS_ULR": "x", "HUB_PORT": "1", "PATH": "y"}) == [("HUB_REDIS_ULR", "HUB_REDIS_URL")]
    assert unknown_names({"hub_port": "1"}) == [("hub_port", "HUB_PORT")]


KUBERNETES = {
    "HUB_SERVICE_HOST": "10.0.0.1",
    "HUB_SERVICE_PORT": "80",
    "HUB_SERVICE_PORT_HTTP": "80",
    "HUB_PORT": "tcp://10.0.0.1:80",
    "HUB_PORT_80_TCP": "tcp://10.0.0.1:80",
    "HUB_PORT_80_TCP_PROTO": "tcp",
    "HUB_PORT_80_TCP_PORT": "80",
    "HUB_PORT_80_TCP_ADDR": "10.0.0.1",
    "HUB_GATEWAY_SERVICE_HOST": "10.0.0.2",
    "HUB_GATEWAY_PORT": "tcp://10.0.0.2:80",
    "HUB_GATEWAY_PORT_80_TCP_ADDR": "10.0.0.2",
}


def test_what_kubernetes_injects_for_a_service_called_hub_is_ignored() -> None:
    assert unknown_names(KUBERNETES) == []
    assert load(KUBERNETES) == load({})
    assert load(KUBERNETES, port=8081).port == 8081


def test_what_is_described_holds_no_secret() -> None:
    settings = load(
        {
            "HUB_REDIS_URL": "redis://user:hidden@store:6379/0",
            "HUB_JWT_SECRET": "hidden" * 8,
            "HUB_OPERATOR_KEY": "hidden",
            "HUB_SMS_URL": "twilio://AC1:hidden@api.twilio.com",
            "HUB_PUBLIC_URL": "https://user:hidden@hub.example",
        }
    )
    shown = dict(described(settings))
    assert shown["HUB_REDIS_URL"] == "redis://store:6379/0"
    assert shown["HUB_SMS_URL"] == "twilio://api.twilio.com"
    assert shown["HUB_JWT_SECRET"] == "(set, 1)"
    assert "hidden" not in str(shown) + str(settings) + repr(settings)
    assert list(shown) == [variable(name) for name in Settings.model_fields]
