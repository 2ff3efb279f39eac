const PERSON = {
  sub: "c0ffee00-0000-4000-8000-000000000001",
  name: "Kari Fixture",
  given_name: "Kari",
  family_name: "Fixture",
  phone_number: "4791234567",
  phone_number_verified: true,
  email: "kari@example.test",
  email_verified: true,
  birthdate: "1990-02-28",
  address: {
    address_type: "home",
    country: "NO",
    formatted: "Prøvegata 1\nH0201\n0001\nOSLO\nNO",
    postal_code: "0001",
    region: "OSLO",
    street_address: "Prøvegata 1\nH0201",
  },
  other_addresses: [],
};

export const ACCOUNT = PERSON.sub;

export const CLAIMS_OF_SCOPES = {
  openid: ["sub", "msn", "at_hash"],
  name: ["name", "given_name", "family_name"],
  phoneNumber: ["phone_number", "phone_number_verified"],
  email: ["email", "email_verified"],
  address: ["address", "other_addresses"],
  birthDate: ["birthdate"],
};

export function findAccount(ctx, accountId) {
  if (accountId !== ACCOUNT) {
    return undefined;
  }
  return { accountId, claims: (use) => (use === "id_token" ? { ...PERSON, ...claimsOfLogin(ctx.oidc) } : PERSON) };
}

export function accountOfHint(hint) {
  return hint === `urn:msisdn:${PERSON.phone_number}` ? ACCOUNT : undefined;
}

// The provider leaves `at_hash` out of the tokens of the code flow, where it is optional, but hashes whatever it is
// given under that name. An opaque access token is its own identifier.
function claimsOfLogin({ client, accessToken }) {
  return { msn: client.msn, at_hash: accessToken.jti };
}
