import MendProtocol

extension Recommendation {
    /// What to do about anomalies, each command once.
    static func all(for anomalies: [Anomaly]) -> [Recommendation] {
        var commands: Set<String> = []
        return anomalies.compactMap(Recommendation.init).filter { commands.insert($0.command).inserted }
    }

    private init?(_ anomaly: Anomaly) {
        switch anomaly.kind {
        case .spike:
            guard let service = anomaly.service else { return nil }
            self.init(
                text: "See what \(service) reports, and what changed when it began.",
                command: "mend error list --service \(service.shellWord) --since @\(anomaly.from / 1000)")
        case .frequentError:
            guard let group = anomaly.group else { return nil }
            self.init(
                text: "Mend the cause of group \(group): it fails again and again.",
                command: "mend error list --group \(group)")
        case .criticalThreshold:
            guard let service = anomaly.service else { return nil }
            self.init(
                text: "Look at the critical reports of \(service) first.",
                command: "mend error list --severity critical --service \(service.shellWord)")
        case .highRate:
            if let queue = anomaly.queue {
                self.init(
                    text: "See why attempts on queue \(queue) fail.",
                    command: "mend explain queue:\(queue.shellWord)")
            } else if let breaker = anomaly.breaker {
                self.init(
                    text: "See what is behind breaker \(breaker).",
                    command: "mend explain breaker:\(breaker.shellWord)")
            } else {
                return nil
            }
        case .recoveryFailure:
            if let queue = anomaly.queue {
                self.init(
                    text: "Look at the dead letters of \(queue), mend their cause, then `mend queue replay` them.",
                    command: "mend queue list \(queue.shellWord) --state dead")
            } else if anomaly.transaction != nil {
                self.init(
                    text: "See the transactions that are parked; `mend txn resume`, `skip` or `resolve` ends them.",
                    command: "mend txn list --state parked")
            } else {
                return nil
            }
        }
    }
}

extension String {
    /// As one word of a shell, whatever is in it: who reports chooses it, and somebody else runs it.
    var shellWord: String {
        let plain = unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-", ":", "/", "@", "+": true
            default: false
            }
        }
        if plain, !isEmpty, first != "-" { return self }
        var line = UnicodeScalarView()
        for scalar in unicodeScalars where scalar.properties.generalCategory != .control { line.append(scalar) }
        return "'" + String(line).replacing("'", with: "'\\''") + "'"
    }
}
