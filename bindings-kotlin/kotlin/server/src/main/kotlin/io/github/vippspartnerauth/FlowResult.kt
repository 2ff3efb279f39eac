package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.AgreementParts
import io.github.vippspartnerauth.ffi.FlowElementParts
import io.github.vippspartnerauth.ffi.FlowLinkParts
import io.github.vippspartnerauth.ffi.FlowResultParts
import io.github.vippspartnerauth.ffi.FlowScreenParts
import java.io.Serializable

/**
 * What a person answered on the screens of a flow of the merchant's own (scope `customFlow`).
 *
 * @property language the language that the person read, such as `nb`
 * @property screens in order
 * @property json all that Vipps sent, those members too that are unknown to this library
 */
class FlowResult internal constructor(parts: FlowResultParts) : Serializable {
    val language: String? = parts.language
    val screens: List<FlowScreen> = parts.screens.map(::FlowScreen)
    val json: String = parts.json

    /** Nothing personal. */
    override fun toString() = "FlowResult(***)"
}

/**
 * One screen of a flow.
 *
 * @property title its heading
 * @property description the text beneath
 * @property links the terms it links to
 * @property elements what the person could answer, in order
 */
class FlowScreen internal constructor(parts: FlowScreenParts) : Serializable {
    val title: String? = parts.title
    val description: String? = parts.description
    val links: List<FlowLink> = parts.links.map(::FlowLink)
    val elements: List<FlowElement> = parts.elements.map(::FlowElement)

    /** Nothing personal. */
    override fun toString() = "FlowScreen(***)"
}

/**
 * A link of a screen.
 *
 * @property title what the person reads
 * @property url where it leads
 */
class FlowLink internal constructor(parts: FlowLinkParts) : Serializable {
    val title: String? = parts.title
    val url: String? = parts.url

    /** Nothing personal. */
    override fun toString() = "FlowLink(***)"
}

/**
 * One thing that the person could answer. Of types unknown to this library [json] says all.
 *
 * @property type `checkbox`, the only one that Vipps documents
 * @property id what the merchant named it
 * @property title what the person read
 * @property checked whether the person ticked it
 * @property json all that Vipps sent of it
 */
class FlowElement internal constructor(parts: FlowElementParts) : Serializable {
    val type: String? = parts.kind
    val id: String? = parts.id
    val title: String? = parts.title
    val checked: Boolean? = parts.checked
    val json: String = parts.json

    /** Nothing personal. */
    override fun toString() = "FlowElement(***)"
}

/**
 * The agreement that a person made in a login from a phone number (scope `agreement`).
 *
 * @property language the language that the person read, such as `nb`
 * @property description what it is about
 * @property buttonText the text of the button that was pressed
 * @property timestamp when, as Vipps writes it
 * @property accepted whether the person accepted
 * @property json all that Vipps sent, those members too that are unknown to this library
 * @property termsLinkText what the link to the terms said
 * @property termsLinkUrl where it led
 * @property privacyStatementLinkText what the link to the privacy statement said
 * @property privacyStatementLinkUrl where it led
 */
class Agreement internal constructor(parts: AgreementParts) : Serializable {
    val language: String? = parts.language
    val description: String? = parts.description
    val buttonText: String? = parts.buttonText
    val termsLinkText: String? = parts.termsLinkText
    val termsLinkUrl: String? = parts.termsLinkUrl
    val privacyStatementLinkText: String? = parts.privacyStatementLinkText
    val privacyStatementLinkUrl: String? = parts.privacyStatementLinkUrl
    val timestamp: String? = parts.timestamp
    val accepted: Boolean? = parts.accepted
    val json: String = parts.json

    /** Nothing personal. */
    override fun toString() = "Agreement(***)"
}
