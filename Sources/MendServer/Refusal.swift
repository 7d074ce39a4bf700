import MendProtocol
import MendWire
import NIOCore

/// Tells a client that it cannot stay, and why.
///
/// A client that is still writing when the connection closes is told that its write failed, and may never look at what
/// was said before. So what it writes is read and dropped, until it ends or its time is over.
final class Refusal: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let timeLimit = TimeAmount.seconds(1)
    private static let bytesLimit = 4 << 20
    /// Those who are refused are in no count of connections; more of them at a time are not waited for.
    static let countLimit = 128

    private let error: CallError
    private let loop: LoopState
    private var bytesLeft = Refusal.bytesLimit
    private var isCounted = false

    init(_ error: CallError, loop: LoopState) {
        self.error = error
        self.loop = loop
    }

    func channelActive(context: ChannelHandlerContext) {
        var line = JSONWriter()
        line.writeError(id: .null, RPCError(error))
        line.endLine()
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: line.bytes)), promise: nil)
        guard loop.refusals < Self.countLimit else { return context.close(promise: nil) }
        loop.refusals += 1
        isCounted = true
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        context.eventLoop.scheduleTask(in: Self.timeLimit) { channel.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytesLeft -= unwrapInboundIn(data).readableBytes
        if bytesLeft < 0 { context.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) {
        if isCounted { loop.refusals -= 1 }
    }
}
