import MendProtocol
import Testing

@testable import MendEngine

@Suite("Frames of stacks")
struct StackFramesTests {
    static let stacks: [(language: String, stack: String, frames: [String])] = [
        (
            "Python",
            """
            Traceback (most recent call last):
              File "/srv/shop/app/main.py", line 12, in <module>
                run()
              File "/srv/shop/app/db.py", line 40, in query
                cursor.execute(sql)
              File "/usr/lib/python3.11/sqlite3/dbapi2.py", line 5, in execute
              File "/srv/venv/lib/python3.11/site-packages/orm/core.py", line 9, in go
            sqlite3.OperationalError: no such table: users
            """, ["app/db.py:query", "app/main.py:<module>"]
        ),
        (
            "Java",
            """
            java.lang.IllegalStateException: no stock
                at com.example.Outer.run(Outer.java:5)
            Caused by: java.util.NoSuchElementException
                at java.base/java.util.ArrayList.get(ArrayList.java:427)
                at com.example.Shop.lambda$buy$12(Shop.java:31)
                at com.example.Shop.buy(Shop.java:30)
                ... 4 more
            """, ["com.example.Shop.lambda$buy$#", "com.example.Shop.buy"]
        ),
        (
            "JavaScript",
            """
            TypeError: x is not a function
                at buy (/srv/shop/src/cart.js:10:5)
                at async Cart.add (file:///srv/shop/src/cart.js:44:1)
                at /srv/shop/src/main.js:3:9
                at Layer.handle (/srv/shop/node_modules/express/lib/layer.js:95:5)
                at node:internal/process/task_queues:95:5
                at process.processTicks (node:internal/process/task_queues:95:5)
            """, ["buy", "Cart.add", "src/main.js"]
        ),
        (
            "Go",
            """
            goroutine 1 [running]:
            runtime.gopanic({0x45e0a0, 0x4ab0c8})
            \t/usr/local/go/src/runtime/panic.go:884 +0x212
            main.(*Shop).buy(0xc000012345, 0x1)
            \t/srv/shop/shop.go:42 +0x1d
            main.main()
            \t/srv/shop/main.go:9 +0x25
            """, ["main.(*Shop).buy", "main.main"]
        ),
        (
            "Rust",
            """
            stack backtrace:
               0: rust_begin_unwind
                         at /rustc/9fc6b43126469e3858e2fe86cafb4f0fd5068869/library/std/src/panicking.rs:665:5
               1: core::panicking::panic_fmt
               2: shop::cart::buy::h0123456789abcdef
                         at ./src/cart.rs:10:5
               3: shop::main
                         at ./src/main.rs:4:5
               4: core::ops::function::FnOnce::call_once
            """, ["shop::cart::buy", "shop::main"]
        ),
        (
            "Swift",
            """
            0 0x00005581b8a5d1c4 Cart.buy(_:) + 131 in shop at /srv/shop/Sources/shop/Cart.swift:12:9
            1 [ra] 0x00005581b8a5d0f0 static Main.main() + 15 in shop at /srv/shop/Sources/shop/Main.swift:5:3
            2 [ra] 0x00007f6d2c0461ca __libc_start_call_main + 121 in libc.so.6
            """, ["Cart.buy", "static"]
        ),
        (
            "C",
            """
            #0  0x00007ffff7e2a9fc in __pthread_kill_implementation () at ./nptl/pthread_kill.c:44
            #1  0x0000555555555151 in buy (cart=0x0) at shop.c:12
            #2  0x000055555555518a in main () at shop.c:20
            """, ["buy", "main"]
        ),
        (
            "C symbols",
            """
            ./shop(buy+0x1d) [0x4005d4]
            ./shop(main+0x9) [0x400601]
            /lib/x86_64-linux-gnu/libc.so.6(__libc_start_main+0xf0) [0x7f2a]
            """, ["buy", "main"]
        ),
        ("none", "it just broke\nsomewhere in 5 places", []),
    ]

    @Test("the innermost frames of the program's own code are found", arguments: stacks)
    func frames(language: String, stack: String, frames: [String]) {
        #expect(StackFrames.inApp(.text(stack)) == frames, "\(language)")
        let lines = stack.split(separator: "\n").map(String.init)
        #expect(StackFrames.inApp(.frames(lines)) == frames, "\(language), as an array")
    }

    @Test("line numbers, addresses and where it is installed do not matter", arguments: stacks)
    func places(language: String, stack: String, frames: [String]) {
        let moved = stack.replacing("/srv/shop/", with: "/opt/releases/77/").replacing(":12", with: ":913")
            .replacing("line 40", with: "line 4").replacing("0x0000", with: "0x0ff0")
        #expect(StackFrames.inApp(.text(moved)) == frames, "\(language)")
    }

    @Test("no more than three frames count, and a long stack takes no long time")
    func bounded() {
        let deep = (0..<100_000).map { "at com.example.C.m\($0 % 2 == 0 ? "a" : "b")(C.java:\($0))" }
        #expect(StackFrames.inApp(.frames(deep)) == ["com.example.C.ma", "com.example.C.mb", "com.example.C.ma"])
    }
}
