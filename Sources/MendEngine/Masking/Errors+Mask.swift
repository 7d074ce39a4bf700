import MendProtocol

extension Errors.Mask: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        var detectors: [String] = []
        let masked = scope.settings.masker.masked(text, noting: &detectors)
        let found = Dictionary(detectors.map { ($0, 1) }, uniquingKeysWith: +)
            .map { Found(detector: $0.key, count: $0.value) }
        return Answer(text: masked ?? text, found: found.sorted { $0.detector < $1.detector })
    }
}
