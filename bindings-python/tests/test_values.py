"""Values: shown, compared, hashed, copied, pickled; documentation and signatures. Needs pytest alone."""

from __future__ import annotations

import copy
import importlib.util
import inspect
import pickle
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
import vipps_partner_auth as vipps
from vipps_emulator import Emulator
from vipps_partner_auth import types

from test_api import CALLBACK, KARI, MSN, SYSTEM, come_back, keys, pending

SECRET = "a-secret-of-ours"


@pytest.fixture
def values(vipps_emulator: Emulator, vipps_partner: vipps.Partner) -> dict[str, Any]:
    """One value of each kind, and each made twice where it can be."""
    vipps_emulator.register_redirect_uri(MSN, CALLBACK)
    vipps_emulator.auto_approve(KARI)
    shop = vipps_partner.merchant(MSN)
    login = shop.login(CALLBACK)
    request = login.start(["openid", "name", "address"])
    callback_url = come_back(vipps_emulator, request.url)
    code = request.code(callback_url)
    result = login.finish(callback_url, request)
    person = login.userinfo(result)
    return {
        "claims": result.claims,
        "userinfo": person,
        "address": person.address,
        "request": request,
        "code": code,
        "result": result,
        "login_token": result.access_token,
        "token": vipps_partner.access_token(),
        "keys": keys(),
        "unit_keys": vipps.SalesUnitKeys("id", SECRET, "a-subscription-key", MSN),
        "special_keys": vipps.SpecializedKeys("id", SECRET),
        "system": vipps.SystemInfo("acme", "1", plugin_name="it's", plugin_version="2"),
        "environment": vipps.Environment("test"),
        "stats": vipps_partner.stats(),
        "pending": pending(),
        "ping": ping_of(vipps_emulator, shop),
        "revoked": vipps.UnverifiedConsentRevoked.parse(vipps_emulator.consent_revoked_body(MSN, KARI)),
    }


def ping_of(emulator: Emulator, shop: vipps.Merchant) -> vipps.BackchannelPing:
    started = shop.backchannel().start(f"urn:msisdn:{KARI}", ["openid"])
    return vipps.BackchannelPing.parse(emulator.ping_body(started.auth_req_id))


SECRETS = {"code", "result", "login_token", "token", "keys", "unit_keys", "special_keys"}


def test_values_are_values(values: dict[str, Any]) -> None:
    for name, value in values.items():
        for other in (copy.copy(value), copy.deepcopy(value), copy.deepcopy([value])[0]):
            assert other == value and hash(other) == hash(value), name
        assert value != object() and len({value, copy.copy(value)}) == 1
        if name not in SECRETS:
            again = pickle.loads(pickle.dumps(value))
            assert again == value and repr(again) == repr(value) and hash(again) == hash(value), name


def test_what_is_secret_says_why_it_cannot_be_pickled(values: dict[str, Any]) -> None:
    for name in SECRETS:
        with pytest.raises(TypeError, match=f"cannot pickle {type(values[name]).__name__}: .*secret|.*tokens"):
            pickle.dumps(values[name])
    with pytest.raises(TypeError, match="cannot pickle Authorization: it holds a token"):
        pickle.dumps(vipps.Authorization(({}, values["token"])))


def test_claims_and_userinfo_survive_a_pickle_whole(values: dict[str, Any]) -> None:
    claims, person = (pickle.loads(pickle.dumps(values[name])) for name in ("claims", "userinfo"))
    assert (claims.sub, claims.msn, claims.to_dict()) == (person.sub, MSN, values["claims"].to_dict())
    assert (claims.issued_at, claims.expires_at) == (values["claims"].issued_at, values["claims"].expires_at)
    assert claims.claim("sub") == claims.sub and claims.claim("no", 7) == 7 and claims.claim("no") is None
    assert (person.name, person.address, person.to_dict()) == (
        "Kari Fixture",
        values["address"],
        values["userinfo"].to_dict(),
    )


def test_repr_is_pythons_and_shows_nothing_secret_or_personal(values: dict[str, Any]) -> None:
    request = values["request"]
    shown = {
        "request": f"LoginRequest(msn='{MSN}', redirect_uri='{CALLBACK}', scopes=['openid', 'name', 'address'], ...)",
        "claims": f"IdTokenClaims(sub='{values['claims'].sub}', msn='{MSN}', ...)",
        "userinfo": f"Userinfo(sub='{values['claims'].sub}', ...)",
        "address": "Address(...)",
        "code": "AuthorizationCode(...)",
        "token": f"AccessToken(expires_at='{values['token'].expires_at.isoformat()}', ...)",
        "keys": f"PartnerKeys(client_id='{keys().client_id}', ...)",
        "unit_keys": f"SalesUnitKeys(client_id='id', msn='{MSN}', ...)",
        "system": """SystemInfo(name='acme', version='1', plugin_name="it's", plugin_version='2')""",
    }
    for name, text in shown.items():
        assert repr(values[name]) == text
    all_text = " ".join(map(repr, values.values()))
    secrets = [SECRET, "a-subscription-key", request.code_verifier, request.state, values["code"].code]
    secrets += [values["token"].secret, values["login_token"].secret, values["result"].id_token, "Kari"]
    assert not [secret for secret in secrets if secret in all_text]
    assert repr(vipps.Authorization(({"authorization": SECRET}, values["token"]))) == "Authorization(...)"
    assert eval(repr(values["system"]), {"SystemInfo": vipps.SystemInfo}) == values["system"]


