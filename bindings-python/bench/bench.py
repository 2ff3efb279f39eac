"""The package beside its peers: ratios of things measured in one run, round by round, median of the paired ratios.

    python bench.py [rounds]

Peers that are not installed are left out, and that is said. Prints a table and, last, the same as one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata
from typing import Any

import vipps_partner_auth as vipps
from vipps_emulator import Emulator, Reply

MSN = "123456"
Case = Callable[[int], float]


def timed(work: Callable[[], object]) -> Case:
    def run(times: int) -> float:
        turns = range(times)
        began = time.perf_counter()
        for _ in turns:
            work()
        return (time.perf_counter() - began) / times

    return run


def paired(cases: dict[str, Case], times: int, rounds: int) -> dict[str, list[float]]:
    """Each round runs every case once, so that all of them share its weather."""
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            taken[name].append(case(times))
    return taken


def ratio(taken: dict[str, list[float]], name: str, reference: str) -> float:
    return statistics.median(a / b for a, b in zip(taken[name], taken[reference]))


def report(title: str, reference: str, taken: dict[str, list[float]], unit: float, unit_name: str) -> dict[str, Any]:
    print(f"\n{title}\n{'':44}{'min ' + unit_name:>10}{'time / reference':>18}")
    rows = {}
    for name, times in taken.items():
        rows[name] = round(ratio(taken, name, reference), 3)
        print(f"  {name:42}{min(times) / unit:10.2f}{rows[name]:18.3f}")
    return {"title": title, "reference": reference, "ratios": rows}


def id_tokens(emulator: Emulator, rounds: int) -> dict[str, Any]:
    jwt = emulator.mint_id_token(MSN, nonce="n-0001", access_token="opaque.token", claims={"email": "kari@example.test"})
    verifier = vipps.IdTokenVerifier(emulator.base_url, jwks=emulator.jwks())
    cases: dict[str, Case] = {"ours: all checks": timed(lambda: verifier.verify(jwt, MSN, nonce="n-0001"))}
    cases.update(peers(emulator.jwks(), jwt))
    reference = next((name for name in cases if name.startswith("cryptography")), "ours: all checks")
    return report("one ID token (RS256, 2048 bit)", reference, paired(cases, 200, rounds), 1e-6, "µs")


def peers(jwks: Any, jwt: str) -> dict[str, Case]:
    found: dict[str, Case] = {}
    for peer in (cryptography_alone, pyjwt, authlib, joserfc, python_jose, google_auth):
        try:
            name, work = peer(jwks, jwt)
        except ImportError as error:
            print(f"not installed: {error.name}")
            continue
        work()
        found[name] = timed(work)
    return found


def rsa_key(jwks: Any, jwt: str) -> Any:
    kid = json.loads(decoded(jwt.split(".")[0]))["kid"]
    return next(key for key in jwks["keys"] if key["kid"] == kid)


def decoded(text: str) -> bytes:
    import base64

    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def public_key(jwks: Any, jwt: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    key = rsa_key(jwks, jwt)
    n, e = (int.from_bytes(decoded(key[name]), "big") for name in ("n", "e"))
    return RSAPublicNumbers(e, n).public_key()


def cryptography_alone(jwks: Any, jwt: str) -> tuple[str, Callable[[], object]]:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    key = public_key(jwks, jwt)
    message, _, signature = jwt.rpartition(".")
    parts = (decoded(signature), message.encode(), PKCS1v15(), SHA256())
    return "cryptography: the signature alone", lambda: key.verify(*parts)


def pyjwt(jwks: Any, jwt: str) -> tuple[str, Callable[[], object]]:
    import jwt as module

    keys, options = module.PyJWKSet.from_dict(jwks), {"verify_aud": False}
    kid = module.get_unverified_header(jwt)["kid"]
    return f"PyJWT {metadata.version('pyjwt')}, key set", lambda: module.decode(
        jwt, keys[module.get_unverified_header(jwt).get("kid", kid)].key, algorithms=["RS256"], options=options
    )


def authlib(jwks: Any, jwt: str) -> tuple[str, Callable[[], object]]:
    from authlib.jose import JsonWebKey, JsonWebToken

    keys, module = JsonWebKey.import_key_set(jwks), JsonWebToken(["RS256"])
    return f"Authlib {metadata.version('authlib')}", lambda: module.decode(jwt, keys).validate()


def joserfc(jwks: Any, jwt: str) -> tuple[str, Callable[[], object]]:
    from joserfc import jwt as module
    from joserfc.jwk import KeySet

    keys, registry = KeySet.import_key_set(jwks), module.JWTClaimsRegistry(exp={"essential": True})
    return f"joserfc {metadata.version('joserfc')}", lambda: registry.validate(
        module.decode(jwt, keys, algorithms=["RS256"]).claims
    )


def python_jose(jwks: Any, jwt: str) -> tuple[str, Callable[[], object]]:
    from jose import jwk
    from jose import jwt as module

    key, options = jwk.construct(rsa_key(jwks, jwt), "RS256"), {"verify_aud": False, "verify_at_hash": False}
    return f"python-jose {metadata.version('python-jose')}, held key", lambda: module.decode(
        jwt, key, algorithms=["RS256"], options=options
    )


def google_auth(jwks: Any, jwt: str) -> tuple[str, Callable[[], object]]:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from google.auth import jwt as module

    pem = public_key(jwks, jwt).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    certs = {rsa_key(jwks, jwt)["kid"]: pem}
    return f"google-auth {metadata.version('google-auth')}", lambda: module.decode(jwt, certs=certs)


def headers(partner: vipps.Partner, rounds: int) -> dict[str, Any]:
    shops = [partner.merchant(str(100_000 + i)) for i in range(10_000)]
    for shop in shops:
        shop.headers()
    token, until, key = partner.access_token().secret, time.time() + 3600, "0123456789abcdef0123456789abcdef"

    def literal(msn: str) -> object:
        if time.time() >= until:
            raise RuntimeError("not fresh")
        return {
            "Authorization": f"Bearer {token}",
            "Ocp-Apim-Subscription-Key": key,
            "Merchant-Serial-Number": msn,
            "Vipps-System-Name": "acme",
            "Vipps-System-Version": "3.1.2",
            "Vipps-System-Plugin-Name": "acme-webshop",
            "Vipps-System-Plugin-Version": "4.5.6",
        }

    msns = [shop.msn for shop in shops]

    def literals(_: int) -> float:
        began = time.perf_counter()
        for msn in msns:
            literal(msn)
        return (time.perf_counter() - began) / len(msns)

    def ours(_: int) -> float:
        began = time.perf_counter()
        for shop in shops:
            shop.headers()
        return (time.perf_counter() - began) / len(shops)

    cases = {"a dict literal after a look at the clock": literals, "ours: headers()": ours}
    return report("headers, each of 10,000 merchants", next(iter(cases)), paired(cases, 0, rounds), 1e-9, "ns")


def warm(partner: vipps.Partner, rounds: int) -> dict[str, Any]:
    """What peers take from a token that is there to the header with it; ours makes all headers of a call."""
    shop = partner.merchant(MSN)
    cases: dict[str, Case] = {"ours: headers()": timed(shop.headers)}
    for peer in (authlib_client, google_auth_credentials, msal_client):
        try:
            name, work = peer()
        except ImportError as error:
            print(f"not installed: {error.name}")
            continue
        assert "fixture" in str(work())
        cases[name] = timed(work)
    return report("a header with a token that is there", next(iter(cases)), paired(cases, 1_000, rounds), 1e-6, "µs")


URL = "https://api.example/epayment/v1/payments"


def authlib_client() -> tuple[str, Callable[[], object]]:
    from authlib.integrations.requests_client import OAuth2Session

    token = {"token_type": "Bearer", "access_token": "fixture", "expires_at": int(time.time()) + 3600}
    session = OAuth2Session("id", "secret", token=token)

    def work() -> object:
        session.ensure_active_token(session.token)
        return session.token_auth.prepare(URL, {}, "")[1]

    return f"Authlib {metadata.version('authlib')}", work


def google_auth_credentials() -> tuple[str, Callable[[], object]]:
    from datetime import datetime, timedelta

    from google.oauth2.credentials import Credentials

    credentials = Credentials("fixture", expiry=datetime.utcnow() + timedelta(hours=1))

    def work() -> object:
        headers: dict[str, str] = {}
        credentials.before_request(None, "GET", URL, headers)
        return headers

    return f"google-auth {metadata.version('google-auth')}", work


def msal_client() -> tuple[str, Callable[[], object]]:
    from msal import ConfidentialClientApplication

    base = "https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555"

    class Answer:
        status_code = 200
        headers: dict[str, str] = {}
        text = json.dumps(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/token",
                "token_type": "Bearer",
                "access_token": "fixture",
                "expires_in": 3600,
            }
        )

        def raise_for_status(self) -> None: ...

    class Stub:
        def get(self, url: str, **_: Any) -> Answer:
            return Answer()

        post = get

        def close(self) -> None: ...

    settings = {"authority": base, "http_client": Stub(), "instance_discovery": False}
    application = ConfidentialClientApplication("id", client_credential="secret", **settings)

    def work() -> object:
        token = application.acquire_token_for_client(["https://api.example/.default"])["access_token"]
        return {"Authorization": f"Bearer {token}"}

    return f"MSAL {metadata.version('msal')}", work


def awaited(partner: vipps.Partner, rounds: int) -> dict[str, Any]:
    shop = partner.merchant(MSN)

    async def plain() -> dict[str, str]:
        return shop.headers()

    def loop(work: Callable[[], Any]) -> Case:
        async def turns(times: int) -> float:
            began = time.perf_counter()
            for _ in range(times):
                await work()
            return (time.perf_counter() - began) / times

        return lambda times: asyncio.run(turns(times))

    cases = {"an async def that has them": loop(plain), "ours: await headers_async()": loop(shop.headers_async)}
    return report("warm await", next(iter(cases)), paired(cases, 5_000, rounds), 1e-9, "ns")


def cold(emulator: Emulator, rounds: int) -> dict[str, Any]:
    keys, system, latency, waiters = emulator.partner_keys().for_partner(), vipps.SystemInfo("acme", "1"), 0.1, 10_000
    emulator.set_latency("standard_token", latency)

    def ours(_: int) -> float:
        partner = vipps.Partner(keys, system, environment=emulator.base_url)
        shop, before = partner.merchant(MSN), emulator.count("/accesstoken/get")
        taken = asyncio.run(stampede(shop.headers_async))
        assert emulator.count("/accesstoken/get") == before + 1
        return taken

    def lock(_: int) -> float:
        async def run() -> float:
            guard, known = asyncio.Lock(), []

            async def get() -> Any:
                if known:
                    return known[0]
                async with guard:
                    if not known:
                        await asyncio.sleep(latency)
                        known.append({})
                    return known[0]

            return await stampede(get)

        return asyncio.run(run())

    async def stampede(work: Callable[[], Any]) -> float:
        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(waiters)))
        return (time.perf_counter() - began - latency) / waiters

    taken = paired({"asyncio.Lock, a fetch of 100 ms": lock, "ours: one fetch of 100 ms": ours}, 1, rounds)
    emulator.set_latency("standard_token", 0)
    return report("cold, 10,000 tasks at once, per task over the fetch", next(iter(taken)), taken, 1e-6, "µs")


def imports(rounds: int) -> dict[str, Any]:
    def of(script: str) -> Case:
        def run(_: int) -> float:
            began = time.perf_counter()
            subprocess.run([sys.executable, "-I", "-c", script], check=True)
            return time.perf_counter() - began

        return run

    cases = {"nothing": of("pass"), "ours": of("import vipps_partner_auth"), "asyncio": of("import asyncio")}
    for peer in ("google.auth", "joserfc.jwt", "msal", "jwt, requests"):
        if subprocess.run([sys.executable, "-c", f"import {peer}"], capture_output=True).returncode == 0:
            cases[peer] = of(f"import {peer}")
    taken = paired(cases, 1, rounds)
    told = report("a process that imports", "nothing", taken, 1e-3, "ms")
    over = {name: statistics.median(a - b for a, b in zip(taken[name], taken["nothing"])) for name in cases}
    print("  over nothing: " + ", ".join(f"{name} {span * 1e3:.1f} ms" for name, span in over.items()))
    return {**told, "over_nothing_ms": {name: round(span * 1e3, 2) for name, span in over.items()}}


RESIDENT = """
def resident():
    import os
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
before = resident()
"""
MERCHANTS = """
import sys
from vipps_partner_auth import Partner, PartnerKeys, SystemInfo
partner = Partner(PartnerKeys("id", "secret", "key"), SystemInfo("acme", "3.1.2"), environment=sys.argv[1])
partner.headers()
used = resident()
shops = [partner.merchant(str(200_000 + i)) for i in range(10_000)]
handles = resident()
for shop in shops:
    shop.headers()
