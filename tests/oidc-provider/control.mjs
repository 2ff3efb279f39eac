/** What a test can do to the server behind the back of the client under test; parameters are in the query. */
export class Control {
  #login;

  #routes = {
    "GET requests": () => this.#login.witness.seen,
    "POST rotate-keys": (query) => this.#rotateKeys(query),
    "POST next-audience": (query) => this.#nextAudience(query),
    "POST next-expired": (query) => this.#nextExpired(query),
    "POST next-claim": (query) => this.#nextClaim(query),
    "POST next-refused": () => this.#login.refuseNext(),
    "POST backchannel": (query) => this.#backchannel(query),
  };

  constructor(login) {
    this.#login = login;
  }

  async answer(method, route, query, res) {
    const run = this.#routes[`${method} ${route}`];
    if (!run) {
      return send(res, 404, { error: "no such control" });
    }
    try {
      send(res, 200, (await run(query)) ?? {});
    } catch (error) {
      send(res, 400, { error: error.message });
    }
  }

  async #rotateKeys(query) {
    await this.#login.rotateKeys({ withdraw: query.get("withdraw") === "true" });
    return { kids: this.#login.keys.ids };
  }

  #nextAudience(query) {
    const someoneElse = this.#login.clients.at(-1).client_id;
    this.#login.bends.audience(query.get("client_id") ?? someoneElse);
  }

  #nextExpired(query) {
    const seconds = Number(query.get("seconds") ?? 7200);
    refuseUnless(Number.isSafeInteger(seconds), "seconds must be an integer");
    this.#login.bends.expired(seconds);
  }

  #nextClaim(query) {
    const name = query.get("name");
    refuseUnless(name, "name is missing");
    // Without a value, the claim is left out: that is what JSON does with `undefined`.
    this.#login.bends.claims(() => ({ [name]: query.get("value") ?? undefined }));
  }

  async #backchannel(query) {
    const decision = query.get("decision");
    refuseUnless(["approve", "deny", "expire"].includes(decision), "decision must be approve, deny or expire");
    const isKnown = await this.#login.decideBackchannel(decision, query.get("auth_req_id") ?? undefined);
    refuseUnless(isKnown, "nobody is being asked");
  }
}

function refuseUnless(isFine, message) {
  if (!isFine) {
    throw new Error(message);
  }
}

export function send(res, status, body) {
  res.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
