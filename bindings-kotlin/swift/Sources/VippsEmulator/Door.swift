import Foundation
#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The way to a running emulator: an operation by name, JSON in and out, over HTTP.
final class Door: @unchecked Sendable {
    private let url: URL
    private let session: URLSession
    private let lock = NSLock()
    private var isClosed = false

    init(to url: URL) {
        self.url = url
        let configuration = URLSessionConfiguration.ephemeral
        // No proxy leads to this machine.
        configuration.connectionProxyDictionary = [:]
        session = URLSession(configuration: configuration)
    }

    /// An address that can be one of an emulator.
    static func checked(_ text: String) throws -> URL {
        guard let url = URL(string: text), ["http", "https"].contains(url.scheme), url.host != nil else {
            throw EmulatorError.unreachable("url: must begin with http:// or https:// and a host")
        }
        return url
    }

    func call(_ operation: String, _ body: Data) async throws -> Data {
        guard !lock.withLock({ isClosed }) else { throw EmulatorError.unreachable("\(operation): the emulator was stopped") }
        // A session on Linux would not notice.
        try Task.checkCancellation()
        let (status, told) = try await post(operation, body)
        if status == 200 { return told }
        // Where the cause is the machine and not what was given, there is no code.
        if let refusal = try? JSONDecoder().decode(Emulator.Refusal.self, from: told) { throw EmulatorError.refused(refusal) }
        throw EmulatorError.unreachable("\(place) is no vipps-emulator, or does not let this program in: \(operation) got \(status)")
    }

    func close() {
        let isFirst = lock.withLock {
            defer { isClosed = true }
            return !isClosed
        }
        if isFirst { session.finishTasksAndInvalidate() }
    }

    private func post(_ operation: String, _ body: Data) async throws -> (status: Int, body: Data) {
        guard let there = URL(string: controls + operation, relativeTo: url) else { throw URLError(.badURL) }
        var request = URLRequest(url: there)
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = body
        do {
            let (told, response) = try await session.data(for: request)
            return ((response as? HTTPURLResponse)?.statusCode ?? 0, told)
        } catch let error as URLError {
            try Task.checkCancellation()
            throw EmulatorError.unreachable("the emulator at \(place) can't be reached: \(error.localizedDescription)")
        }
    }

    /// Without a user and password, which are nobody else's business.
    private var place: String {
        "\(url.scheme ?? "")://\(url.host ?? "")\(url.port.map { ":\($0)" } ?? "")"
    }
}
