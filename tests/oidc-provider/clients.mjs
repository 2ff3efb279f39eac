import { randomBytes, randomUUID } from "node:crypto";

const CIBA = "urn:openid:params:grant-type:ciba";

/** Three sales units: one for each method that the token endpoint knows, and one that is somebody else's. */
export function newClients() {
  return [
    newClient("client_secret_basic", "123456"),
    newClient("client_secret_post", "234567"),
    newClient("client_secret_basic", "654321"),
  ];
}

function newClient(method, msn) {
  return {
    client_id: randomUUID(),
    client_secret: newSecret(),
    token_endpoint_auth_method: method,
    msn,
    redirect_uris: ["https://shop.example/callback"],
    grant_types: ["authorization_code", CIBA],
    backchannel_token_delivery_mode: "poll",
  };
}

// Everything that Basic loses or changes unless both parts are form-encoded first (RFC 6749 section 2.3.1). The `%2B`
// is there because whoever decodes what was never encoded gets another secret from it.
function newSecret() {
  return `${randomBytes(18).toString("base64")}+%2B/=:&`;
}

/** What a test needs to know to be this client. */
export function credentials({ client_id, client_secret, token_endpoint_auth_method, msn }) {
  return { client_id, client_secret, method: token_endpoint_auth_method, msn };
}
