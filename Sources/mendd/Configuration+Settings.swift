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
        var map = RoleMap(
            ownUID: ownUID, operators: operators.members(logger), clients: clients.members(logger),
            observers: observers.members(logger))
        map.sockets = sockets
        return map
    }
}

extension Configuration.Members {
    fileprivate func members(_ logger: Logger) -> RoleMap.Members {
        RoleMap.Members(
            users: ids(users, "user", logger) { getpwnam($0).map(\.pointee.pw_uid) },
            groups: ids(groups, "group", logger) { getgrnam($0).map(\.pointee.gr_gid) })
    }

    /// An account that does not exist gives nobody a role; that is said, and is no reason not to start.
    private func ids(
        _ names: [String], _ kind: String, _ logger: Logger, _ look: (String) -> UInt32?
    ) -> Set<UInt32> {
        Set(
            names.compactMap { name in
                if let id = UInt32(name) ?? look(name) { return id }
                // The group that stands in the defaults is made by the installation, and may well be missing without it.
                let isExpected = Configuration.Roles().clients.groups.contains(name)
                logger.log(
                    level: isExpected ? .debug : .warning, "there is no \(kind) \(name): nobody has a role by it")
                return nil
            })
    }
}
