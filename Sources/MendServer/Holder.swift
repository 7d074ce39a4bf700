import MendEngine
import MendProtocol

/// Who is to own what a call asks for, as the kernel knows it.
enum Holder: Sendable {
    case connection
    case process(ProcessIdentity)

    /// Nothing where the call ties what it asks for to nobody.
    init?(_ method: some Method, caller: Caller) throws(CallError) {
        switch (method as? any HoldingMethod)?.hold {
        case nil: return nil
        case .connection: self = .connection
        case .process(let pid): self = .process(try ProcessIdentity(of: pid, for: caller))
        }
    }
}
