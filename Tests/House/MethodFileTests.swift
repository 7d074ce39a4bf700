import Testing

@Suite("One method, one file")
struct MethodFileTests {
    /// `Queue.Enqueue`, as the list of methods writes it.
    static let listed = Result {
        try SourceFile(path: "Sources/MendProtocol/MethodList.swift").text
            .matches(of: /(\w+)\.(\w+)\.self/).map { (family: String($0.1), name: String($0.2)) }
    }

    @Test("each method of the list has its file, with its type in it")
    func files() throws {
        let files = try SourceFile.all(in: "Sources/MendProtocol/Methods")
        let listed = try Self.listed.get()
        #expect(listed.count > 30)
        for method in listed {
            let file = files.first { $0.path.hasSuffix("/\(method.family)+\(method.name).swift") }
            #expect(file?.text.contains("public struct \(method.name): Method") == true, "\(method)")
        }
    }

    @Test("each method that has a file is in the list, and alone in the file")
    func list() throws {
        let listed = Set(try Self.listed.get().map { "\($0.family)+\($0.name).swift" })
        for file in try SourceFile.all(in: "Sources/MendProtocol/Methods") {
            #expect(file.text.matches(of: /public struct \w+: Method\b/).count == 1, "\(file.path)")
            #expect(listed.contains(String(file.path.split(separator: "/").last ?? "")), "\(file.path)")
        }
    }

    @Test("each method that reads or changes the state has its own file in the engine, too")
    func handlers() throws {
        let engine = try SourceFile.all(in: "Sources/MendEngine")
        for method in try Self.listed.get() {
            let handler = engine.first { $0.path.hasSuffix("/\(method.family)+\(method.name).swift") }
            let isServers = [
                "RPC.Discover", "System.Hello", "System.Ping", "System.Health", "System.Cancel", "Events.Unfollow",
            ].contains("\(method.family).\(method.name)")
            #expect((handler != nil) != isServers, "\(method)")
        }
    }
}
