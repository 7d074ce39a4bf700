import MendProtocol
import MendWire

/// A connection to the daemon for concurrent programs: any number of tasks may call at once, each gets its own answer,
/// whatever the order in which the answers come.
///
/// Calls go out at once and in the order in which they were made; a task that waits holds up no thread. Cancelling it
/// ends its wait only (``ClientError/cancelled``): a call that was sent is done all the same.
///
/// When the connection is lost, all calls that wait fail with ``ClientError/connectionLost(_:)``, and all later ones too.
/// Nothing is ever sent again by itself, since nobody knows what was done; connect again and decide.
public final class Client: Sendable {
    private let link: Link

    /// Connects to the daemon. Where nothing is said, ``SocketPath`` says where it is.
    public static func connect(
        to path: String? = nil, settings: ClientSettings = ClientSettings()
    ) async throws(ClientError) -> Client {
        Client(link: Link(try Socket.connect(to: SocketPath.resolve(path), patience: .none), settings: settings))
    }

    /// Takes over a connected socket.
    package convenience init(adopting descriptor: Int32, settings: ClientSettings = ClientSettings()) {
        self.init(link: Link(Socket(adopting: descriptor), settings: settings))
    }

    private init(link: Link) {
        self.link = link
        link.start()
    }

    deinit { link.close() }

    /// Does one call and waits for its answer.
    public func call<M: Method>(_ method: M, meta: Meta? = nil) async throws(ClientError) -> M.Answer {
        try M.answer(from: try await link.call(RequestLine(method, meta: meta)).value())
    }

    /// Does a call of any method. `params` is an object, the answer is the result as it was sent.
    public func callRaw(method: String, params: RawJSON? = nil) async throws(ClientError) -> RawJSON {
        RawJSON(try await link.call(RequestLine(method: method, params: params)).value())
    }

    /// Sends a call that is not answered, in its turn. That it failed is counted by the daemon and told to nobody.
    public func notify<M: Method>(_ method: M, meta: Meta? = nil) async throws(ClientError) {
        try await link.notify(RequestLine(method, meta: meta))
    }

    /// Ends the connection. Calls that wait fail with ``ClientError/connectionLost(_:)``.
    public func close() { link.close() }
}
