import Glibc
import Synchronization

/// SIGINT and SIGTERM only raise a flag: every loop looks at it and ends by throwing, so that the servers are stopped
/// and their files are removed on the way out.
package enum Interruption {
    private static let flag = Atomic<Bool>(false)

    package static var requested: Bool { flag.load(ordering: .relaxed) }

    package static func check() throws {
        if requested { throw Interrupted() }
    }

    package static func install() {
        // Touched here, so that the handler never is the first to initialize it.
        _ = requested
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in Interruption.flag.store(true, ordering: .relaxed) }
        sigaction(SIGINT, &action, nil)
        sigaction(SIGTERM, &action, nil)
    }
}