def test_counters_by_name(values: dict[str, Any]) -> None:
    stats = values["stats"]
    counters = dict(stats)
    assert counters == {name: getattr(stats, name) for name in dir(stats) if not name.startswith("_")}
    assert len(counters) == 12 and counters["token_requests"] == stats.token_requests == 1


def test_keys_can_be_looked_up(values: dict[str, Any]) -> None:
    """As in ``functools.lru_cache`` around what makes a ``Partner``."""
    assert {keys(): 1}[keys()] == 1
    assert values["special_keys"] != vipps.SpecializedKeys("id", "another-secret")
    assert (keys().client_id, values["unit_keys"].client_id) == ("11111111-2222-4333-8444-555555555555", "id")


def test_classes_are_known_by_their_public_names() -> None:
    with pytest.raises(vipps.InvalidConfigError) as raised:
        vipps.Environment("http://elsewhere.example")
    told = "".join(traceback.format_exception_only(raised.type, raised.value))
    assert told.startswith("vipps_partner_auth.InvalidConfigError: ")
    for name in vipps.__all__:
        public = getattr(vipps, name)
        if isinstance(public, type):
            assert public.__module__ == "vipps_partner_auth", name
            assert public.__doc__, name
            for member, value in vars(public).items():
                # Of a slot it stands in the source, where editors look for it.
                is_data = value is None or isinstance(value, (str, bool)) or inspect.ismemberdescriptor(value)
                assert member.startswith("_") or is_data or value.__doc__, f"{name}.{member}"


def test_the_stub_has_the_documentation_of_the_classes() -> None:
    place = Path(__file__).parents[1] / "scripts" / "document_stub.py"
    spec = importlib.util.spec_from_file_location("document_stub", place)
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    stub = script.STUB.read_text(encoding="utf-8")
    if sys.version_info < (3, 11):
        pytest.skip("older Pythons read the stub's newer syntax otherwise")
    assert script.documented(stub) == stub, "run scripts/document_stub.py"


def test_signatures_name_each_setting() -> None:
    settings = set(types.Settings.__annotations__)
    assert set(inspect.signature(vipps.Partner).parameters) == {"keys", "system", *settings}
    assert set(inspect.signature(vipps.IdTokenVerifier).parameters) == {"environment", "jwks", *settings}
    for name in settings:
        vipps.Partner(keys(), SYSTEM, **{name: None})  # type: ignore[arg-type]

    class Own(vipps.Partner):
        def __init__(self, *_: object, **__: object) -> None: ...

    assert set(inspect.signature(Own).parameters) == {"_", "__"}


def test_what_is_not_known_is_refused_even_when_it_is_none(vipps_partner: vipps.Partner) -> None:
    verify: Any = vipps.IdTokenVerifier().verify
    shop: Any = vipps_partner.merchant(MSN)
    for call in (
        lambda: vipps.Partner(keys(), SYSTEM, dead_line=None),  # type: ignore[call-arg]
        lambda: verify("x", MSN, nonse=None),
        lambda: verify("x", MSN, {"nonce": "n"}),
        lambda: shop.verify_id_token("x", {"nonce": "n"}),
        lambda: shop.login(CALLBACK).start(["openid"], acr=None),
        lambda: shop.login(CALLBACK).start(["openid"], {"acr_values": "x"}),
        lambda: shop.backchannel().start("urn:msisdn:4791234567", ["openid"], binding=None),
    ):
        with pytest.raises(TypeError):
            call()


def test_an_expectation_that_no_token_can_hold_is_refused_by_name() -> None:
    verify: Any = vipps.IdTokenVerifier().verify
    for name in set(types.Expect.__annotations__) - {"flow"}:
        with pytest.raises(vipps.InvalidConfigError) as refused:
            verify("x", MSN, **{name: "half a surrogate \ud83d"})
        assert refused.value.field == name


def test_claims_can_be_encoded_and_agree(vipps_emulator: Emulator) -> None:
    jwt = vipps_emulator.mint_id_token(MSN, claims={"name": "Kari \U0001f600", "more": {"a": [1, None]}})
    claims = vipps.IdTokenVerifier(vipps_emulator.base_url).verify(jwt, MSN)
    assert claims.claim("name") == claims.to_dict()["name"] == "Kari \U0001f600"
    assert claims.claim("more") == {"a": [1, None]}
    claims.to_dict()["name"].encode()
