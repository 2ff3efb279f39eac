import VippsPartnerAuthNative

/// Calls the native library; what it fails with becomes a ``VippsAuthError``.
func native<T>(_ call: () throws -> T) throws -> T {
    do {
        return try call()
    } catch let error as AuthError {
        throw faced(error)
    }
}

/// The same for a call that takes time. Cancelling the task ends the call.
func native<T>(_ call: (Cancellation) async throws -> T) async throws -> T {
    let cancellation = Cancellation()
    do {
        return try await withTaskCancellationHandler {
            try await call(cancellation)
        } onCancel: {
            cancellation.cancel()
        }
    } catch let error as AuthError {
        throw faced(error)
    }
}

private func faced(_ error: AuthError) -> Error {
    switch error {
    case .Failed(let parts): return VippsAuthError(parts: parts)
    case .Cancelled: return CancellationError()
    }
}
