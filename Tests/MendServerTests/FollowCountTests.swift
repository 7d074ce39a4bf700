import MendEngine
import MendProtocol
import Testing

@testable import MendServer

@Suite("Subscriptions are shared")
struct FollowCountTests {
    private func refusal(_ follows: FollowCount, _ uid: UInt32, _ role: Role = .client) -> CallError? {
        do throws(CallError) {
            try follows.add(Caller(uid: uid, pid: 1, role: role))
            return nil
        } catch {
            return error
        }
    }

    @Test("a user that is no operator has a quarter of the subscriptions, operators what others leave")
    func share() {
        let follows = FollowCount(limit: 8)
        #expect((0..<2).allSatisfy { _ in refusal(follows, 1) == nil })
        #expect(refusal(follows, 1)?.reason == .unavailable)
        #expect(refusal(follows, 1)?.message == "user 1 has 2 subscriptions to events, the most for one")
        #expect(refusal(follows, 2) == nil)
        #expect((0..<5).allSatisfy { _ in refusal(follows, 0, .operator) == nil })
        #expect(
            refusal(follows, 0, .operator)?.message == "there are 8 subscriptions to events, the most in all")
        follows.remove(2, of: 1)
        #expect(refusal(follows, 1) == nil, "there is room again")
        follows.remove(1, of: 1)
        follows.remove(1, of: 2)
        follows.remove(5, of: 0)
        #expect(follows.isZero)
    }
}
