import { generateKeyPair, randomUUID } from "node:crypto";
import { promisify } from "node:util";

/** The provider's signing keys, newest first: it signs with the first one that fits. */
export class Keys {
  #keys = [];

  /** Signs with a new key from now on. The old ones stay published, unless they are withdrawn. */
  async rotate({ withdraw }) {
    this.#keys = [await newKey(), ...(withdraw ? [] : this.#keys)];
  }

  get signing() {
    return this.#keys[0];
  }

  get ids() {
    return this.#keys.map((key) => key.kid);
  }

  get jwks() {
    return { keys: this.#keys };
  }
}

async function newKey() {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: `public:${randomUUID()}` };
}
