import Glibc

/// Names of members are compared by their bytes after their escapes are resolved, never as `String`s, for which the two
/// spellings of an accented letter are equal.
extension JSONTape {
    /// Whether the string node `index` is `name`.
    @inline(__always)
    func matches(_ index: Int, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        let node = nodes[index]
        if node.isMarked { return matchesResolved(index, name) }
        guard Int(node.end &- node.start) == name.count + 2 else { return false }
        guard let start = name.baseAddress, name.count > 0 else { return true }
        let inner = bytes + Int(node.start) + 1
        // Most names differ in the first byte, which spares the call.
        return inner[0] == start[0] && memcmp(inner, start, name.count) == 0
    }

    @inline(__always)
    func matches(_ index: Int, _ name: StaticString) -> Bool {
        matches(index, UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    @inline(never)
    private func matchesResolved(_ index: Int, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        let inner = inner(index)
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: inner.count) { resolved in
            let count = Escapes.resolve(inner, into: resolved)
            return resolved[..<count].elementsEqual(name)
        }
    }

    /// The value of the first member of that name, if the node is an object that has one.
    func member(_ name: UnsafeBufferPointer<UInt8>, of object: Int) -> Int? {
        guard nodes[object].tag == .object else { return nil }
        var key = object + 1
        for _ in 0..<nodes[object].count {
            if matches(key, name) { return key + 1 }
            key = Int(nodes[key + 1].next)
        }
        return nil
    }

    /// The name node of the first member whose name came before, if the object has such.
    func duplicate(in object: Int) -> Int? {
        let count = nodes[object].count
        guard count > 1 else { return nil }
        guard count <= 32 else { return duplicateByHash(in: object) }
        // A bit for each (length, first, last byte) seen: almost always proves in one pass that all names differ.
        var seen: UInt64 = 0
        var key = object + 1
        for ordinal in 0..<count {
            if nodes[key].isMarked { return duplicateByHash(in: object) }
            let inner = inner(key)
            var print = UInt64(inner.count)
            if let first = inner.first, let last = inner.last {
                print = print &* 31 ^ UInt64(first) ^ UInt64(last) &* 7
            }
            let bit: UInt64 = 1 << (print & 63)
            if seen & bit != 0 {
                var other = object + 1
                for _ in 0..<ordinal {
                    if matches(other, inner) { return key }
                    other = Int(nodes[other + 1].next)
                }
            }
            seen |= bit
            key = Int(nodes[key + 1].next)
        }
        return nil
    }

    /// For many members or escaped names. `Hasher` is seeded, so names cannot be chosen to collide.
    @inline(never)
    private func duplicateByHash(in object: Int) -> Int? {
        let node = nodes[object]
        let resolved = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: Int(node.end - node.start))
        defer { resolved.deallocate() }
        var used = 0
        var names = Set<NameBytes>(minimumCapacity: node.count)
        var key = object + 1
        for _ in 0..<node.count {
            var name = inner(key)
            if nodes[key].isMarked {
                let room = UnsafeMutableBufferPointer(rebasing: resolved[used...])
                let length = Escapes.resolve(name, into: room)
                name = UnsafeBufferPointer(rebasing: room[..<length])
                used += length
            }
            guard names.insert(NameBytes(bytes: name)).inserted else { return key }
            key = Int(nodes[key + 1].next)
        }
        return nil
    }
}

private struct NameBytes: Hashable {
    let bytes: UnsafeBufferPointer<UInt8>

    static func == (one: NameBytes, other: NameBytes) -> Bool { one.bytes.elementsEqual(other.bytes) }
    func hash(into hasher: inout Hasher) { hasher.combine(bytes: UnsafeRawBufferPointer(bytes)) }
}
