/**
 * What the provider remembers, in memory. It outlives a provider: keys are fixed when a provider is made, so that a
 * rotation makes another one, for which codes, tokens and sessions must still hold. Nothing is ever swept out; whether
 * something has expired is for the provider to say.
 */
export class Store {
  #entries = new Map();

  /** The provider asks for one such object per kind of thing it stores. */
  adapter = (kind) => ({
    find: async (id) => this.#entries.get(`${kind} ${id}`),
    findByUid: async (uid) => this.#first((entry, key) => key.startsWith(`${kind} `) && entry.uid === uid),
    upsert: async (id, entry) => void this.#entries.set(`${kind} ${id}`, entry),
    consume: async (id) => void (this.#entries.get(`${kind} ${id}`).consumed = Math.floor(Date.now() / 1000)),
    destroy: async (id) => void this.#entries.delete(`${kind} ${id}`),
    revokeByGrantId: async (grantId) => this.#forget((entry) => entry.grantId === grantId),
  });

  #first(matches) {
    return [...this.#entries].find(([key, entry]) => matches(entry, key))?.[1];
  }

  #forget(matches) {
    const found = [...this.#entries].filter(([, entry]) => matches(entry));
    found.forEach(([key]) => this.#entries.delete(key));
  }
}
