import MendEngine
import MendProtocol
import MendWire
import Synchronization

extension RPC.Discover: ServerMethod {
    func answer(from core: ServerCore, caller: Caller) throws(CallError) -> RawJSON {
        try ServerCore.document.get()
    }
}

extension System.Ping: ServerMethod {
    func answer(from core: ServerCore, caller: Caller) -> Answer { Answer(nowAt: core.clock.read().wallMs) }
}

extension System.Hello: ServerMethod {
    func answer(from core: ServerCore, caller: Caller) -> Answer {
        let instance =
            switch core.service {
            case .running(let running): running.instance
            case .degraded: ""
            }
        return Answer(
            version: core.settings.version, wire: Wire.version, instance: instance, role: caller.role,
            uid: caller.uid, limits: core.settings.limits, dryRun: true)
    }
}

extension System.Health: ServerMethod {
    func answer(from core: ServerCore, caller: Caller) -> Answer {
        let problems: [Problem] =
            switch core.service {
            case .running where core.isShortOfSpace.load(ordering: .relaxed):
                [
                    Problem(
                        message: "space has run out: new work is refused, and what ends work goes on",
                        hint: "free some space on the file system of the state; no restart is needed")
                ]
            case .running: []
            case .degraded(let problem): [problem]
            }
        let notices = core.notices.withLock { $0 }
        return Answer(
            status: problems.isEmpty ? .ok : .degraded, problems: problems, notices: notices.isEmpty ? nil : notices)
    }
}
