"""User tokens: the happy ones of every kind, and each way one can be wrong."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from hub.core.tokens import Claims, HubKey, Refusal, Trust, mint, read_jwks, verify

NOW = 1_764_000_000.0
SECRET, OTHER, UNKNOWN = b"s" * 32, b"o" * 32, b"u" * 32
HUB = HubKey("hub-1", b"h" * 32)
SHARED = Trust(HUB, (SECRET, OTHER))
PRIVATE: dict[str, Any] = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}
WRITERS: dict[str, Any] = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}


def public(algorithm: str, **more: str) -> dict[str, Any]:
    """Write the public half as a row of a JWKS."""
    row = json.loads(WRITERS[algorithm].to_jwk(PRIVATE[algorithm].public_key()))
    return {key: value for key, value in row.items() if key != "key_ops"} | {"kid": algorithm} | more


JWKS = Trust(HUB, public_keys=read_jwks({"keys": [public(algorithm) for algorithm in PRIVATE]}))


def signed(secret: bytes = SECRET, headers: dict[str, Any] | None = None, **claims: Any) -> str:
    payload = {"sub": "ann", "exp": int(NOW) + 600} | claims
    return jwt.encode({key: value for key, value in payload.items() if value is not ...}, secret, headers=headers)


def code(token: str, trust: Trust = SHARED, now: float = NOW) -> str:
    outcome = verify(token, trust, now)
    return outcome.code if isinstance(outcome, Refusal) else "accepted"


def encoded(*parts: bytes) -> str:
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_two_secrets_are_valid_at_a_time(secret: bytes) -> None:
    assert verify(signed(secret), SHARED, NOW) == Claims("ann", None, NOW + 600)


def test_an_unknown_secret_is_refused() -> None:
    assert code(signed(UNKNOWN)) == "invalid"


@pytest.mark.parametrize("algorithm", PRIVATE)
def test_each_kind_of_public_key_verifies_its_algorithm(algorithm: str) -> None:
    payload = {"sub": "ann", "exp": NOW + 600}
    for headers in ({"kid": algorithm}, None):
        token = jwt.encode(payload, PRIVATE[algorithm], algorithm, headers=headers)
        assert verify(token, JWKS, NOW) == Claims("ann", None, NOW + 600)


def test_a_key_id_that_the_jwks_does_not_have_is_refused() -> None:
    token = jwt.encode({"sub": "ann", "exp": NOW + 600}, PRIVATE["ES256"], "ES256", headers={"kid": "rotated"})
    assert code(token, JWKS) == "invalid"


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_a_key_is_pinned_to_one_algorithm(algorithm: str) -> None:
    token = jwt.encode({"sub": "ann", "exp": NOW + 600}, PRIVATE["RS256"], algorithm, headers={"kid": "RS256"})
    assert code(token, JWKS) == "invalid"


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_secret_verifies_hs256_and_nothing_else(algorithm: str) -> None:
    assert code(jwt.encode({"sub": "ann", "exp": NOW + 600}, SECRET, algorithm)) == "invalid"


def test_hs256_is_refused_where_only_a_jwks_is_trusted() -> None:
    assert code(signed(), JWKS) == "invalid"


@pytest.mark.parametrize("trust", [SHARED, JWKS])
@pytest.mark.parametrize("name", ["none", "None", "NONE"])
def test_an_unsigned_token_is_refused(name: str, trust: Trust) -> None:
    header = json.dumps({"alg": name, "typ": "JWT"}).encode()
    assert code(encoded(header, b'{"sub":"ann","exp":1764000600}', b""), trust) == "invalid"


@pytest.mark.parametrize("trust", [SHARED, JWKS, Trust(HUB, issuer="https://id.example", audience="hub")])
def test_the_hubs_own_token_is_accepted_in_either_mode(trust: Trust) -> None:
    assert verify(mint("ann", 600, HUB, NOW), trust, NOW) == Claims("ann", None, NOW + 600)


@pytest.mark.parametrize(
    ("secret", "kid", "issuer"),
    [(SECRET, "hub-1", "hub"), (HUB.secret, "hub-2", "hub"), (HUB.secret, "hub-1", "else"), (HUB.secret, "k1", "hub")],
)
def test_the_hubs_key_id_key_and_issuer_belong_together(secret: bytes, kid: str, issuer: str) -> None:
    assert code(signed(secret, {"kid": kid}, iss=issuer)) == "invalid"


def test_C_17_a_log_in_as_token_names_who_acts_and_lives_an_hour_at_most() -> None:
    token = mint("ann", 86_400, HUB, NOW, actor="olga")
    assert verify(token, SHARED, NOW) == Claims("ann", "olga", NOW + 3600)


def test_C_17_a_longer_log_in_as_token_is_refused() -> None:
    act = {"sub": "olga"}
    assert code(signed(exp=int(NOW) + 3660, act=act)) == "accepted"
    assert code(signed(exp=int(NOW) + 3661, act=act)) == "invalid"
    assert code(signed(iat=int(NOW) - 3000, exp=int(NOW) + 3000, act=act)) == "invalid", "100 minutes from its making"
    assert code(signed(exp=int(NOW) + 86_400)) == "accepted"


@pytest.mark.parametrize("act", ["olga", None, [], {}, {"sub": None}, {"sub": 5}, {"sub": ""}, True])
def test_a_malformed_act_is_refused(act: object) -> None:
    assert code(signed(act=act)) == "invalid"


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": ...},
        {"sub": 7},
        {"sub": ""},
        {"sub": "x" * 129},
        {"sub": None},
        {"exp": ...},
        {"exp": "1764000600"},
        {"exp": True},
        {"exp": None},
        {"exp": -1},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"exp": 10**400},
        {"nbf": "soon"},
        {"iat": "once"},
        {"nbf": int(NOW) + 61},
    ],
    ids=str,
)
def test_a_claim_of_the_wrong_shape_is_refused(claims: dict[str, Any]) -> None:
    assert code(signed(**claims)) == "invalid"


@pytest.mark.parametrize(
    ("late", "outcome"), [(0, "accepted"), (59.9, "accepted"), (60, "expired"), (9_999, "expired")]
)
def test_an_expired_token_is_told_apart_after_60_seconds_of_leeway(late: float, outcome: str) -> None:
    assert code(signed(exp=int(NOW)), now=NOW + late) == outcome


def test_an_expired_token_of_a_stranger_is_invalid_not_expired() -> None:
    assert code(signed(UNKNOWN, exp=int(NOW) - 999)) == "invalid"
    assert code(signed(exp=int(NOW) - 999, act="olga")) == "invalid"


@pytest.mark.parametrize(
    ("claims", "outcome"),
    [
        ({"iss": "https://id.example", "aud": "hub"}, "accepted"),
        ({"iss": "https://id.example", "aud": ["crm", "hub"]}, "accepted"),
        ({"iss": "https://id.example", "aud": "crm"}, "invalid"),
        ({"iss": "https://id.example"}, "invalid"),
        ({"iss": "https://else.example", "aud": "hub"}, "invalid"),
        ({"aud": "hub"}, "invalid"),
    ],
)
def test_issuer_and_audience_are_checked_where_set(claims: dict[str, Any], outcome: str) -> None:
    assert code(signed(**claims), Trust(HUB, (SECRET,), issuer="https://id.example", audience="hub")) == outcome


def test_issuer_and_audience_are_free_where_unset() -> None:
    assert code(signed(iss="anyone", aud="anything", iat=int(NOW) + 5)) == "accepted"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        "....",
        "\ud800.a.b",
        "x" * 20_000,
        encoded(b"[" * 9_000, b"{}", b""),
        encoded(b"[]", b"{}", b""),
        encoded(b"\xff", b"{}", b""),
        encoded(b'{"alg":["HS256"]}', b"{}", b""),
        encoded(b'{"alg":"HS256","kid":5}', b"{}", b""),
        encoded(b'{"alg":"HS256","b64":false,"crit":["b64"]}', b"{}", b""),
    ],
    ids=lambda token: ascii(token[:20]),
)
def test_hostile_bytes_are_refused_calmly(token: str) -> None:
    assert code(token) == code(token, JWKS) == "invalid"


@given(st.text(max_size=60))
def test_no_text_at_all_raises(token: str) -> None:
    assert code(token) == "invalid"


def test_a_critical_header_that_we_do_not_know_is_refused() -> None:
    assert code(signed(headers={"crit": ["vip"], "vip": True})) == "invalid"


@pytest.mark.parametrize(
    "row",
    [
        {"kty": "oct", "k": "c2VjcmV0"},
        public("RS256", use="enc"),
        public("RS256", alg="RS512"),
        public("ES256", crv="P-384"),
        {"kty": "RSA", "n": "!", "e": "AQAB"},
        {"kty": "RSA"},
        {},
        "key",
    ],
    ids=lambda row: ascii(row)[:40],
)
def test_a_key_of_no_use_is_passed_over(row: object) -> None:
    keys = read_jwks({"keys": [row, public("EdDSA")]})
    assert [key.algorithm for key in keys] == ["EdDSA"]


def test_a_weak_rsa_key_is_passed_over() -> None:
    row = json.loads(RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 1024).public_key()))
    assert read_jwks({"keys": [row]}) == ()


@pytest.mark.parametrize("document", [{}, {"keys": None}, {"keys": {}}])
def test_a_jwks_without_keys_is_empty(document: dict[str, Any]) -> None:
    assert read_jwks(document) == ()


def test_a_short_secret_is_no_secret() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Trust(HUB, (b"short",))
    with pytest.raises(ValueError, match="32 bytes"):
        HubKey("hub-1", b"short")
    with pytest.raises(ValueError, match="hub-"):
        HubKey("k1", SECRET)


def test_no_secret_is_ever_printed() -> None:
    assert "ssss" not in repr(SHARED)
    assert "hhhh" not in repr(SHARED)
