import Foundation

#if canImport(Glibc)
    import Glibc
    private let stream = Int32(SOCK_STREAM.rawValue)
#elseif canImport(Darwin)
    import Darwin
    private let stream = SOCK_STREAM
#endif

/// A TCP connection on this machine, for what no client of HTTP lets a test see. It blocks.
final class Socket: @unchecked Sendable {
    private let number: Int32
    private var unread = Data()

    init(_ number: Int32) { self.number = number }

    /// Connected to a port.
    static func connected(to port: UInt16) throws -> Socket {
        let made = Socket(socket(AF_INET, stream, 0))
        try ensure(withAddress(port) { connect(made.number, $0, $1) } == 0, "port \(port): \(String(cString: strerror(errno)))")
        return made
    }

    /// One that listens, and its port.
    static func listening() throws -> (Socket, port: UInt16) {
        let made = Socket(socket(AF_INET, stream, 0))
        try ensure(withAddress(0) { bind(made.number, $0, $1) } == 0 && listen(made.number, 16) == 0, "no port is free")
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(made.number, $0, &size) }
        }
        return (made, UInt16(bigEndian: address.sin_port))
    }

    /// The next who connects; `nil` when this one is closed.
    func accepted() -> Socket? {
        let other = accept(number, nil, nil)
        return other < 0 ? nil : Socket(other)
    }

    func write(_ data: Data) {
        var rest = data
        while !rest.isEmpty {
            // Who has hung up must not end this process.
            let sent = rest.withUnsafeBytes { send(number, $0.baseAddress, $0.count, noSignal) }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }

    /// Up to and without this text; `nil` where the other side ends before it.
    func text(before end: String) -> String? {
        while true {
            if let found = unread.range(of: Data(end.utf8)) {
                defer { unread = unread.subdata(in: found.upperBound..<unread.endIndex) }
                return String(decoding: unread[..<found.lowerBound], as: UTF8.self)
            }
            guard readMore() else { return nil }
        }
    }

    /// So many bytes, or fewer where the other side ends.
    func data(_ count: Int) -> Data {
        while unread.count < count, readMore() {}
        defer { unread = unread.subdata(in: min(count, unread.count)..<unread.count) }
        return unread.prefix(count)
    }

    /// Whoever waits for it waits no more.
    func end() { shutdown(number, Int32(SHUT_RDWR)) }

    deinit { close(number) }

    private func readMore() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(number, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        unread.append(contentsOf: buffer[..<count])
        return true
    }
}

#if canImport(Glibc)
    private let noSignal = Int32(MSG_NOSIGNAL)
#else
    private let noSignal: Int32 = 0
#endif

private func withAddress(_ port: UInt16, _ use: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { use($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
}

/// A request or a reply of HTTP/1.1, as it stands.
struct Message: Sendable {
    let start: String
    /// Names in lower case.
    let headers: [(name: String, value: String)]
    let body: Data

    func header(_ name: String) -> String? { headers.first { $0.name == name.lowercased() }?.value }

    /// The next on a connection; `nil` where there is none.
    static func next(on socket: Socket) -> Message? {
        guard let head = socket.text(before: "\r\n\r\n") else { return nil }
        let lines = head.components(separatedBy: "\r\n")
        let headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: parts[0].lowercased(), value: parts.last?.trimmingCharacters(in: .whitespaces) ?? "")
        }
        func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
        if header("expect") != nil { socket.write(Data("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
        let isInPieces = header("transfer-encoding") == "chunked"
        let body = isInPieces ? pieces(of: socket) : socket.data(Int(header("content-length") ?? "") ?? 0)
        return Message(start: lines[0], headers: headers, body: body)
    }

    private static func pieces(of socket: Socket) -> Data {
        var body = Data()
        while let size = socket.text(before: "\r\n").flatMap({ Int($0, radix: 16) }), size > 0 {
            body += socket.data(size)
            _ = socket.text(before: "\r\n")
        }
        _ = socket.text(before: "\r\n")
        return body
    }
}

/// Work that blocks, on a thread of its own.
func aside<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: work)) }
    }
}
