import Foundation
import VippsPartnerAuthNative

#if canImport(os)
    import os
#endif

/// One thing that happened in the background. Holds no secret.
///
/// Warnings are also logged: by `os.Logger` (subsystem `VippsPartnerAuth`) on Apple's platforms, elsewhere on standard
/// error. A server that uses swift-log sets ``VippsSettings/onEvent`` to write to its own `Logger`.
public struct VippsEvent: Sendable, CustomStringConvertible {
    /// The stable name, the same text in every language, such as `token_renewed`.
    public let name: String
    /// What it tells besides; spans of time in whole seconds.
    public let details: [String: String]
    /// Whether somebody should look into it; the others are the ordinary course of things.
    public let isWarning: Bool
    /// What happened, in words.
    public let description: String

    init(_ parts: EventParts) {
        name = parts.name
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
