import MendClient
import MendProtocol

/// Asks for the end of a step's command once its transaction is no longer active: the step is going to be undone.
final class TransactionWatch: AttemptWatch {
    private static let waitMs: Int64 = 300_000
    private static let retryMs: Int64 = 500

    private let transaction: Int64
    private let link: DaemonLink
    private var sent: BlockingClient.Sent<Transaction.Wait>?
    private(set) var descriptor: Int32 = -1
    private(set) var dueMs: Int64?
    /// How it stands, once it is not active.
    private(set) var end: Transaction.EndAnswer?

    init(_ transaction: Int64, globals: GlobalOptions) {
        self.transaction = transaction
        link = DaemonLink(globals, timeoutMs: 10_000)
        ask()
    }

    func mustEnd() -> Bool {
        guard end == nil else { return true }
        guard let sent else {
            ask()
            return false
        }
        do throws(ClientError) {
            guard let answer = try link.connected().arrived(sent) else { return false }
            if answer.state == .active {
                ask()
            } else {
                end = answer
                (descriptor, dueMs) = (-1, nil)
            }
        } catch {
            lose()
        }
        return end != nil
    }

    private func ask() {
        do throws(ClientError) {
            let client = try link.connected()
            sent = try client.send(
                Transaction.Wait(
                    transaction: transaction, until: .inactive, waitMs: Milliseconds(unchecked: Self.waitMs)))
            (descriptor, dueMs) = (client.descriptor, nil)
        } catch {
            lose()
        }
    }

    /// The daemon is away. Nothing is rolled back as long as it is.
    private func lose() {
        link.drop()
        sent = nil
        (descriptor, dueMs) = (-1, monotonicMs() + Self.retryMs)
    }
}
