// The caller-verification desk: is the caller who they say they are?
//
// A support agent has somebody on the phone. Vipps asks that person in the app; when they confirm, the agent sees the name and
// the number that Vipps knows. Both sides see the same short code, so that nobody confirms another call.
//
//     node caller-desk.mjs "+47 912 34 567"      the number of the caller
//     node caller-desk.mjs --qr TOKEN            the customer token of a QR code that the person showed
//
// It ends with 0 if the person confirmed, 1 if they did not, 2 if it can't be told now.
//
// Against the emulator, whose page (http://127.0.0.1:8585/) is the caller's phone:
//
//     npx vipps-emulator --config ../emulator.toml
//     env $(cat ../emulator.env) node caller-desk.mjs "+47 912 34 567"
//
// Against Vipps set the partner keys instead (docs/settings.md has all variables), and leave VIPPS_ENVIRONMENT out:
//
//     VIPPS_CLIENT_ID, VIPPS_CLIENT_SECRET, VIPPS_SUBSCRIPTION_KEY
//     VIPPS_SYSTEM_NAME, VIPPS_SYSTEM_VERSION     your system
//     DESK_MSN                                    the sales unit that asks, by whose name the caller knows you

import { randomInt } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { Partner, VippsAuthError } from 'vipps-partner-auth'

const SCOPES = ['openid', 'name', 'phoneNumber']
const TIME_TO_CONFIRM = 120_000
// Read out over the phone: no two of these sound or look alike.
const CODE_LETTERS = 'ACEFHJKLMRTWXY34679'

const NOT_CONFIRMED = new Map([
  ['denied', 'the caller declined'],
  ['expired', 'the caller did not answer in time'],
  ['unknown_user', 'nobody with an active Vipps app has this number'],
  ['outdated_app', "the caller's Vipps app is too old: ask them to update it"],
  ['wrong_challenge', 'the caller chose the wrong number in the app'],
])

/** Nobody has confirmed to be the caller; the text says why. */
export class NotConfirmed extends Error {}

/** What the agent started, as the code that the program ends with. */
async function main() {
  const { values, positionals } = parseArgs({ options: { qr: { type: 'string' } }, allowPositionals: true })
  if ((values.qr === undefined) === (positionals[0] === undefined)) {
    console.error('usage: node caller-desk.mjs NUMBER | --qr TOKEN')
    return 2
  }
  try {
    const desk = Partner.fromEnv().merchant(process.env.DESK_MSN ?? '').backchannel()
    const hint = values.qr === undefined ? await hintOf(desk, positionals[0]) : `urn:customer-token:${values.qr}`
    const person = await confirm(desk, hint, tell)
    console.log(`CONFIRMED: ${person.name}, phone number ${person.phoneNumber}.`)
    return 0
  } catch (error) {
    if (error instanceof NotConfirmed) {
      console.log(`NOT CONFIRMED: ${error.message}.`)
      return 1
    }
    if (!(error instanceof VippsAuthError)) throw error
    console.error(`Can't tell now: ${error.message}`)
    return 2
  }
}

/** Whom to ask. Where Vipps knows that nobody can be asked at this number, nothing is started. */
export async function hintOf(desk, number) {
  // As people write it, such as "+47 912 34 567" or "0047 91234567", to digits with the country code.
  const digits = number.replace(/[\s()+.-]/g, '').replace(/^00/, '')
  if ((await desk.userExists(digits)) === false) throw new NotConfirmed("this number is not a Vipps user's")
  return `urn:msisdn:${digits}`
}

/** Asks the person, waits for their decision, and says who they are. `tell` is given the code that they must see. */
export async function confirm(desk, loginHint, tell) {
  const code = Array.from({ length: 6 }, () => CODE_LETTERS[randomInt(CODE_LETTERS.length)]).join('')
  const result = await decided(desk, { loginHint, scopes: SCOPES, bindingMessage: code, requestedExpiry: TIME_TO_CONFIRM }, () => tell(code))
  return await desk.userinfo(result)
}

async function decided(desk, login, started) {
  try {
    const pending = await desk.start(login)
    await started()
    const result = await desk.wait(pending)
    if (result === undefined) throw new NotConfirmed(NOT_CONFIRMED.get('expired'))
    return result
  } catch (error) {
    if (error.code === 'login_failed') {
      throw new NotConfirmed(NOT_CONFIRMED.get(error.reason) ?? `the login failed (${error.reason})`, { cause: error })
    }
    if (error.code === 'rate_limited') {
      throw new NotConfirmed('too many logins wait for this person: let them end first', { cause: error })
    }
    throw error
  }
}

function tell(code) {
  console.log(`Tell the caller: "Please confirm in the Vipps app. It must show the code ${code}."`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main()
