import MendProtocol

extension Breakers {
    static let maxPatterns = 100

    /// The settings of a breaker: what is said of it by name, then what the longest pattern says of it, then the next
    /// shorter one, then the defaults.
    func settings(of name: String, said: Breaker.Configure? = nil) -> BreakerSettings {
        var settings = BreakerSettings()
        for (pattern, said) in patterns where pattern.matches(name) { settings = settings.with(said) }
        return said.map(settings.with) ?? settings
    }

    /// The settings that a pattern gives to breakers of which nothing else is said, once it says this.
    func settings(of pattern: NamePattern, saying said: Breaker.Configure) -> BreakerSettings {
        var settings = BreakerSettings()
        for (other, said) in patterns where other != pattern && other.matches(pattern.prefix) {
            settings = settings.with(said)
        }
        return settings.with(said)
    }

    func said(of pattern: NamePattern) -> Breaker.Configure? { patterns.first { $0.pattern == pattern }?.said }

    /// Says something else by a pattern, or nothing any more. All breakers that it names change at once, and keep their
    /// counts.
    mutating func say(_ said: Breaker.Configure?, of pattern: NamePattern, at now: Moment) {
        patterns.removeAll { $0.pattern == pattern }
        if let said {
            let length = pattern.prefix.utf8.count
            let index = patterns.firstIndex { $0.pattern.prefix.utf8.count > length } ?? patterns.count
            patterns.insert((pattern, said), at: index)
        }
        for entry in sorted where pattern.matches(entry.name.text) {
            entry.machine.configure(settings(of: entry.name.text, said: entry.said), at: now)
            noteFreed(entry)
        }
    }
}
