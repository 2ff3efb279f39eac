// Where Vipps serves Login. The trailing slash of the issuer is part of its name.

const ACCESS = "/access-management-1.0/access";

export const ISSUER = `${ACCESS}/`;
export const DISCOVERY = `${ACCESS}/.well-known/openid-configuration`;
export const KEYS = `${ACCESS}/.well-known/jwks.json`;
export const AUTHORIZE = `${ACCESS}/oauth2/auth`;
export const TOKEN = `${ACCESS}/oauth2/token`;
export const USERINFO = "/vipps-userinfo-api/userinfo";
export const BACKCHANNEL = "/vipps-login-ciba/api/backchannel/authentication";

/** Where the browser is sent to be approved; not a path of Vipps, whose page for this is nobody else's business. */
export const APPROVAL = `${ACCESS}/approval/`;

/** The one route that the provider does not let us name: it wants it at the root. */
export const DISCOVERY_OF_PROVIDER = "/.well-known/openid-configuration";

const OF_PROVIDER = [KEYS, AUTHORIZE, TOKEN, USERINFO, BACKCHANNEL];

/**
 * The provider also answers at its own names, at the root. A client that joins issuer and path wrongly must not find
 * something there.
 */
export function isOfProvider(path) {
  return OF_PROVIDER.includes(path) || path.startsWith(`${AUTHORIZE}/`);
}
