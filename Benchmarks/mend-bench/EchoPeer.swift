import LoadKit
import NIOCore
import NIOPosix

/// A server through SwiftNIO that sends back what it receives: the floor of a call that is answered at once.
enum EchoPeer {
    /// The server is this very program, in a process of its own.
    static func plan(_ directory: String) -> Server.Plan {
        Server.Plan(
            name: "echo server",
            arguments: [CommandLine.arguments[0], "echo-server", "--socket", "\(directory)/s"],
            socket: "\(directory)/s", greeting: "hello\n", welcome: "hello\n")
    }

    /// The bytes of a breaker's acquire and record, one after the other. An echo is good when it holds its method.
    static func breaker() -> TwoRequests {
        let record = MendPeer.record.joined(separator: "1000000")
        let acquireLength = MendPeer.acquire.utf8.count
        let recordLength = record.utf8.count
        return TwoRequests(
            connections: 1, first: MendPeer.acquire, second: [record],
            numbers: { $0.count == acquireLength && $0.contains("breaker.acquire") ? (0, 0) : nil },
            isGood: { $0.count == recordLength && $0.contains("breaker.record") })
    }

    /// Serves until the process is ended.
    static func serve(socket: String) throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let channel = try ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Echo()) }
            }
            .bind(unixDomainSocketPath: socket).wait()
        try channel.closeFuture.wait()
    }
}

private final class Echo: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(data, promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