after = resident()
print(used - before, (handles - used) / 10_000, (after - used) / 10_000, after - before)
"""


def memory(emulator: Emulator) -> dict[str, Any]:
    """In a process of its own, since what others left free would be used again."""
    token = json.dumps({"access_token": "x" * 1_000, "token_type": "Bearer", "expires_in": 3600})
    emulator.script("/accesstoken/get", [Reply(200, headers={"content-type": "application/json"}, body=token)])
    command = [sys.executable, "-c", RESIDENT + MERCHANTS, emulator.base_url]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    names = ("first_use", "each_handle", "each_with_headers", "process_with_10_000")
    bytes_of = dict(zip(names, (round(float(number)) for number in told.split())))
    print("\nmemory, bytes over the empty process: " + ", ".join(f"{name} {size}" for name, size in bytes_of.items()))
    return {"title": "memory", **bytes_of}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    print(f"vipps-partner-auth {vipps.__version__}, Python {sys.version.split()[0]}, {rounds} rounds")
    with Emulator.start(merchants=[MSN]) as emulator:
        system = vipps.SystemInfo("acme", "3.1.2", plugin_name="acme-webshop", plugin_version="4.5.6")
        partner = vipps.Partner(emulator.partner_keys().for_partner(), system, environment=emulator.base_url)
        partner.headers()
        tables = [memory(emulator)] if os.path.exists("/proc/self/statm") else []
        tables += [id_tokens(emulator, rounds), headers(partner, rounds), warm(partner, rounds)]
        tables += [awaited(partner, rounds)]
        tables += [cold(emulator, min(rounds, 7)), imports(rounds)]
    print("\n" + json.dumps(tables))


if __name__ == "__main__":
    main()
