import Glibc

/// Something that a script waits for: `read -r line < GATE` goes on once it is opened.
final class Gate {
    let path: String
    private let descriptor: Int32

    init(_ place: TemporaryDirectory, _ name: String = "gate") throws {
        path = place.file(name)
        guard mkfifo(path, 0o600) == 0 else { throw Failure.system("mkfifo \(path)") }
        // For both, so that neither side waits for the other to open it.
        descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure.system("open \(path)") }
    }

    deinit { close(descriptor) }

    func open() { write(descriptor, "\n", 1) }
}
