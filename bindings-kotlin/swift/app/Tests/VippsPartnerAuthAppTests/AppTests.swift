import Foundation
import Testing
import VippsPartnerAuth

/// What an app has, with the shared vectors' own keys and requests.
struct AppTests {
    @Test func noFunctionOfTheLibraryTakesKeys() throws {
        let library = try #require(dlopen(nil, RTLD_NOW))
        func isThere(_ name: String) -> Bool { dlsym(library, "uniffi_vipps_partner_auth_ffi_fn_free_\(name)handle") != nil }
        #expect(isThere("verifier"))
        for name in ["keys", "partner", "merchant", "login", "backchannel"] { #expect(!isThere(name), "\(name)") }
    }

    @Test func anIDTokenIsChecked() async throws {
        let (one, shared) = try firstGood("id-token.json", with: "jwks")
        let given = try #require(one["given"] as? [String: Any])
        let expected = try #require(given["expect"] as? [String: String])
        let jwks = try JSONSerialization.data(withJSONObject: try #require(shared[given["jwks"] as? String ?? ""]))
        var settings = VippsSettings()
        settings.clock = try ManualClock(at: Date(timeIntervalSince1970: try #require(given["now"] as? Double)))
        let verifier = try IDTokenVerifier(jwks: String(decoding: jwks, as: UTF8.self), settings: settings)
        let jwt = try #require(given["jwt"] as? String)

        let claims = try await verifier.verify(jwt, expect: Expect(msn: expected["msn"], nonce: expected["nonce"]))
        #expect(claims.msn == expected["msn"])
        await #expect { try await verifier.verify(jwt, expect: Expect(msn: "654321", nonce: expected["nonce"])) } throws: {
            ($0 as? VippsAuthError)?.claim == .msn
        }
    }

    @Test func aCallbackIsJudged() throws {
        let (one, shared) = try firstGood("login-callback.json", with: "request")
        let given = try #require(one["given"] as? [String: String])
        let stored = try JSONSerialization.data(withJSONObject: try #require(shared[given["request"] ?? ""]))
        let request = try LoginRequest(json: String(decoding: stored, as: UTF8.self))
        let callback = try #require(given["callback_url"])

        let ok = (one["result"] as? [String: Any])?["ok"] as? [String: Any]
        #expect(try request.code(callbackURL: callback).code == ok?["code"] as? String)
        #expect { try request.code(callbackURL: callback + "&code=another") } throws: {
            ($0 as? VippsAuthError)?.reason == .callback
        }
    }

    /// The first case that is to succeed and has this member, and what the file's cases share.
    private func firstGood(_ file: String, with member: String) throws -> (one: [String: Any], shared: [String: Any]) {
        let folder = URL(fileURLWithPath: ProcessInfo.processInfo.environment["VECTORS"] ?? "../../../tests/vectors")
        let content = try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appendingPathComponent(file)))
        let whole = try #require(content as? [String: Any])
        let good = (whole["cases"] as? [[String: Any]])?.first { one in
            (one["result"] as? [String: Any])?["ok"] != nil && (one["given"] as? [String: Any])?[member] != nil
        }
        return (try #require(good), try #require(whole["shared"] as? [String: Any]))
    }
}
