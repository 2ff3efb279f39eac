package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.CheckFindingParts
import io.github.vippspartnerauth.ffi.CheckOutcomeParts
import io.github.vippspartnerauth.ffi.MerchantCheckParts
import io.github.vippspartnerauth.ffi.SalesUnitChangesParts
import io.github.vippspartnerauth.ffi.SalesUnitParts
import io.github.vippspartnerauth.ffi.SalesUnitStateParts
import io.github.vippspartnerauth.ffi.SalesUnitStatusParts

/**
 * One sales unit, as Vipps' Management API tells of it.
 *
 * @property msn its merchant serial number; written as a number on the wire, it is filled up to four digits
 * @property name the name that people read
 * @property active whether it is active, where the reply says so
 * @property flags the members that are true or false, by name
 * @property json all that Vipps sent, those members too that are unknown to this library
 */
class SalesUnit internal constructor(parts: SalesUnitParts) {
    val msn: String = parts.msn
    val name: String? = parts.name
    val active: Boolean? = parts.active
    val flags: Map<String, Boolean> = parts.flags
    val json: String = parts.json

    /** For logs; holds no secret. */
    override fun toString() = "SalesUnit(msn=$msn, name=$name)"
}

/** Whether keys can act for a sales unit. */
enum class SalesUnitState {
    /** They can. */
    CONNECTED,

    /** Not connected to this partner, or not active: Vipps answers both alike. */
    NOT_CONNECTED,

    /** The reply itself says that it is not active. */
    INACTIVE,
}

/**
 * What Vipps answers about one sales unit.
 *
 * @property msn the sales unit that was asked about
 * @property state the answer
 * @property unit what Vipps says of it, where there is one
 */
class SalesUnitStatus internal constructor(parts: SalesUnitStatusParts) {
    val msn: String = parts.msn
    val state: SalesUnitState = when (parts.state) {
        SalesUnitStateParts.CONNECTED -> SalesUnitState.CONNECTED
        SalesUnitStateParts.NOT_CONNECTED -> SalesUnitState.NOT_CONNECTED
        SalesUnitStateParts.INACTIVE -> SalesUnitState.INACTIVE
    }
    val unit: SalesUnit? = parts.unit?.let(::SalesUnit)

    /** For logs; holds no secret. */
    override fun toString() = "SalesUnitStatus(msn=$msn, state=$state)"
}

/**
 * A list of sales units beside the MSNs that were known.
 *
 * @property units all there are now
 * @property connected those of them that were not known
 * @property gone the MSNs of those that were known and are there no more
 */
class SalesUnitChanges internal constructor(parts: SalesUnitChangesParts) {
    val units: List<SalesUnit> = parts.units.map(::SalesUnit)
    val connected: List<SalesUnit> = parts.connected.map(::SalesUnit)
    val gone: List<String> = parts.gone

    /** For logs; holds no secret. */
    override fun toString() = "SalesUnitChanges(connected=$connected, gone=$gone)"
}

/** One word for each answer of a check. */
enum class CheckOutcome {
    /** As it should be. */
    GOOD,

    /** Somebody must change something. */
    BAD,

    /** It can't be told now, or not from here. */
    UNKNOWN,
}

/**
 * The answer to one question of [Partner.check].
 *
 * @property outcome in one word
 * @property detail in words, without a secret
 * @property code the code of the error, where something went wrong
 * @property hint its likely cause
 * @property error its whole text
 */
class CheckFinding internal constructor(parts: CheckFindingParts) {
    val outcome: CheckOutcome = when (parts.outcome) {
        CheckOutcomeParts.GOOD -> CheckOutcome.GOOD
        CheckOutcomeParts.BAD -> CheckOutcome.BAD
        CheckOutcomeParts.UNKNOWN -> CheckOutcome.UNKNOWN
    }
    val detail: String = parts.detail
    val code: String? = parts.code
    val hint: String? = parts.hint
    val error: String? = parts.error

    /** For logs; holds no secret. */
    override fun toString() = "CheckFinding(outcome=$outcome, detail=$detail)"
}

/**
 * What [Partner.check] found, each question with its own answer: one that went wrong stops no other.
 *
 * @property msn whose
 * @property isGood whether nothing is wrong, as far as could be told
 * @property token whether Vipps takes the keys
 * @property clock whether this machine's clock and that of Vipps agree, within the setting `leeway`
 * @property connected whether the sales unit is connected to these keys
 * @property login whether Login's token endpoint takes these keys for this merchant
 * @property clockDifference how many whole seconds the clock of Vipps is ahead; below zero it is behind
 * @property salesUnit what the Management API says of the sales unit, where it could be asked
 */
class MerchantCheck internal constructor(parts: MerchantCheckParts) {
    val msn: String = parts.msn
    val isGood: Boolean = parts.isGood
    val token: CheckFinding = CheckFinding(parts.token)
    val clock: CheckFinding = CheckFinding(parts.clock)
    val connected: CheckFinding = CheckFinding(parts.connected)
    val login: CheckFinding = CheckFinding(parts.login)
    val clockDifference: Long? = parts.clockDifference
    val salesUnit: SalesUnitStatus? = parts.salesUnit?.let(::SalesUnitStatus)

    /** For logs; holds no secret. */
    override fun toString() =
        "MerchantCheck(msn=$msn, token=$token, clock=$clock, connected=$connected, login=$login)"
}
