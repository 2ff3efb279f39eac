import Foundation
import VippsPartnerAuthNative

#if canImport(os)
    import os
#endif

/// One thing that happened in the background. Holds no secret.
///
/// Warnings are also logged: by `os.Logger` (subsystem `VippsPartnerAuth`) on Apple's platforms, elsewhere on standard
/// error. A server that uses swift-log sets ``VippsSettings/onEvent`` to write to its own `Logger`.
public struct VippsEvent: Sendable, Hashable, CustomStringConvertible {
    /// The name of an event, the same text in every language. A later version may have more.
    public struct Name: OpenWord {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// A token was fetched while somebody waited.
        public static let tokenFetched: Self = "token_fetched"
        /// A token was renewed in the background.
        public static let tokenRenewed: Self = "token_renewed"
        /// A fetch failed, and whoever waited was told.
        public static let tokenFetchFailed: Self = "token_fetch_failed"
        /// A renewal failed; the older token goes on being served.
        public static let renewalFailed: Self = "renewal_failed"
        /// Callers are given a token that should have been renewed by now.
        public static let staleTokenServed: Self = "stale_token_served"
        /// Vipps refused one subscription key of the pair and took the other.
        public static let otherSubscriptionKeyUsed: Self = "other_subscription_key_used"
        /// Other keys took the place of those in use.
        public static let keysReplaced: Self = "keys_replaced"
        /// Other keys were handed in, and the keys in use stayed.
        public static let keysNotReplaced: Self = "keys_not_replaced"
        /// Login took a sales unit's keys written the other way into HTTP Basic.
        public static let otherBasicEncodingUsed: Self = "other_basic_encoding_used"
        /// A token was found in the shared cache.
        public static let tokenFromCache: Self = "token_from_cache"
        /// The shared cache failed; the call went on without it.
        public static let cacheFailed: Self = "cache_failed"
        /// An API refused a token that was replaced moments ago; it was not replaced again.
        public static let refusalIgnored: Self = "refusal_ignored"
        /// The key set was loaded.
        public static let keysRefreshed: Self = "keys_refreshed"
        /// The key set could not be loaded.
        public static let keysRefreshFailed: Self = "keys_refresh_failed"
        /// A key set past its age was used.
        public static let staleKeysUsed: Self = "stale_keys_used"
        /// An ID token named an unknown key, and the key set was loaded too recently to ask again.
        public static let unknownKidSuppressed: Self = "unknown_kid_suppressed"
        /// A key of the set was left out.
        public static let keySkipped: Self = "key_skipped"
        /// This machine has no certificate authorities; the bundled ones are used.
        public static let bundledRootsUsed: Self = "bundled_roots_used"
        /// A client id does not look like one.
        public static let unusualClientID: Self = "unusual_client_id"
        /// The handler was too slow for these events.
        public static let eventsDropped: Self = "events_dropped"
        /// A phone number is of a country that is not known to have Vipps MobilePay.
        public static let unusualCountryCode: Self = "unusual_country_code"
        /// A scope was asked for that is not known to be Vipps' own.
        public static let unusualScope: Self = "unusual_scope"
        /// A sales unit is in the list that was not in the one before.
        public static let merchantConnected: Self = "merchant_connected"
        /// A sales unit is in the list no more.
        public static let merchantGone: Self = "merchant_gone"
        /// A call for a merchant was answered 403 whose calls had worked.
        public static let merchantForbidden: Self = "merchant_forbidden"
        /// A client with our adapter called a host that gets no headers.
        public static let headersWithheld: Self = "headers_withheld"
    }

    /// The stable name, such as ``Name/tokenRenewed``.
    public let name: Name
    /// What it tells besides; spans of time in whole seconds.
    public let details: [String: String]
    /// Whether somebody should look into it; the others are the ordinary course of things.
    public let isWarning: Bool
    /// What happened, in words.
    public let description: String

    init(_ parts: EventParts) {
        name = Name(rawValue: parts.name)
        details = parts.details
        isWarning = parts.isWarning
        description = parts.text
    }
}

/// A native object that tells events. They end with it.
final class Fed<Handle: Sendable>: Sendable {
    let handle: Handle
    private let queue: EventQueue

    /// Makes the object and begins to hand over its events, also those of an object that could not be made.
    init(_ listener: (@Sendable (VippsEvent) -> Void)?, make: (EventQueue) throws -> Handle) throws {
        let queue = EventQueue()
        Thread.detachNewThread { feed(from: queue, to: listener) }
        do {
            handle = try native { try make(queue) }
        } catch {
            queue.end()
            throw error
        }
        self.queue = queue
    }

    deinit { queue.end() }
}

/// On a thread of its own, since the library calls nobody back and a listener may take its time.
private func feed(from queue: EventQueue, to listener: (@Sendable (VippsEvent) -> Void)?) {
    while true {
        let events = queue.take().map(VippsEvent.init)
        if events.isEmpty { return }
        for event in events {
            if event.isWarning { warn(event.description) }
            listener?(event)
        }
    }
}

private func warn(_ text: String) {
    #if canImport(os)
        Logger(subsystem: "VippsPartnerAuth", category: "events").warning("\(text, privacy: .public)")
    #else
        FileHandle.standardError.write(Data("vipps-partner-auth: \(text)\n".utf8))
    #endif
}
