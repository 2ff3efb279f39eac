import { expect, test } from 'vitest'

import described from './errors.cjs'

described({ test, expect })
