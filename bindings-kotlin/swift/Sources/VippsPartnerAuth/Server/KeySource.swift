import Foundation
import VippsPartnerAuthNative

/// Where the keys are kept, such as a secret store: asked for them when Vipps refuses those in use, at most every 30 seconds,
/// one question at a time.
///
/// Keys that differ from those in use are tried, and take their place where Vipps gives a token for them. Where the source
/// throws, the keys in use stay. Both are told as events, `keys_replaced` and `keys_not_replaced`.
public protocol KeySource: Sendable {
    /// The keys as they are now: of the same kind as those the ``Partner`` was made with, for the same sales unit and scope.
    func keys() async throws -> Keys
}

/// The questions that a source answers until the partner is gone.
func questions(to source: (any KeySource)?) -> KeyQuestions? {
    guard let source else { return nil }
    let questions = KeyQuestions()
    // On a thread of its own, since the library calls nobody back.
    Thread.detachNewThread {
        while let question = questions.take() {
            Task {
                do {
                    question.answer(keys: try await source.keys().handle)
                } catch {
                    question.fail()
                }
            }
        }
    }
    return questions
}
