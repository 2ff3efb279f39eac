// The same package, required.

import { Emulator } from 'vipps-emulator'
import whole = require('vipps-emulator')

const started: Promise<whole.Emulator> = Emulator.start()
started.then((vipps) => vipps.stop())
