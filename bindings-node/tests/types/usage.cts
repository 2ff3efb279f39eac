// The same package, required.

import { Partner, PartnerKeys, VippsAuthError } from 'vipps-partner-auth'
import whole = require('vipps-partner-auth')

const partner: whole.Partner = new Partner({ keys: PartnerKeys.fromEnv(), system: { name: 'acme', version: '3.1.2' } })
const error: Error = new VippsAuthError('internal', 'a text', { hint: 'a hint' })
console.log(partner.covers(new URL('https://api.vipps.no/')), error)
