require('./errors.cjs')({ test, expect })
