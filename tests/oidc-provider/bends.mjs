import { CompactSign, decodeJwt, decodeProtectedHeader, importJWK } from "jose";

/**
 * Lies that the next ID token tells. A certified provider does not issue a wrong one, so a right one is changed and
 * signed again, with the provider's own key: everything about it but the lie is true.
 */
export class Bends {
  #queued = [];

  /** Whatever was queued until then holds for the next ID token, and for that one only. */
  claims(change) {
    this.#queued.push(change);
  }

  audience(clientId) {
    this.claims(() => ({ aud: clientId }));
  }

  /** As if it had been issued so much earlier that it expired `seconds` ago. */
  expired(seconds) {
    this.claims(({ iat, exp }) => {
      const expired = Math.floor(Date.now() / 1000) - seconds;
      return { iat: expired - (exp - iat), exp: expired };
    });
  }

  async applyTo(idToken, signingKey) {
    const changes = this.#queued.splice(0);
    return changes.length === 0 ? idToken : signed(bent(decodeJwt(idToken), changes), idToken, signingKey);
  }
}

function bent(claims, changes) {
  return changes.reduce((bentSoFar, change) => ({ ...bentSoFar, ...change(bentSoFar) }), claims);
}

async function signed(claims, original, signingKey) {
  const header = { ...decodeProtectedHeader(original), kid: signingKey.kid };
  const payload = new TextEncoder().encode(JSON.stringify(claims));
  return new CompactSign(payload).setProtectedHeader(header).sign(await importJWK(signingKey, "RS256"));
}
