extension EngineSettings {
    /// These settings in the place of others while the engine works: what was opened with those stays.
    func inPlace(of others: EngineSettings) -> EngineSettings {
        var settings = self
        settings.cipher = others.cipher
        settings.daemon = others.daemon
        return settings
    }
}

extension Reader {
    /// The same reader with other settings.
    package func with(_ settings: EngineSettings) -> Reader {
        var reader = self
        reader.settings = settings.inPlace(of: self.settings)
        return reader
    }

    /// What prepares reports by other settings.
    package func intake(with settings: EngineSettings) -> ReportIntake {
        ReportIntake(rules: rules, masker: settings.masker)
    }
}

extension WriterCall {
    /// The call by which the server has other settings taken. It comes from nobody outside.
    package static func configure(_ settings: EngineSettings, _ intake: ReportIntake, ticket: Ticket) -> WriterCall {
        WriterCall(body: Configure(settings: settings, intake: intake), ticket: ticket, caller: .daemon)
    }
}

private struct Configure: WriterBody {
    struct Answer: Encodable, Sendable {}

    let settings: EngineSettings
    let intake: ReportIntake

    func run(_ call: CallContext) throws -> (any Encodable & Sendable)? {
        call.engine.settings = settings.inPlace(of: call.engine.settings)
        call.engine.intake = intake
        return Answer()
    }
}
