import { randomBytes } from "node:crypto";

import { APPROVAL, AUTHORIZE, BACKCHANNEL, KEYS, TOKEN, USERINFO } from "./paths.mjs";
import { accountOfHint, CLAIMS_OF_SCOPES, findAccount } from "./person.mjs";

const HOUR = 3600;
const DAY = 24 * HOUR;

// One for the life of the program: a browser keeps its cookies when the provider changes its signing keys.
const COOKIE_KEY = randomBytes(32).toString("base64url");

/** How the provider is set up. `askPerson` is told of every backchannel request that a person would now see. */
export function configuration({ clients, jwks, adapter, askPerson }) {
  return {
    clients,
    jwks,
    adapter,
    findAccount,
    routes: {
      authorization: AUTHORIZE,
      token: TOKEN,
      jwks: KEYS,
      userinfo: USERINFO,
      backchannel_authentication: BACKCHANNEL,
    },
    scopes: Object.keys(CLAIMS_OF_SCOPES),
    claims: CLAIMS_OF_SCOPES,
    responseTypes: ["code"],
    clientAuthMethods: ["client_secret_basic", "client_secret_post"],
    extraClientMetadata: { properties: ["msn"] },
    pkce: { required: () => true },
    cookies: { keys: [COOKIE_KEY] },
    interactions: { url: (_ctx, interaction) => `${APPROVAL}${interaction.uid}` },
    features: features(askPerson),
    ttl: lifetimes(),
  };
}

function features(askPerson) {
  return {
    ciba: {
      enabled: true,
      processLoginHint: (_ctx, hint) => accountOfHint(hint),
      triggerAuthenticationDevice: (_ctx, request) => askPerson(request),
      verifyUserCode: () => {},
      validateRequestContext: () => {},
    },
    // On by default, and nothing that Vipps has.
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    resourceIndicators: { enabled: false },
    rpInitiatedLogout: { enabled: false },
  };
}

// Seconds. The lifetimes of Vipps where those are known, and otherwise longer than any test.
function lifetimes() {
  return {
    AccessToken: 3599,
    AuthorizationCode: 120,
    BackchannelAuthenticationRequest: (ctx) => Number(ctx.oidc.params.requested_expiry ?? 600),
    IdToken: HOUR,
    Interaction: HOUR,
    Session: DAY,
    Grant: DAY,
  };
}
