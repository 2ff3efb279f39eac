// What Vipps tells of sales units, and whether a merchant is ready to be served.

/** One sales unit, as Vipps' Management API tells of it. */
export interface SalesUnit {
  /** Its merchant serial number. Written as a number on the wire, it is filled up to four digits. */
  msn: string
  /** The name that people read. */
  name?: string
  /** Whether it is active, where the reply says so. */
  active?: boolean
  /** The members that are true or false, by name. */
  flags: { [name: string]: boolean }
  /** All that Vipps sent, those members too that are unknown to this library. */
  members: { [name: string]: unknown }
}

/** What Vipps answers about one sales unit. */
export interface SalesUnitStatus {
  /** The sales unit that was asked about. */
  msn: string
  /** `not_connected`: to this partner, or not active, which Vipps answers alike. `inactive`: the reply itself says so. */
  state: 'connected' | 'not_connected' | 'inactive'
  /** What Vipps says of it, where there is one. */
  unit?: SalesUnit
}

/** A list of sales units beside the MSNs that were known. */
export interface SalesUnitChanges {
  /** All there are now. */
  units: SalesUnit[]
  /** Those of them that were not known. */
  connected: SalesUnit[]
  /** The MSNs of those that were known and are there no more. */
  gone: string[]
}

/** The answer to one question of a check. */
export interface CheckFinding {
  /** `bad`: somebody must change something. `unknown`: it can't be told now, or not from here. */
  outcome: 'good' | 'bad' | 'unknown'
  /** In words, without a secret. */
  detail: string
  /** The code of the error, where something went wrong. */
  code?: string
  /** Its likely cause. */
  hint?: string
  /** Its whole text. */
  error?: string
}

/** What `Partner.check` found, each question with its own answer: one that went wrong stops no other. */
export interface MerchantCheck {
  /** Whose. */
  msn: string
  /** Whether nothing is wrong, as far as could be told. */
  isGood: boolean
  /** Whether Vipps takes the keys. */
  token: CheckFinding
  /** Whether this machine's clock and that of Vipps agree, within the setting `leeway`. */
  clock: CheckFinding
  /** Whether the sales unit is connected to these keys. */
  connected: CheckFinding
  /** Whether Login's token endpoint takes these keys for this merchant. */
  login: CheckFinding
  /** How many whole seconds the clock of Vipps is ahead; below zero it is behind. */
  clockDifference?: number
  /** What the Management API says of the sales unit, where it could be asked. */
  salesUnit?: SalesUnitStatus
}
