import Glibc

/// A thread that runs until its work is done.
enum Thread {
    private final class Work {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    static func start(_ run: @escaping @Sendable () -> Void) throws {
        let work = Unmanaged.passRetained(Work(run))
        var thread = pthread_t()
        let number = pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().run() }
                return nil
            }, work.toOpaque())
        guard number == 0 else {
            work.release()
            throw SystemFailure("no thread can be started", number)
        }
        pthread_detach(thread)
    }
}
