import Foundation
import VippsEmulator

/// A server that is not Vipps: it answers 200 to everything, unless told otherwise, and notes what it was sent.
final class Elsewhere: @unchecked Sendable {
    /// By its name, so that it is another host.
    let url: String
    private let listening: Socket
    private let lock = NSLock()
    private var requests: [Message] = []
    private var scripts: [String: [Emulator.Reply]] = [:]

    init() throws {
        let port: UInt16
        (listening, port) = try Socket.listening()
        url = "http://localhost:\(port)"
        let listening = listening
        Thread.detachNewThread { [weak self] in
            while let socket = listening.accepted() {
                guard let request = Message.next(on: socket) else { continue }
                socket.write(self?.answer(to: request) ?? Data())
            }
        }
    }

    var seen: [Message] { lock.withLock { requests } }

    func script(_ path: String, _ replies: [Emulator.Reply]) {
        lock.withLock { scripts[path] = replies }
    }

    private func answer(to request: Message) -> Data {
        let path = request.start.split(separator: " ").dropFirst().first.map(String.init) ?? ""
        let reply = lock.withLock { () -> Emulator.Reply? in
            requests.append(request)
            guard scripts[path]?.isEmpty == false else { return nil }
            return scripts[path]?.removeFirst()
        }
        let body = reply?.body ?? ""
        let own = (reply?.headers ?? [:]).map { "\($0): \($1)" }
        let head = ["HTTP/1.1 \(reply?.status ?? 200) ", "Content-Length: \(body.utf8.count)", "Connection: close"] + own
        return Data((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }

    deinit { listening.end() }
}
