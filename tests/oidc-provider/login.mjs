import { errors, Provider } from "oidc-provider";

import { Bends } from "./bends.mjs";
import { newClients } from "./clients.mjs";
import { configuration } from "./configuration.mjs";
import { Keys } from "./keys.mjs";
import { ISSUER } from "./paths.mjs";
import { ACCOUNT } from "./person.mjs";
import { Store } from "./store.mjs";
import { Witness } from "./witness.mjs";

/** Login as Vipps has it, answered by `oidc-provider`. */
export class Login {
  clients = newClients();
  keys = new Keys();
  bends = new Bends();
  witness = new Witness();
  #issuer;
  #store = new Store();
  #provider;
  #answer;
  #asked;
  #isRefusing = false;

  constructor(baseUrl) {
    this.#issuer = `${baseUrl}${ISSUER}`;
  }

  static async start(baseUrl) {
    const login = new Login(baseUrl);
    await login.rotateKeys({ withdraw: false });
    return login;
  }

  async rotateKeys(how) {
    await this.keys.rotate(how);
    this.#provider = this.#newProvider();
    this.#answer = this.#provider.callback();
  }

  answer(req, res) {
    return this.#answer(req, res);
  }

  /** The next person who is asked in a browser says no. */
  refuseNext() {
    this.#isRefusing = true;
  }

  /** The page a person would see: whoever opens it is logged in and consents, in one go. */
  async approve(req, res) {
    const { params } = await this.#provider.interactionDetails(req, res);
    await this.#provider.interactionFinished(req, res, await this.#decision(params));
  }

  /** What the person does about a backchannel request: `approve`, `deny` or `expire`; the newest one if unnamed. */
  async decideBackchannel(decision, id = this.#asked) {
    const request = await this.#provider.BackchannelAuthenticationRequest.find(id);
    if (!request) {
      return false;
    }
    await this.#provider.backchannelResult(request, await this.#outcome(decision, request));
    return true;
  }

  async #decision({ client_id: clientId, scope }) {
    const isRefusing = this.#isRefusing;
    this.#isRefusing = false;
    if (isRefusing) {
      return { error: "access_denied", error_description: "the person said no" };
    }
    const grant = await this.#granted(clientId, scope);
    return { login: { accountId: ACCOUNT }, consent: { grantId: grant.jti } };
  }

  async #outcome(decision, { clientId, scope }) {
    switch (decision) {
      case "approve":
        return this.#granted(clientId, scope);
      case "deny":
        return new errors.AccessDenied("the person said no");
      default:
        return new errors.ExpiredToken("the person said nothing");
    }
  }

  async #granted(clientId, scope) {
    const grant = new this.#provider.Grant({ accountId: ACCOUNT, clientId });
    grant.addOIDCScope(scope);
    await grant.save();
    return grant;
  }

  #newProvider() {
    const provider = new Provider(this.#issuer, this.#configuration());
    provider.use((ctx, next) => this.witness.watch(ctx, next));
    provider.use((ctx, next) => this.#bend(ctx, next));
    provider.on("server_error", (_ctx, error) => console.error(error));
    return provider;
  }

  #configuration() {
    return configuration({
      clients: this.clients,
      jwks: this.keys.jwks,
      adapter: this.#store.adapter,
      askPerson: (request) => (this.#asked = request.jti),
    });
  }

  async #bend(ctx, next) {
    await next();
    if (ctx.body?.id_token) {
      ctx.body.id_token = await this.bends.applyTo(ctx.body.id_token, this.keys.signing);
    }
  }
}
