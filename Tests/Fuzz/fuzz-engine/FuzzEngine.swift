import CFuzzer
import FuzzHarness
import Glibc

@main
struct FuzzEngine {
    static let runner = Result { () throws(Finding) in try EngineRunner() }
    static let session = FuzzSession("fuzz-engine") { input throws(Finding) in try runner.get().run(input) }

    static func main() {
        _ = session
        atexit { FuzzEngine.session.end() }
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        let status = LLVMFuzzerRunDriver(&count, &arguments) { bytes, count in
            FuzzEngine.session.take(Array(UnsafeBufferPointer(start: bytes, count: count)))
            return 0
        }
        exit(status)
    }
}

/// One time in two libFuzzer's own mutations, which know nothing of lines.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ capacity: Int, _ seed: CUnsignedInt) -> Int {
    guard seed % 2 == 0 else { return LLVMFuzzerMutate(bytes, count, capacity) }
    var mutator = StoryMutator(seed: UInt64(seed), hasDirections: true)
    let mutated = mutator.mutate(Array(UnsafeBufferPointer(start: bytes, count: count)))
    let size = min(mutated.count, capacity)
    bytes.update(from: mutated, count: size)
    return size
}
