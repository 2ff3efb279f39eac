import Foundation
import VippsPartnerAuthNative

/// What a person answered on the screens of a flow of the merchant's own (scope `customFlow`).
public struct FlowResult: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    let parts: FlowResultParts

    /// The language that the person read, such as `nb`.
    public var language: String? { parts.language }
    /// In order.
    public var screens: [FlowScreen] { parts.screens.map(FlowScreen.init) }
    /// All that Vipps sent, those members too that are unknown to this library.
    public var json: String { parts.json }

    public var description: String { "FlowResult(***)" }
    public var customMirror: Mirror { hidden(self) }
}

/// One screen of a flow.
public struct FlowScreen: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    let parts: FlowScreenParts

    /// Its heading.
    public var title: String? { parts.title }
    /// The text beneath.
    public var text: String? { parts.description }
    /// The terms it links to.
    public var links: [FlowLink] { parts.links.map(FlowLink.init) }
    /// What the person could answer, in order.
    public var elements: [FlowElement] { parts.elements.map(FlowElement.init) }

    public var description: String { "FlowScreen(***)" }
    public var customMirror: Mirror { hidden(self) }
}

/// A link of a screen.
public struct FlowLink: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    let parts: FlowLinkParts

    /// What the person reads.
    public var title: String? { parts.title }
    /// Where it leads.
    public var url: String? { parts.url }

    public var description: String { "FlowLink(***)" }
    public var customMirror: Mirror { hidden(self) }
}

/// One thing that the person could answer. Of types unknown to this library ``json`` says all.
public struct FlowElement: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    let parts: FlowElementParts

    /// What kind of thing it is, such as ``ElementType/checkbox``.
    public var type: ElementType? { parts.kind.map(ElementType.init) }
    /// What the merchant named it.
    public var id: String? { parts.id }
    /// What the person read.
    public var title: String? { parts.title }
    /// Whether the person ticked it.
    public var isChecked: Bool? { parts.checked }
    /// All that Vipps sent of it.
    public var json: String { parts.json }

    public var description: String { "FlowElement(***)" }
    public var customMirror: Mirror { hidden(self) }
}

/// What kind of thing a person could answer, as Vipps words it.
public struct ElementType: OpenWord {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    /// The only one that Vipps documents.
    public static let checkbox: Self = "checkbox"
}

/// The agreement that a person made in a login from a phone number (scope `agreement`).
public struct Agreement: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    let parts: AgreementParts

    /// The language that the person read, such as `nb`.
    public var language: String? { parts.language }
    /// What it is about.
    public var text: String? { parts.description }
    /// The text of the button that was pressed.
    public var buttonText: String? { parts.buttonText }
    /// What the link to the terms said.
    public var termsLinkText: String? { parts.termsLinkText }
    /// Where it led.
    public var termsLinkURL: String? { parts.termsLinkUrl }
    /// What the link to the privacy statement said.
    public var privacyStatementLinkText: String? { parts.privacyStatementLinkText }
    /// Where it led.
    public var privacyStatementLinkURL: String? { parts.privacyStatementLinkUrl }
    /// When, as Vipps writes it.
    public var timestamp: String? { parts.timestamp }
    /// Whether the person accepted.
    public var isAccepted: Bool? { parts.accepted }
    /// All that Vipps sent, those members too that are unknown to this library.
    public var json: String { parts.json }

    public var description: String { "Agreement(***)" }
    public var customMirror: Mirror { hidden(self) }
}
