import Glibc

/// Changes a database behind the daemon's back, by the library that the daemon uses itself.
enum SQLite {
    private typealias Open = @convention(c) (UnsafePointer<CChar>, UnsafeMutablePointer<OpaquePointer?>) -> Int32
    private typealias Execute =
        @convention(c) (
            OpaquePointer?, UnsafePointer<CChar>, OpaquePointer?, OpaquePointer?, OpaquePointer?
        ) -> Int32
    private typealias Close = @convention(c) (OpaquePointer?) -> Int32

    static func execute(_ sql: String, on path: String) throws {
        guard let library = dlopen("libsqlite3.so.0", RTLD_NOW) else { throw Failure("no libsqlite3.so.0") }
        defer { dlclose(library) }
        guard let open = dlsym(library, "sqlite3_open"), let execute = dlsym(library, "sqlite3_exec"),
            let close = dlsym(library, "sqlite3_close")
        else { throw Failure("libsqlite3 lacks a function") }
        var database: OpaquePointer?
        let opened = unsafeBitCast(open, to: Open.self)(path, &database)
        let code = opened == 0 ? unsafeBitCast(execute, to: Execute.self)(database, sql, nil, nil, nil) : opened
        _ = unsafeBitCast(close, to: Close.self)(database)
        guard code == 0 else { throw Failure("SQLite answers \(code) to \(sql)") }
    }
}
