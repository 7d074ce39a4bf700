import Glibc
import Logging
import MendEngine
import MendProtocol
import MendServer

extension Configuration {
    var forEngine: EngineSettings {
        var settings = EngineSettings()
        // As sysusers.d makes it.
        settings.reporterUID = getpwnam("mend-report").map(\.pointee.pw_uid)
        settings.queueMaxSize = Int64(queue.maxSize)
        settings.leaseMs = Int64(queue.leaseMs)
        settings.retentionMs = Int64(queue.retentionMs)
        settings.endedMaxCount = Int64(queue.endedMaxCount)
        settings.deadRetentionMs = Int64(queue.deadRetentionMs)
        settings.deadMaxCount = Int64(queue.deadMaxCount)
        settings.poisonLosses = Int64(queue.poisonLosses)
        settings.errorRetentionMs = Int64(errors.retentionMs)
        settings.errorMaxCount = Int64(errors.maxCount)
        settings.groupReportsPerMinute = Int64(errors.groupPerMinute)
        settings.userReportsPerMinute = Int64(errors.userPerMinute)
        // They were tried when they were read.
        settings.masker = Masker(
            patterns: errors.mask.sorted { $0.key < $1.key }.compactMap { try? MaskPattern(name: $0.key, $0.value) })
        settings.statisticHoursMs = Int64(statistics.retentionMs)
        settings.statisticMaxKeys = statistics.maxKeys
        settings.analysis.errorRate = Double(analysis.errorPercent) / 100
        settings.analysis.specificErrorCount = Int64(analysis.specificErrorCount)
        settings.analysis.recoveryFailureRate = Double(analysis.recoveryFailurePercent) / 100
        settings.analysis.criticalCount = Int64(analysis.criticalCount)
        settings.analysis.spikeCount = Int64(analysis.spikeCount)
        settings.eventRetentionMs = Int64(events.retentionMs)
        settings.eventMaxCount = Int64(events.maxCount)
        settings.transactionMaxCount = Int64(transaction.maxCount)
        settings.transactionTimeoutMs = Int64(transaction.timeoutMs)
        settings.breakerMaxCount = breaker.maxCount
        settings.breakerMaxPerUser = breaker.maxPerUser
        settings.answerMaxBytes = limits.lineBytes
        settings.daemon = Caller(uid: geteuid(), pid: getpid(), role: .operator, command: "mendd")
        return settings
    }
}

extension Configuration.Limits {
    var forWire: System.Hello.Limits {
        System.Hello.Limits(
            lineBytes: lineBytes, batch: batch, nesting: nesting, connections: connections,
            connectionsPerUser: connectionsPerUser, inFlight: inFlight, inFlightBytes: inFlightBytes,
            totalBytes: totalBytes, processes: processes, processesPerUser: processesPerUser, follows: follows,
            followsPerConnection: followsPerConnection)
    }
}

extension Configuration.Roles {
    func map(ownUID: UInt32, logger: Logger) -> RoleMap {
        for missing in missing {
            logger.log(level: missing.isExpected ? .debug : .warning, "\(missing.text)")
        }
        var map = RoleMap(
            ownUID: ownUID, operators: operators.ids, clients: clients.ids, observers: observers.ids)
        map.sockets = sockets
        return map
    }

    /// Accounts that are named and do not exist. They are no reason not to start.
    var missing: [(text: String, isExpected: Bool)] {
        // The group that stands in the defaults is made by the installation, and may well be missing without it.
        let expected = Configuration.Roles().clients.groups
        return [operators, clients, observers].flatMap { members in
            members.users.filter { Configuration.Members.user($0) == nil }.map {
                ("there is no user \($0): nobody has a role by it", false)
            }
                + members.groups.filter { Configuration.Members.group($0) == nil }.map {
                    ("there is no group \($0): nobody has a role by it", expected.contains($0))
                }
        }
    }
}

extension Configuration.Members {
    fileprivate var ids: RoleMap.Members {
        RoleMap.Members(users: Set(users.compactMap(Self.user)), groups: Set(groups.compactMap(Self.group)))
    }

    fileprivate static func user(_ name: String) -> UInt32? { UInt32(name) ?? getpwnam(name).map(\.pointee.pw_uid) }
    fileprivate static func group(_ name: String) -> UInt32? { UInt32(name) ?? getgrnam(name).map(\.pointee.gr_gid) }
}
